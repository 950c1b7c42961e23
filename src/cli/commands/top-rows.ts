/** What `catbird top` shows: the sessions that need a look first, then the busiest. */
import type { Column } from '../table.ts';
import { formatDuration } from './show-columns.ts';

interface Neighbor {
  readonly name: string;
  readonly state: string;
  readonly uptimeSec: number;
  readonly lastError: string | null;
  readonly families: Readonly<Record<string, { received: number; advertised: number }>>;
  readonly messages: Readonly<Record<'received' | 'sent', { update: number }>>;
}

/** The daemon at one moment. */
export interface Sample {
  readonly title: string;
  /** Wall time, ms. */
  readonly at: number;
  readonly neighbors: ReadonlyMap<string, Neighbor>;
}

export interface TopRow {
  readonly name: string;
  readonly state: string;
  readonly uptime: string;
  readonly received: number;
  readonly advertised: number;
  /** UPDATE messages per second since the sample before. */
  readonly inRate: number;
  readonly outRate: number;
  readonly lastError: string;
}

export const TOP_COLUMNS: readonly Column<TopRow>[] = [
  { title: 'NEIGHBOR', text: (row) => row.name },
  { title: 'STATE', text: (row) => row.state },
  { title: 'UPTIME', text: (row) => row.uptime, alignRight: true },
  { title: 'RECEIVED', text: (row) => String(row.received), alignRight: true },
  { title: 'ADVERTISED', text: (row) => String(row.advertised), alignRight: true },
  { title: 'IN/S', text: (row) => row.inRate.toFixed(0), alignRight: true },
  { title: 'OUT/S', text: (row) => row.outRate.toFixed(0), alignRight: true },
  { title: 'LAST ERROR', text: (row) => row.lastError },
];

/** @param at wall time, ms */
export function sampleOf(
  answers: {
    readonly version: { readonly version: string; readonly node: string };
    readonly neighbors: readonly Neighbor[];
  },
  at: number,
): Sample {
  const { version, neighbors } = answers;
  const up = neighbors.filter(({ state }) => state === 'Established').length;
  const title = `catbird ${version.version} on ${version.node}: ${up} of ${neighbors.length} sessions Established   (q quits)`;
  return { title, at, neighbors: new Map(neighbors.map((each) => [each.name, each])) };
}

/** Those that are down first, then by messages per second. */
export function topRows(before: Sample, now: Sample): TopRow[] {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const rows = [...now.neighbors.values()].map((neighbor) =>
    rowOf(neighbor, before.neighbors.get(neighbor.name) ?? neighbor, seconds),
  );
  const rank = (row: TopRow) => (row.state === 'Established' ? 1 : 0);
  const rate = (row: TopRow) => row.inRate + row.outRate;
  return rows.sort((a, b) => rank(a) - rank(b) || rate(b) - rate(a));
}

function rowOf(neighbor: Neighbor, before: Neighbor, seconds: number): TopRow {
  const { name, state, uptimeSec, lastError, families, messages } = neighbor;
  const sum = (counter: 'received' | 'advertised') =>
    Object.values(families).reduce((total, family) => total + family[counter], 0);
  const rate = (direction: 'received' | 'sent') =>
    Math.max(0, messages[direction].update - before.messages[direction].update) / seconds;
  return {
    name,
    state,
    uptime: formatDuration(uptimeSec),
    received: sum('received'),
    advertised: sum('advertised'),
    inRate: rate('received'),
    outRate: rate('sent'),
    lastError: lastError ?? '-',
  };
}
