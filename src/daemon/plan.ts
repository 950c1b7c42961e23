/** What applying another configuration would do to sessions, routes and kernel; nothing is changed (`catbird plan`). */
import { describeDocuments } from '../config/describe-documents.ts';
import { diffConfig, type KeyChange, type SessionChange } from '../config/diff.ts';
import type { Config, NeighborConfig } from '../config/model.ts';
import { printConfig } from '../config/print.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { containsAddress } from '../net/prefix.ts';
import { formatPrefix, formatScopedAddress } from '../net/text.ts';
import type { PathId, PeerId } from '../rib/ids.ts';
import type { RibPeer } from '../rib/ports.ts';
import type { RibPreview } from '../rib/preview.ts';
import type { Daemon } from './daemon.ts';
import type { Neighbor } from './neighbor.ts';
import { ribPeerOf } from './rib-peer.ts';

/** Prefixes a list names; it counts all. */
const MOST_PREFIXES = 20;

/** How many there are, and the first of them. */
interface Some {
  count: number;
  readonly prefixes: string[];
}

interface RouteChanges {
  readonly announced: Some;
  readonly withdrawn: Some;
}

/** Looks at every prefix there is, a step for each. */
export function* planSteps(daemon: Daemon, after: Config): Generator<void, object> {
  const before = daemon.config;
  const { neighbors, router, fib, blocks, originate, isEmpty } = diffConfig(before, after);
  const keys = [...router, ...fib];
  const routes = yield* planRoutes(daemon, after);
  return {
    changes: !isEmpty,
    sessions: {
      added: neighbors.added.map(viewOf),
      removed: neighbors.removed.map(viewOf),
      restarted: neighbors.restarted.map(viewChange),
      changed: neighbors.changed.map(viewChange),
    },
    router: router.map(viewKey),
    fib: fib.map(viewKey),
    needsRestart: keys.filter(({ impact }) => impact === 'restart').map(({ key }) => key),
    local: {
      added: [...blocks.added, ...originate.added],
      removed: [...blocks.removed, ...originate.removed],
    },
    ...routes,
    diff: describeDocuments(printConfig(before), printConfig(after)),
  };
}

function viewOf(neighbor: NeighborConfig) {
  return {
    name: neighbor.name,
    address: formatScopedAddress(neighbor.address, neighbor.interface),
  };
}

function viewChange({ after, keys, policies, impact }: SessionChange<NeighborConfig>) {
  return { ...viewOf(after), impact, why: keys.map(viewKey), policies };
}

function viewKey({ key, from, to, impact }: KeyChange) {
  return { key, from: from ?? null, to: to ?? null, impact };
}

function* planRoutes(daemon: Daemon, after: Config): Generator<void, object> {
  const neighbors = daemon.neighbors.list();
  const fate = fateOf(neighbors, after);
  const preview = daemon.rib.preview(fate.changed, fate.gone);
  const told = new Map(
    neighbors.map((neighbor) => [neighbor, { announced: some(), withdrawn: some() }]),
  );
  const kernel = { installed: some(), removed: some() };
  const locals = localPrefixes(after);
  const { views } = daemon.rib;
  for (const family of FAMILIES) {
    for (const prefix of views.prefixIds(family)) {
      const text = views.prefixText(family, prefix);
      const best = views.bestPath(family, prefix);
      const next = preview.bestAfter(family, prefix, locals.has(text));
      noteTold(told, preview, { family, text, best, next });
      noteKernel(kernel, isLearned(daemon, family, best), isLearned(daemon, family, next), text);
      yield;
    }
  }
  const routes = [...told].filter(
    ([, { announced, withdrawn }]) => announced.count + withdrawn.count > 0,
  );
  const byName = routes.map(([{ config }, changes]) => [config.name, changes] as const);
  return { routes: Object.fromEntries(byName), kernel };
}

/** Whose settings change how, and who goes. */
function fateOf(neighbors: readonly Neighbor[], after: Config) {
  const changed = new Map<PeerId, RibPeer>();
  const gone = new Set<PeerId>();
  const wanted = new Map(after.neighbors.map((each) => [endpointOf(each), each]));
  for (const { config, peerId } of neighbors) {
    const next = wanted.get(endpointOf(config));
    if (next) changed.set(peerId, ribPeerOf(next, after));
    else if (!isInRange(config, after)) gone.add(peerId);
  }
  return { changed, gone };
}

function isInRange({ address }: NeighborConfig, { neighborRanges }: Config): boolean {
  return neighborRanges.some(({ prefix }) => containsAddress(prefix, address));
}

function endpointOf({ address, interface: zone, port }: NeighborConfig): string {
  return `${formatScopedAddress(address, zone)} ${port}`;
}

function localPrefixes({ blocks, originate }: Config): ReadonlySet<string> {
  return new Set([...blocks, ...originate].map(({ cidr }) => formatPrefix(cidr)));
}

function isLearned({ rib }: Daemon, family: Family, path: PathId): boolean {
  if (path === 0) return false;
  const { source } = rib.views.forwardingFacts(family, path);
  return source === 'ibgp' || source === 'ebgp';
}

function noteTold(
  told: ReadonlyMap<Neighbor, RouteChanges>,
  preview: RibPreview,
  { family, text, best, next }: { family: Family; text: string; best: PathId; next: PathId },
): void {
  for (const [{ peerId }, { announced, withdrawn }] of told) {
    const isTold = preview.isAnnounced(peerId, family, best);
    const willBe = preview.wouldBeAnnounced(peerId, family, next);
    if (!isTold && willBe) add(announced, text);
    if (isTold && !willBe) add(withdrawn, text);
  }
}

function noteKernel(
  kernel: { readonly installed: Some; readonly removed: Some },
  isThere: boolean,
  willBe: boolean,
  text: string,
): void {
  if (!isThere && willBe) add(kernel.installed, text);
  if (isThere && !willBe) add(kernel.removed, text);
}

function some(): Some {
  return { count: 0, prefixes: [] };
}

function add(list: Some, text: string): void {
  list.count++;
  if (list.prefixes.length < MOST_PREFIXES) list.prefixes.push(text);
}
