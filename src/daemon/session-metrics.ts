/**
 * Metrics of sessions and of the routes they bring and take.
 *
 * What a neighbour counted before it was removed stays in the series it shared with others: a counter never
 * goes back because a node left the mesh.
 */
import type { SessionState } from '../bgp/session/fsm.ts';
import {
  counter,
  gauge,
  type MetricDefinition,
  type MetricGroup,
  type PutSample,
} from '../telemetry/metric.ts';
import type { Daemon } from './daemon.ts';
import type { Neighbor } from './neighbor.ts';
import { NeighborGroups } from './neighbor-groups.ts';

const STATES: readonly SessionState[] = [
  'Idle',
  'Connect',
  'Active',
  'OpenSent',
  'OpenConfirm',
  'Established',
];

const DEFINITIONS: readonly MetricDefinition[] = [
  gauge('catbird_sessions', 'Sessions by state (RFC 4271)', ['neighbor', 'state']),
  counter('catbird_session_flaps_total', 'Times a session left Established', ['neighbor']),
  counter('catbird_session_connects_total', 'TCP connections that came up', ['neighbor']),
  counter('catbird_messages_received_total', 'BGP messages received', ['neighbor', 'type']),
  counter('catbird_messages_sent_total', 'BGP messages sent', ['neighbor', 'type']),
  counter('catbird_received_bytes_total', 'Octets received on sessions', ['neighbor']),
  counter('catbird_sent_bytes_total', 'Octets sent on sessions', ['neighbor']),
  counter(
    'catbird_faulty_updates_total',
    'UPDATE messages with faults, by consequence (RFC 7606)',
    ['neighbor', 'action'],
  ),
  gauge('catbird_routes_received', 'Routes in Adj-RIB-In before import policy', [
    'neighbor',
    'family',
  ]),
  gauge('catbird_routes_accepted', 'Routes in Adj-RIB-In after import policy', [
    'neighbor',
    'family',
  ]),
  gauge('catbird_routes_advertised', 'Routes in Adj-RIB-Out', ['neighbor', 'family']),
];

/** Values by metric and labels; the labels' text is the key. */
type Totals = Map<
  string,
  { name: string; labels: Readonly<Record<string, string>>; value: number }
>;

/** See the head of the file. */
export class SessionMetrics implements MetricGroup {
  readonly definitions = DEFINITIONS;
  readonly #daemon: Daemon;
  readonly #groups: NeighborGroups;
  /** Counters of neighbours that were removed. */
  readonly #retired: Totals = new Map();

  constructor(daemon: Daemon, isPerNeighbor: boolean) {
    this.#daemon = daemon;
    this.#groups = new NeighborGroups(isPerNeighbor);
    daemon.neighbors.onRemoved = (neighbor) => this.#retire(neighbor);
  }

  read(put: PutSample): void {
    const neighbors = this.#daemon.neighbors.list();
    this.#groups.keep(new Set(neighbors.map(({ config }) => config.name)));
    const totals: Totals = new Map();
    for (const [key, total] of this.#retired) totals.set(key, { ...total });
    for (const neighbor of neighbors) {
      this.#count(totals, neighbor);
      this.#measure(totals, neighbor);
    }
    for (const { name, value, labels } of totals.values()) put(name, value, labels);
  }

  /** A series of its own ends with its neighbour. */
  #retire(neighbor: Neighbor): void {
    if (this.#groups.labelOf(neighbor.config.name) === neighbor.config.name) return;
    this.#count(this.#retired, neighbor);
  }

  #count(totals: Totals, { config, session, faults }: Neighbor): void {
    const neighbor = this.#groups.labelOf(config.name);
    const { received, sent, flaps, connects } = session.counters;
    add(totals, 'catbird_session_flaps_total', flaps, { neighbor });
    add(totals, 'catbird_session_connects_total', connects, { neighbor });
    for (const [action, count] of Object.entries(faults)) {
      add(totals, 'catbird_faulty_updates_total', count, { neighbor, action });
    }
    for (const [direction, { bytes, ...messages }] of Object.entries({ received, sent })) {
      add(totals, `catbird_${direction}_bytes_total`, bytes, { neighbor });
      for (const [type, count] of Object.entries(messages)) {
        add(totals, `catbird_messages_${direction}_total`, count, { neighbor, type });
      }
    }
  }

  #measure(totals: Totals, { config, session, peerId }: Neighbor): void {
    const neighbor = this.#groups.labelOf(config.name);
    for (const state of STATES) {
      add(totals, 'catbird_sessions', Number(session.state === state), { neighbor, state });
    }
    for (const family of config.families) {
      const counters = this.#daemon.rib.counters(peerId, family);
      for (const [kind, count] of Object.entries(counters)) {
        add(totals, `catbird_routes_${kind}`, count, { neighbor, family });
      }
    }
  }
}

function add(totals: Totals, name: string, value: number, labels: Record<string, string>): void {
  const key = [name, ...Object.values(labels)].join('\n');
  const total = totals.get(key);
  if (total) total.value += value;
  else totals.set(key, { name, labels, value });
}
