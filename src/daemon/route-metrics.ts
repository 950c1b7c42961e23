/** Metrics of the tables: the RIB, what import rejected, and the kernel's routes. */
import { FAMILIES } from '../net/family.ts';
import type { Rib } from '../rib/rib.ts';
import {
  counter,
  gauge,
  type MetricDefinition,
  type MetricGroup,
  type PutSample,
} from '../telemetry/metric.ts';
import type { Forwarding } from './forwarding.ts';

const DEFINITIONS: readonly MetricDefinition[] = [
  gauge('catbird_rib_prefixes', 'Prefixes with a path or a memory of one', ['family']),
  gauge('catbird_rib_paths', 'Paths of all sources, rejected ones included', ['family']),
  gauge('catbird_rib_best_paths', 'Prefixes with a best path (Loc-RIB)', ['family']),
  gauge('catbird_rib_attribute_sets', 'Distinct attribute sets'),
  gauge('catbird_rib_next_hops', 'Distinct BGP next hops'),
  gauge('catbird_routes_rejected', 'Paths that are no candidates, by why import refused them', [
    'family',
    'reason',
  ]),
  gauge('catbird_fib_routes', 'Routes wanted in the kernel or owned there, by state', ['state']),
  counter('catbird_fib_written_total', 'Kernel routes added or replaced'),
  counter('catbird_fib_deleted_total', 'Kernel routes deleted'),
  counter('catbird_fib_refused_total', 'Route operations the kernel refused'),
  counter('catbird_fib_refusals_total', 'Route operations the kernel refused, by reason', [
    'errno',
  ]),
  gauge(
    'catbird_fib_contested',
    'Routes left alone for now, as another program keeps changing them',
  ),
  counter('catbird_fib_drift_total', 'Routes of ours found changed, gone or added by others'),
  counter('catbird_fib_reads_total', 'Complete reads of our kernel routes'),
];

/** See the head of the file. */
export class RouteMetrics implements MetricGroup {
  readonly definitions = DEFINITIONS;
  readonly #rib: Rib;
  readonly #forwarding: Forwarding;

  constructor(rib: Rib, forwarding: Forwarding) {
    this.#rib = rib;
    this.#forwarding = forwarding;
  }

  read(put: PutSample): void {
    this.#readRib(put);
    const figures = this.#forwarding.figures();
    if (!figures) return;
    const { states, counters, contested } = figures;
    for (const [state, count] of Object.entries(states))
      put('catbird_fib_routes', count, { state });
    put('catbird_fib_written_total', counters.written);
    put('catbird_fib_deleted_total', counters.deleted);
    put('catbird_fib_refused_total', counters.refused);
    for (const [errno, count] of counters.refusals) {
      put('catbird_fib_refusals_total', count, { errno });
    }
    put('catbird_fib_contested', contested);
    put('catbird_fib_drift_total', counters.drifted);
    put('catbird_fib_reads_total', counters.reads);
  }

  #readRib(put: PutSample): void {
    const { views } = this.#rib;
    for (const family of FAMILIES) {
      const { prefixes, paths, best, attributeSets, nextHops } = views.sizes(family);
      put('catbird_rib_prefixes', prefixes, { family });
      put('catbird_rib_paths', paths, { family });
      put('catbird_rib_best_paths', best, { family });
      if (family === FAMILIES[0]) {
        put('catbird_rib_attribute_sets', attributeSets); // both families share them
        put('catbird_rib_next_hops', nextHops);
      }
      for (const [reason, count] of Object.entries(views.rejections(family))) {
        put('catbird_routes_rejected', count, { family, reason });
      }
    }
  }
}
