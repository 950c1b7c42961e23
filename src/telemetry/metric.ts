/** What a metric is to those who have the numbers; nothing here knows how they are published. */

export interface MetricDefinition {
  readonly name: string;
  readonly kind: 'gauge' | 'counter';
  readonly help: string;
  readonly labels?: readonly string[];
}

/** A value that goes up and down. */
export function gauge(
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDefinition {
  return { name, kind: 'gauge', help, labels };
}

/** A value that only grows. */
export function counter(
  name: string,
  help: string,
  labels: readonly string[] = [],
): MetricDefinition {
  return { name, kind: 'counter', help, labels };
}

/** Hands over one value; labels as in the definition of that name. */
export type PutSample = (
  name: string,
  value: number,
  labels?: Readonly<Record<string, string>>,
) => void;

/** Metrics that are read together, in one pass, when they are asked for. */
export interface MetricGroup {
  readonly definitions: readonly MetricDefinition[];
  read(put: PutSample): void;
}

/** Observations of a duration, as they happen. */
export interface HistogramDefinition {
  readonly name: string;
  readonly help: string;
  /** Upper bounds in seconds, ascending. */
  readonly buckets: readonly number[];
}
