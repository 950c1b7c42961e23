/**
 * Rules across keys: names that must exist, identities that must differ, values that must fit each
 * other. They run on whatever of the document can be read, so that one report has every fault.
 */
import { z } from 'zod';
import { type Address, addressFamily, isLinkLocal, sameAddress } from '../net/address.ts';
import { formatAddress, formatPrefix, formatScopedAddress } from '../net/text.ts';
import { DEFAULTS } from './assemble.ts';
import type { ConfigIssue, IssuePath } from './issues.ts';
import {
  brokerOwnerShape,
  neighborRangeShape,
  neighborShape,
  originateShape,
  routerShape,
} from './schema.ts';
import { STRIDE } from './steps.ts';
import { nearest } from './suggest.ts';
import { cidr } from './values.ts';

type Readable<S extends z.ZodRawShape> = { readonly [K in keyof S]?: z.output<S[K]> | undefined };
type DraftNeighbor = Readable<typeof neighborShape>;
type ReadableSession = Omit<DraftNeighbor, 'name' | 'address' | 'interface'>;
/** With address and interface apart, wherever they were written. */
type ReadableNeighbor = Omit<DraftNeighbor, 'address'> & { readonly address?: Address | undefined };
type Report = (path: IssuePath, reason: string) => void;

/** Hands out what an entry was read as before, if it was. */
export type KnownDraft = (raw: unknown) => object | undefined;

/** What all sessions of a document share; the same object as long as it says the same. */
interface SharedContext {
  readonly router: Readable<typeof routerShape>;
  readonly policyNames: ReadonlySet<string>;
}

/** One neighbor, as the rules across keys see it. */
interface Seen {
  readonly neighbor: ReadableNeighbor;
  /** Where it is, with its port; undefined when that cannot be read. */
  readonly endpoint: string | undefined;
  /** The context in which there was nothing against it. */
  fitsIn: SharedContext | undefined;
  /** The document that had it last, by number. */
  document: number;
}

/** What was found out about entries that are handed in again, by their identity. */
export class AcrossMemo {
  readonly #known: KnownDraft;
  readonly #seen = new WeakMap<object, Seen>();
  /** Neighbors of the document before, by their places; most are the same again. */
  readonly #inPlace: { raw: unknown; seen: Seen }[] = [];
  /** Names and ends of the document before, if there was nothing against them. */
  unique = new DistinctNeighbors();
  #key = '';
  #context: SharedContext | undefined;

  /** @param known entries that need not be read again */
  constructor(known: KnownDraft = () => undefined) {
    this.#known = known;
  }

  readonly read: Read = (shape, raw) => (this.#known(raw) as never) ?? readable(shape, raw);

  contextOf(raw: unknown, policies: unknown): SharedContext {
    const names = Object.keys(asObject(policies));
    const router = readable(routerShape, raw);
    const { asNumber, clusterId, hostName } = router; // all that is asked of it
    const key = JSON.stringify([asNumber, Boolean(clusterId), Boolean(hostName), names]);
    if (!this.#context || key !== this.#key) {
      this.#context = { router, policyNames: new Set(names) };
    }
    this.#key = key;
    return this.#context;
  }

  /** @param i its place in the list */
  seen(raw: unknown, i: number): Seen {
    const before = this.#inPlace[i];
    if (before?.raw === raw && before !== undefined) return before.seen;
    const seen = this.#seenAnywhere(raw);
    this.#inPlace[i] = { raw, seen };
    return seen;
  }

  /** Forgets places behind the end of the list. */
  endList(length: number): void {
    this.#inPlace.length = Math.min(length, this.#inPlace.length);
  }

  #seenAnywhere(raw: unknown): Seen {
    if (typeof raw !== 'object' || raw === null) return see(this.read(neighborShape, raw));
    let seen = this.#seen.get(raw);
    if (!seen) {
      seen = see(this.read(neighborShape, raw));
      this.#seen.set(raw, seen);
    }
    return seen;
  }
}

function see(draft: DraftNeighbor): Seen {
  const { address, interface: zone, ...rest } = draft;
  const own = address?.address;
  const neighbor = { ...rest, address: own, interface: zone ?? address?.interface };
  const place = placeOf(neighbor);
  const { port = DEFAULTS.port } = neighbor;
  return { neighbor, endpoint: place && `${place} port ${port}`, fitsIn: undefined, document: 0 };
}

/**
 * In steps, and at the cost of what is new to `memo`.
 *
 * @param document the parsed YAML or JSON, whatever it is
 */
export function* acrossSteps(
  document: unknown,
  memo = new AcrossMemo(),
): Generator<void, ConfigIssue[]> {
  const issues: ConfigIssue[] = [];
  const report: Report = (path, reason) => issues.push({ path, reason, isAboutKey: false });
  const { router, neighbors, neighborRanges, blocks, originate, pools, policies, brokerOwners } =
    asObject(document);
  const shared = memo.contextOf(router, policies);
  const context = { ...shared, report };
  const list = asList(neighbors);
  memo.unique.begin();
  for (const [i, raw] of list.entries()) {
    if (i % STRIDE === STRIDE - 1) yield;
    const seen = memo.seen(raw, i);
    if (seen.fitsIn !== shared) {
      const before = issues.length;
      checkEnd(memo.read(neighborShape, raw), asObject(raw), ['neighbors', i], report);
      checkSession(seen.neighbor, ['neighbors', i], context);
      checkSource(seen.neighbor, ['neighbors', i], report);
      if (issues.length === before) seen.fitsIn = shared;
    }
    memo.unique.add(seen);
  }
  memo.endList(list.length);
  if (!memo.unique.end()) {
    memo.unique = memo.unique.afresh();
    yield;
    const unique = new UniqueNeighbors(report);
    for (const [i, raw] of list.entries()) unique.add(memo.seen(raw, i), i);
  }
  const readRanges = asList(neighborRanges).map((raw) => memo.read(neighborRangeShape, raw));
  readRanges.forEach((entry, i) => {
    checkSession(entry, ['neighborRanges', i], context);
  });
  const { read } = memo;
  checkDistinct('neighborRanges', 'prefix', prefixesOf(neighborRanges, 'prefix', read), report);
  for (const [key, list] of Object.entries({ blocks, originate, pools })) {
    yield;
    checkDistinct(key, 'cidr', prefixesOf(list, 'cidr', read), report);
  }
  yield;
  checkOriginate(originate, report, read);
  checkBrokerOwners(brokerOwners, report, read);
  return issues;
}

/** Gets of an entry what can be used of it. */
type Read = <S extends z.ZodRawShape>(shape: S, raw: unknown) => Readable<S>;

/** Every key that can be read on its own; the others have faults of their own. */
function readable<S extends z.ZodRawShape>(shape: S, raw: unknown): Readable<S> {
  const fields = asObject(raw);
  const entries = Object.entries(shape).flatMap(([key, schema]) => {
    const result = z.safeParse(schema, fields[key]);
    return result.success ? [[key, result.data]] : [];
  });
  return Object.fromEntries(entries);
}

function asObject(raw: unknown): Readonly<Record<string, unknown>> {
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
}

function asList(raw: unknown): readonly unknown[] {
  return Array.isArray(raw) ? raw : [];
}

interface SessionContext extends SharedContext {
  readonly report: Report;
}

function checkSession(session: ReadableSession, path: IssuePath, context: SessionContext): void {
  const { report } = context;
  if (session.password !== undefined && session.passwordFile !== undefined) {
    report([...path, 'passwordFile'], 'give password or passwordFile, not both');
  }
  const clusterId = session.clusterId ?? context.router.clusterId;
  if (session.routeReflectorClient && clusterId === undefined) {
    const reason = 'a client needs a reflector: set router.clusterId';
    report([...path, 'routeReflectorClient'], reason);
  }
  if (session.clusterId !== undefined && !session.routeReflectorClient) {
    report([...path, 'clusterId'], 'only a routeReflectorClient is in a cluster of its own');
  }
  checkKeepalive(session, path, report);
  checkSendHold(session, path, report);
  checkRole(session, path, context);
  checkAnnounce(session, path, context);
  checkPolicyNames(session, path, context);
}

function checkKeepalive(session: ReadableSession, path: IssuePath, report: Report): void {
  const { keepaliveTime, holdTime = DEFAULTS.holdTimeSec } = session;
  if (keepaliveTime === undefined || holdTime === 0 || keepaliveTime < holdTime) return;
  report([...path, 'keepaliveTime'], `must be shorter than the hold time of ${holdTime} seconds`);
}

/** A peer that is slow for one hold time is no reason to give it up (RFC 9687 §3.2). */
function checkSendHold(session: ReadableSession, path: IssuePath, report: Report): void {
  const { sendHoldTime = 0, holdTime = DEFAULTS.holdTimeSec } = session;
  if (sendHoldTime === 0 || sendHoldTime > holdTime) return;
  const reason = `must be longer than the hold time of ${holdTime} seconds, or 0`;
  report([...path, 'sendHoldTime'], reason);
}

/** Roles are between autonomous systems (RFC 9234 §3). */
function checkRole(session: ReadableSession, path: IssuePath, context: SessionContext): void {
  const { role, strictRole, asNumber, localAsNumber = context.router.asNumber } = session;
  if (strictRole && role === undefined) {
    context.report([...path, 'strictRole'], 'needs a role of our own: set role');
  }
  if (role !== undefined && asNumber !== undefined && asNumber === localAsNumber) {
    context.report([...path, 'role'], 'an internal session has no role');
  }
}

function checkAnnounce(session: ReadableSession, path: IssuePath, context: SessionContext): void {
  if (!session.announce?.hostName || context.router.hostName !== undefined) return;
  context.report(
    [...path, 'announce', 'hostName'],
    'there is no name to tell: set router.hostName',
  );
}

function checkPolicyNames(
  session: ReadableSession,
  path: IssuePath,
  context: SessionContext,
): void {
  for (const key of ['import', 'export'] as const) {
    session[key]?.forEach((name, i) => {
      if (context.policyNames.has(name)) return;
      const suggestion = nearest(name, [...context.policyNames]);
      const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
      context.report([...path, key, i], `there is no policy called ${name}${hint}`);
    });
  }
}

/** A neighbour is an address, a link-local address on an interface, or whoever is on the interface. */
function checkEnd(
  { address, interface: zone }: DraftNeighbor,
  raw: Readonly<Record<string, unknown>>,
  path: IssuePath,
  report: Report,
): void {
  const at = [...path, 'address'];
  if (raw['address'] === undefined && raw['interface'] === undefined) {
    report(at, 'is required: an IPv4 or IPv6 address, or else interface');
  }
  if (!address) return;
  const isScoped = zone !== undefined || address.interface !== undefined;
  if (isLinkLocal(address.address) && !isScoped) {
    report(at, 'is link-local: name its interface, as in fe80::1%eth0');
  }
  if (zone === undefined) return;
  if (!isLinkLocal(address.address)) {
    report([...path, 'interface'], 'goes with a link-local address, or with none');
  } else if (address.interface !== undefined && address.interface !== zone) {
    report([...path, 'interface'], `address is on ${address.interface}`);
  }
}

function checkSource(neighbor: ReadableNeighbor, path: IssuePath, report: Report): void {
  const { address, sourceAddress } = neighbor;
  if (!address || !sourceAddress) return;
  if (sameAddress(address, sourceAddress)) {
    report([...path, 'sourceAddress'], 'equals the address of the neighbor itself');
  } else if (addressFamily(address) !== addressFamily(sourceAddress)) {
    report([...path, 'sourceAddress'], 'is of another address family than the neighbor');
  }
}

/**
 * Whether names and ends of sessions differ, at the cost of what differs from the document before. Where it
 * says no, {@link UniqueNeighbors} says why.
 */
class DistinctNeighbors {
  readonly #owners = new Set<string>();
  /** Numbers documents; a neighbor of the document before has that one's number. */
  #document: number;
  #members: Seen[] = [];
  #added: Seen[] = [];
  #next: Seen[] = [];
  #isDistinct = true;

  /** @param document the last number given out */
  constructor(document = 0) {
    this.#document = document;
  }

  begin(): void {
    this.#document++;
    this.#added = [];
    this.#next = [];
  }

  add(seen: Seen): void {
    if (seen.document === this.#document) this.#isDistinct = false; // the very same entry, twice
    const isKnown = seen.document === this.#document - 1 && this.#members.length > 0;
    if (!isKnown) this.#added.push(seen);
    seen.document = this.#document;
    this.#next.push(seen);
  }

  /** @returns false when something is said twice; then {@link afresh} has to follow */
  end(): boolean {
    const gone = this.#members.filter(({ document }) => document !== this.#document);
    for (const key of gone.flatMap(identitiesOf)) this.#owners.delete(key);
    this.#members = this.#next;
    return this.#isDistinct && this.#added.every((seen) => this.#take(seen));
  }

  /** Knows nothing of earlier documents. */
  afresh(): DistinctNeighbors {
    return new DistinctNeighbors(this.#document);
  }

  #take(seen: Seen): boolean {
    return identitiesOf(seen).every((key) => {
      const isFree = !this.#owners.has(key);
      this.#owners.add(key);
      return isFree;
    });
  }
}

/** What no other neighbor may have too: see {@link UniqueNeighbors}. */
function identitiesOf({ neighbor, endpoint }: Seen): string[] {
  const { name, bfd } = neighbor;
  const keys = name === undefined ? [] : [`name ${name}`];
  if (endpoint === undefined) return keys;
  keys.push(`end ${endpoint}`);
  if (bfd) keys.push(`bfd ${placeOf(neighbor)}`);
  return keys;
}

/** Names and ends of sessions; what is said twice is told. */
class UniqueNeighbors {
  readonly #report: Report;
  readonly #names = new Map<string, number>();
  readonly #endpoints = new Map<string, number>();
  readonly #watched = new Map<string, number>();

  constructor(report: Report) {
    this.#report = report;
  }

  add({ neighbor, endpoint }: Seen, i: number): void {
    const { name, bfd } = neighbor;
    const first = name === undefined ? undefined : remember(this.#names, name, i);
    if (first !== undefined) {
      this.#report(['neighbors', i, 'name'], `neighbors[${first}] is called ${name} too`);
    }
    if (endpoint === undefined) return;
    const other = remember(this.#endpoints, endpoint, i);
    if (other !== undefined) {
      this.#report(['neighbors', i, 'address'], `neighbors[${other}] is at ${endpoint} too`);
    }
    if (bfd) this.#addWatched(neighbor, i);
  }

  /** BFD knows a path by its ends: two sessions with one peer share it (RFC 5881 §3). */
  #addWatched(neighbor: ReadableNeighbor, i: number): void {
    const first = remember(this.#watched, placeOf(neighbor)!, i);
    if (first === undefined) return;
    this.#report(['neighbors', i, 'bfd'], `neighbors[${first}] watches this address already`);
  }
}

/** Where a neighbour is, in words; undefined when that cannot be read. */
function placeOf({ address, interface: zone }: ReadableNeighbor): string | undefined {
  if (!address) return zone && `interface ${zone}`;
  return zone === undefined ? formatAddress(address) : formatScopedAddress(address, zone);
}

/** The prefixes of a list's entries, undefined where there is none that can be read. */
function prefixesOf(list: unknown, key: 'cidr' | 'prefix', read: Read): (string | undefined)[] {
  return asList(list).map((entry) => {
    const prefix = read({ [key]: cidr }, entry)[key];
    return prefix && formatPrefix(prefix);
  });
}

function checkDistinct(
  list: string,
  key: string,
  values: readonly (string | undefined)[],
  report: Report,
): void {
  const seen = new Map<string, number>();
  values.forEach((value, i) => {
    const first = value === undefined ? undefined : remember(seen, value, i);
    if (first !== undefined) report([list, i, key], `${list}[${first}] has this ${key} too`);
  });
}

/** @returns where the key was seen before, if it was */
function remember(seen: Map<string, number>, key: string, index: number): number | undefined {
  const first = seen.get(key);
  if (first === undefined) seen.set(key, index);
  return first;
}

function checkBrokerOwners(owners: unknown, report: Report, read: Read): void {
  const entries = asList(owners).map((entry) => read(brokerOwnerShape, entry));
  const names = entries.map(({ name }) => name);
  checkDistinct('brokerOwners', 'name', names, report);
  entries.forEach(({ lease = DEFAULTS.brokerLeaseSec, maximumLease }, i) => {
    if (maximumLease === undefined || lease <= maximumLease) return;
    report(['brokerOwners', i, 'maximumLease'], 'is less than the lease of a route without one');
  });
}

function checkOriginate(originate: unknown, report: Report, read: Read): void {
  asList(originate).forEach((entry, i) => {
    const { cidr: prefix, kind, via } = read(originateShape, entry);
    const path = ['originate', i, 'via'];
    if (kind === 'reachable-by' && asObject(entry)['via'] === undefined) {
      report(path, 'is required for reachable-by: the gateway');
    }
    if (kind !== undefined && kind !== 'reachable-by' && via) {
      report(path, 'only reachable-by routes have a gateway');
    }
    if (prefix && via && prefix.family !== addressFamily(via)) {
      report(path, 'is of another address family than the route');
    }
  });
}
