/** Sessions as the page sees them: their health, and where they stand in the picture. */
import type { NeighborView } from '../api/views.ts';

/** The fields of a neighbor that lists and pictures need. */
export type SessionRow = Pick<
  NeighborView,
  | 'name'
  | 'address'
  | 'asNumber'
  | 'localAsNumber'
  | 'state'
  | 'since'
  | 'uptimeSec'
  | 'routeReflectorClient'
  | 'families'
  | 'lastError'
> & { readonly shutDown: boolean; readonly flaps: number };

export const SESSION_FIELDS = [
  'name',
  'address',
  'asNumber',
  'localAsNumber',
  'state',
  'since',
  'uptimeSec',
  'routeReflectorClient',
  'families',
  'lastError',
  'shutDown',
  'flaps',
].join();

/** `off`: taken down by an operator. Worst first. */
export const HEALTHS = ['down', 'trying', 'off', 'up'] as const;
export type Health = (typeof HEALTHS)[number];

export const HEALTH_WORDS: Readonly<Record<Health, string>> = {
  down: 'down',
  trying: 'connecting',
  off: 'shut down',
  up: 'up',
};

export function healthOf({ state, shutDown }: Pick<SessionRow, 'state' | 'shutDown'>): Health {
  if (shutDown) return 'off';
  if (state === 'Established') return 'up';
  return state === 'Idle' ? 'down' : 'trying';
}

export const GROUPS = ['external', 'internal', 'mesh', 'clients', 'workloads'] as const;
export type GroupName = (typeof GROUPS)[number];

export const GROUP_TITLES: Readonly<Record<GroupName, string>> = {
  external: 'Top of rack and other ASes',
  internal: 'Reflectors and other iBGP',
  mesh: 'Mesh',
  clients: 'Our clients',
  workloads: 'Workloads',
};

export function groupOf(session: SessionRow): GroupName {
  const { name, asNumber, localAsNumber, routeReflectorClient } = session;
  if (name.startsWith('Local_Workload_')) return 'workloads';
  if (routeReflectorClient) return 'clients';
  if (name.startsWith('Mesh_')) return 'mesh';
  return asNumber === localAsNumber ? 'internal' : 'external';
}

/** Sessions by group, in the order of {@link GROUPS}; those without any are left out. */
export function grouped(
  sessions: readonly SessionRow[],
): { readonly name: GroupName; readonly members: readonly SessionRow[] }[] {
  return GROUPS.map((name) => ({
    name,
    members: sessions.filter((session) => groupOf(session) === name),
  })).filter(({ members }) => members.length > 0);
}

/** What a list is narrowed to. */
export interface SessionFilter {
  readonly find: string;
  readonly health: Health | undefined;
  readonly group: GroupName | undefined;
}

/** Those the filter keeps, worst first, then by name as people count. */
export function chosen(
  sessions: readonly SessionRow[],
  { find, health, group }: SessionFilter,
): SessionRow[] {
  const words = find.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (session: SessionRow) => {
    if (health && healthOf(session) !== health) return false;
    if (group && groupOf(session) !== group) return false;
    const { name, address, asNumber, state } = session;
    const text = `${name} ${address} as${asNumber} ${state}`.toLowerCase();
    return words.every((word) => text.includes(word));
  };
  const rank = (session: SessionRow) => HEALTHS.indexOf(healthOf(session));
  return sessions.filter(fits).sort((a, b) => rank(a) - rank(b) || ORDER.compare(a.name, b.name));
}

const ORDER = new Intl.Collator('en', { numeric: true });
