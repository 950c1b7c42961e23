/**
 * The difference between two configurations, as the daemon carries it out and a plan prints it.
 *
 * A session is its address and port: a neighbour that is only called differently is the same session
 * (RECONF-5), and of two that trade names both stay up.
 */
import { formatAddress, formatPrefix, formatScopedAddress } from '../net/text.ts';
import {
  FIB_IMPACT,
  IDENTITY_IMPACT,
  type Impact,
  ROUTER_IMPACT,
  SESSION_IMPACT,
  strongest,
} from './impact.ts';
import type { Config, NeighborConfig, NeighborRangeConfig, SessionConfig } from './model.ts';
import type { PlainObject } from './plain-object.ts';
import { HIDDEN, printFib, printRouter, printSession } from './print.ts';
import { printRule } from './print-policy.ts';

/** One key with both values as configuration files write them; passwords are hidden. */
export interface KeyChange {
  /** `holdTime`; `router.routerId` where a key of the router restarts a session. */
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
  readonly impact: Impact;
}

/** A neighbour or range in both configurations that is not the same in both. */
export interface SessionChange<T> {
  readonly before: T;
  readonly after: T;
  readonly keys: readonly KeyChange[];
  /** Policies it uses, under the same name, whose rules changed. */
  readonly policies: readonly string[];
  /** The strongest of all the changes. */
  readonly impact: Impact;
}

export interface SessionsDiff<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  /** Impact `reset` or `all`. */
  readonly restarted: readonly SessionChange<T>[];
  /** Impact `refresh`, `soft` or `none`: the session stays up. */
  readonly changed: readonly SessionChange<T>[];
}

/** Members of a list or record by their text: CIDR or name. */
export interface ListDiff {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly string[];
}

export interface ConfigDiff {
  /** Nothing to do (RECONF-12). */
  readonly isEmpty: boolean;
  readonly router: readonly KeyChange[];
  /** The listening sockets move; sessions stay (LISTEN-5). */
  readonly rebindsListener: boolean;
  readonly fib: readonly KeyChange[];
  readonly log: readonly KeyChange[];
  readonly blocks: ListDiff;
  readonly originate: ListDiff;
  readonly pools: ListDiff;
  readonly brokerOwners: ListDiff;
  readonly policies: ListDiff;
  readonly neighbors: SessionsDiff<NeighborConfig>;
  readonly neighborRanges: SessionsDiff<NeighborRangeConfig>;
}

/** What has to happen to get from `before` to `after`. */
export function diffConfig(before: Config, after: Config): ConfigDiff {
  const router = keyChanges(printRouter(before.router), printRouter(after.router), ROUTER_IMPACT);
  const policies = diffRecords(policyTexts(before), policyTexts(after));
  const context = { router, policies: new Set(policies.changed) };
  const parts = {
    router,
    fib: keyChanges(printFib(before.fib), printFib(after.fib), FIB_IMPACT),
    log: keyChanges({ ...before.log }, { ...after.log }, { level: 'none' }),
    blocks: diffRecords(textsByCidr(before.blocks), textsByCidr(after.blocks)),
    originate: diffRecords(textsByCidr(before.originate), textsByCidr(after.originate)),
    pools: diffRecords(textsByCidr(before.pools), textsByCidr(after.pools)),
    policies,
    brokerOwners: diffRecords(ownerTexts(before), ownerTexts(after)),
    neighbors: diffSessions(pairNeighbors(before.neighbors, after.neighbors), context),
    neighborRanges: diffSessions(pairRanges(before.neighborRanges, after.neighborRanges), context),
  };
  const rebindsListener = router.some(({ key }) => key === 'listen');
  return { isEmpty: isEmpty(parts), rebindsListener, ...parts };
}

function isEmpty(parts: Omit<ConfigDiff, 'isEmpty' | 'rebindsListener'>): boolean {
  return Object.values(parts)
    .flatMap((part) => (Array.isArray(part) ? [part] : Object.values(part)))
    .every((list: readonly unknown[]) => list.length === 0);
}

/** Keys of two printed objects whose values differ, in the order of the impact table. */
function keyChanges(
  before: PlainObject,
  after: PlainObject,
  impacts: Readonly<Record<string, Impact>>,
): KeyChange[] {
  return Object.entries(impacts).flatMap(([key, impact]) => {
    const [from, to] = [before[key], after[key]];
    return JSON.stringify(from) === JSON.stringify(to) ? [] : [{ key, from, to, impact }];
  });
}

interface Pairs<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
  /** In both, and not the very same object. */
  readonly kept: readonly { readonly before: T; readonly after: T }[];
  /** The very same in both. */
  readonly same: readonly T[];
}

/** By address and port first, then by name. */
function pairNeighbors(
  before: readonly NeighborConfig[],
  after: readonly NeighborConfig[],
): Pairs<NeighborConfig> {
  const endpoint = ({ address, interface: zone, port }: NeighborConfig) =>
    `${formatScopedAddress(address, zone)} ${port}`;
  const same = pairBy(before, after, endpoint);
  const moved = pairBy(same.removed, same.added, ({ name }) => name);
  return { ...moved, kept: [...same.kept, ...moved.kept], same: same.same };
}

function pairRanges(
  before: readonly NeighborRangeConfig[],
  after: readonly NeighborRangeConfig[],
): Pairs<NeighborRangeConfig> {
  return pairBy(before, after, ({ prefix }) => formatPrefix(prefix));
}

function pairBy<T>(
  before: readonly T[],
  after: readonly T[],
  keyOf: (item: T) => string,
): Pairs<T> {
  // What is the very same needs no text; in a large cluster that is nearly everything, in its place.
  const isMoved = (item: T, i: number, others: readonly T[]) => item !== others[i];
  const moved = before.filter((item, i) => isMoved(item, i, after));
  const old = new Set(moved);
  const same: T[] = [];
  const others: T[] = [];
  for (const [i, item] of after.entries()) {
    const isSame = !isMoved(item, i, before) || old.delete(item);
    (isSame ? same : others).push(item);
  }
  const left = new Map([...old].map((item) => [keyOf(item), item]));
  const added: T[] = [];
  const kept: { before: T; after: T }[] = [];
  for (const item of others) {
    const key = keyOf(item);
    const match = left.get(key);
    if (match === undefined) added.push(item);
    else kept.push({ before: match, after: item });
    left.delete(key);
  }
  return { added, removed: [...left.values()], kept, same };
}

/** What changed around the sessions. */
interface SessionContext {
  readonly router: readonly KeyChange[];
  /** Names of policies with other rules than before. */
  readonly policies: ReadonlySet<string>;
}

function diffSessions<T extends SessionConfig>(
  { added, removed, kept, same }: Pairs<T>,
  context: SessionContext,
): SessionsDiff<T> {
  const isConcerned = context.router.length + context.policies.size > 0;
  const changes = [
    ...kept.flatMap(({ before, after }) => changeOf(before, after, context) ?? []),
    ...(isConcerned ? same.flatMap((item) => changeOf(item, item, context) ?? []) : []),
  ];
  const restarts = ({ impact }: SessionChange<T>) => impact === 'reset' || impact === 'all';
  return {
    added,
    removed,
    restarted: changes.filter(restarts),
    changed: changes.filter((change) => !restarts(change)),
  };
}

/** @returns undefined when the session need not be touched */
function changeOf<T extends SessionConfig>(
  before: T,
  after: T,
  context: SessionContext,
): SessionChange<T> | undefined {
  const routerKeys = context.router
    .filter(
      ({ key, impact }) => impact === 'all' || (key === 'clusterId' && hasClient(before, after)),
    )
    .map((change) => ({ ...change, key: `router.${change.key}` }));
  const keys = [...routerKeys, ...sessionKeyChanges(before, after)];
  const imports = after.import.filter((name) => context.policies.has(name));
  const exports = after.export.filter((name) => context.policies.has(name));
  if (keys.length + imports.length + exports.length === 0) return undefined;
  const impacts = keys.map(({ impact }) => impact);
  if (imports.length > 0) impacts.push(SESSION_IMPACT.import);
  if (exports.length > 0) impacts.push(SESSION_IMPACT.export);
  const policies = [...new Set([...imports, ...exports])];
  return { before, after, keys, policies, impact: strongest(impacts) };
}

function hasClient(before: SessionConfig, after: SessionConfig): boolean {
  return before.routeReflectorClient || after.routeReflectorClient;
}

const SESSION_KEYS: Readonly<Record<string, Impact>> = { ...IDENTITY_IMPACT, ...SESSION_IMPACT };

function sessionKeyChanges(before: SessionConfig, after: SessionConfig): KeyChange[] {
  if (before === after) return [];
  return keyChanges(printAll(before), printAll(after), SESSION_KEYS).map(withoutSecret);
}

/** Every key, identity and secrets included. */
function printAll(session: SessionConfig): PlainObject {
  const identity: Partial<NeighborConfig & NeighborRangeConfig> = session;
  const { name, address, interface: zone, prefix, limit } = identity;
  return {
    name,
    address: address && formatAddress(address),
    interface: zone,
    prefix: prefix && formatPrefix(prefix),
    limit,
    ...printSession(session, { showSecrets: true }),
  };
}

function withoutSecret(change: KeyChange): KeyChange {
  if (change.key !== 'password') return change;
  const hide = (value: unknown) => (value === undefined ? undefined : HIDDEN);
  return { ...change, from: hide(change.from), to: hide(change.to) };
}

function diffRecords(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): ListDiff {
  const names = [...after.keys()];
  return {
    added: names.filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    changed: names.filter((name) => before.has(name) && before.get(name) !== after.get(name)),
  };
}

function policyTexts({ policies }: Config): ReadonlyMap<string, string> {
  const entries = Object.entries(policies);
  return new Map(entries.map(([name, rules]) => [name, JSON.stringify(rules.map(printRule))]));
}

function ownerTexts({ brokerOwners }: Config): ReadonlyMap<string, string> {
  return new Map(brokerOwners.map((owner) => [owner.name, JSON.stringify(owner)]));
}

function textsByCidr(
  items: readonly { readonly cidr: Config['blocks'][number]['cidr'] }[],
): ReadonlyMap<string, string> {
  return new Map(items.map((item) => [formatPrefix(item.cidr), JSON.stringify(item)]));
}
