/**
 * Metrics as Prometheus reads them. Only this file knows prom-client, and it is loaded only where metrics are
 * asked for.
 *
 * Values stay where they are counted; a scrape reads them all, in one turn of the event loop, so that one
 * answer never contradicts itself.
 */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { HistogramDefinition, MetricDefinition, MetricGroup } from './metric.ts';

/** See the head of the file. */
export class PrometheusMetrics {
  readonly #registry = new Registry();
  readonly #metrics = new Map<string, Gauge | Counter>();
  readonly #groups: MetricGroup[] = [];

  /** The media type of {@link text}. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  add(group: MetricGroup): void {
    for (const definition of group.definitions) {
      this.#metrics.set(definition.name, makeMetric(definition, this.#registry));
    }
    this.#groups.push(group);
  }

  /** @returns what takes an observation, in milliseconds */
  histogram({ name, help, buckets }: HistogramDefinition): (milliseconds: number) => void {
    const registers = [this.#registry];
    const histogram = new Histogram({ name, help, buckets: [...buckets], registers });
    return (milliseconds) => histogram.observe(milliseconds / 1000);
  }

  /** All metrics now, in the text format. */
  text(): Promise<string> {
    for (const metric of this.#metrics.values()) metric.reset();
    for (const group of this.#groups) {
      group.read((name, value, labels = {}) => put(this.#metrics.get(name)!, value, labels));
    }
    return this.#registry.metrics();
  }
}

function makeMetric(
  { name, help, kind, labels = [] }: MetricDefinition,
  registry: Registry,
): Gauge | Counter {
  const options = { name, help, labelNames: [...labels], registers: [registry] };
  return kind === 'gauge' ? new Gauge(options) : new Counter(options);
}

/** After a reset, adding is setting. */
function put(metric: Gauge | Counter, value: number, labels: Readonly<Record<string, string>>) {
  metric.inc(labels, value);
}
