/** The columns of `catbird show`'s tables. */
import type { Column } from '../table.ts';

type Row = Readonly<Record<string, unknown>>;

export const NEIGHBOR_COLUMNS: readonly Column<Row>[] = [
  column('NEIGHBOR', 'name'),
  column('ADDRESS', 'address'),
  column('AS', 'asNumber', true),
  column('STATE', 'state'),
  { title: 'UPTIME', text: (row) => formatDuration(Number(row['uptimeSec'])), alignRight: true },
  { title: 'RECEIVED', text: (row) => total(row, 'received'), alignRight: true },
  { title: 'ACCEPTED', text: (row) => total(row, 'accepted'), alignRight: true },
  { title: 'ADVERTISED', text: (row) => total(row, 'advertised'), alignRight: true },
  column('LAST ERROR', 'lastError'),
];

export const ROUTE_COLUMNS: readonly Column<Row>[] = [
  { title: '', text: (row) => (row['best'] ? '*' : row['valid'] ? ' ' : '!') },
  column('PREFIX', 'prefix'),
  column('NEXT HOP', 'nextHop'),
  { title: 'NEIGHBOR', text: (row) => neighborOf(row) },
  column('LOCAL PREF', 'localPref', true),
  column('MED', 'med', true),
  column('KERNEL', 'kernel'),
  { title: 'AS PATH', text: (row) => `${row['asPath']} ${String(row['origin'])[0]}`.trim() },
];

export const REPLAY_COLUMNS: readonly Column<Row>[] = [
  ...ROUTE_COLUMNS.filter(({ title }) => title !== 'KERNEL'),
  { title: 'WHY', text: (row) => whyNot(row) },
];

/** The step a path lost at and to whom, or why import refused it; nothing for the best. */
function whyNot({ lost, rejected }: Row): string {
  if (typeof rejected === 'string') return `refused: ${rejected}`;
  if (typeof lost !== 'object' || lost === null) return '';
  const { step, against } = lost as { step: string; against: { neighbor: string } };
  return `${step}, lost to ${against.neighbor}`;
}

export const QUARANTINE_COLUMNS: readonly Column<Row>[] = [
  column('TIME', 'time'),
  column('PEER', 'peer'),
  column('ACTION', 'action'),
  { title: 'ERROR', text: (row) => `${row['code']}/${row['subcode']}` },
  { title: 'OCTETS', text: (row) => String(String(row['hex']).length / 2), alignRight: true },
  column('REASON', 'reason'),
];

export const FIB_COLUMNS: readonly Column<Row>[] = [
  column('PREFIX', 'prefix'),
  column('TYPE', 'type'),
  { title: 'NEXT HOPS', text: (row) => formatNextHops(row['nextHops'] as Row[]) },
  column('METRIC', 'metric', true),
  column('STATE', 'state'),
  column('ERROR', 'error'),
];

export const BLOCK_COLUMNS: readonly Column<Row>[] = [
  column('BLOCK', 'cidr'),
  column('STATE', 'state'),
  column('ADVERTISE', 'advertise'),
  column('BLACKHOLE', 'blackhole'),
  column('KERNEL', 'kernel'),
];

export const ORIGINATED_COLUMNS: readonly Column<Row>[] = [
  { title: '', text: (row) => (row['best'] ? '*' : ' ') },
  column('PREFIX', 'prefix'),
  column('OWNER', 'owner'),
  column('LOCAL PREF', 'localPref', true),
  column('MED', 'med', true),
  { title: 'COMMUNITIES', text: communitiesOf },
  { title: 'LEASE', text: (row) => `${row['expiresInSec']}s of ${row['leaseSec']}s` },
];

function communitiesOf(row: Row): string {
  const all = [row['communities'], row['largeCommunities']] as string[][];
  return all.flat().join(' ') || '-';
}

function column(title: string, key: string, alignRight = false): Column<Row> {
  return { title, text: (row) => cell(row[key]), alignRight };
}

function cell(value: unknown): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return String(value);
}

/** Of a route another agent of the node announces, its name behind it. */
function neighborOf({ neighbor, owner }: Row): string {
  return owner ? `${neighbor} (${owner})` : cell(neighbor);
}

/** A counter summed over the families of a neighbour. */
function total(row: Row, counter: string): string {
  const families = Object.values(row['families'] as Record<string, Record<string, number>>);
  return String(families.reduce((sum, family) => sum + (family[counter] ?? 0), 0));
}

function formatNextHops(nextHops: readonly Row[]): string {
  const texts = nextHops.map((hop) =>
    [
      hop['via'] && `via ${hop['via']}`,
      hop['dev'] && `dev ${hop['dev']}`,
      hop['onlink'] && 'onlink',
    ]
      .filter(Boolean)
      .join(' '),
  );
  return texts.join(', ') || '-';
}

/** `4d2h`, `3h07m`, `12m08s`, `45s`; `-` for nothing. */
export function formatDuration(seconds: number): string {
  if (!(seconds > 0)) return '-';
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days}d${hours}h`;
  if (hours > 0) return `${hours}h${String(minutes).padStart(2, '0')}m`;
  if (minutes > 0) return `${minutes}m${String(Math.floor(seconds) % 60).padStart(2, '0')}s`;
  return `${Math.floor(seconds)}s`;
}
