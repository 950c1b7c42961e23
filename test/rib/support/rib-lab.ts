/**
 * A RIB with peers that are driven and read at the wire: routes go in as UPDATE messages, and what
 * each peer was sent is replayed into a map, as a real neighbour would.
 */
import { EMPTY_AS_PATH, formatAsPath } from '../../../src/bgp/wire/as-path.ts';
import { decodePathAttributes } from '../../../src/bgp/wire/decode-path-attributes.ts';
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import { writePathId } from '../../../src/bgp/wire/nlri.ts';
import type { PathAttributes } from '../../../src/bgp/wire/path-attributes.ts';
import { walkUpdate } from '../../../src/bgp/wire/update.ts';
import type { UpdateFault } from '../../../src/bgp/wire/update-fault.ts';
import type { UpdateSink } from '../../../src/bgp/wire/update-sink.ts';
import {
  beginReach,
  beginUnreach,
  encodeEndOfRib,
  finishReach,
  finishUnreach,
} from '../../../src/bgp/wire/update-writer.ts';
import type { WireOptions } from '../../../src/bgp/wire/wire-options.ts';
import { FAMILIES, type Family } from '../../../src/net/family.ts';
import { makePrefix, type Prefix } from '../../../src/net/prefix.ts';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../../../src/net/text.ts';
import type { PeerId } from '../../../src/rib/ids.ts';
import type { NextHopState, RibPeer, RibSession } from '../../../src/rib/ports.ts';
import { Rib, type RibOptions } from '../../../src/rib/rib.ts';

export const LOCAL_AS = 64512;
/** Subtypes of ROUTE-REFRESH. */
const REFRESH_MARKS = ['request', 'begin', 'end'];

/** Parses text that is known to be an address. */
export function address(text: string): Uint8Array {
  const parsed = parseAddress(text);
  if (!parsed) throw new Error(`${text} is no address`);
  return parsed;
}

/** Parses text that is known to be a prefix. */
export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (!parsed) throw new Error(`${text} is no prefix`);
  return parsed;
}

/** Attributes of a route, with what is not given left plain. */
export function attributes(fields: Partial<PathAttributes> = {}): PathAttributes {
  return {
    origin: 0,
    asPath: EMPTY_AS_PATH,
    nextHop: address('192.0.2.1'),
    med: undefined,
    localPref: undefined,
    atomicAggregate: false,
    aggregator: undefined,
    communities: new Uint32Array(0),
    extendedCommunities: new Uint8Array(0),
    ipv6ExtendedCommunities: new Uint8Array(0),
    largeCommunities: new Uint32Array(0),
    originatorId: undefined,
    clusterList: new Uint32Array(0),
    onlyToCustomer: undefined,
    partial: 0,
    unknown: [],
    ...fields,
  };
}

/** An AS_PATH of one sequence. */
export function asPath(...asns: number[]): PathAttributes['asPath'] {
  return asns.length === 0
    ? EMPTY_AS_PATH
    : { segments: [{ type: 2, asns: Uint32Array.from(asns) }] };
}

/** One UPDATE that announces prefixes, with Add-Path where `pathId` is given. */
export function reach(
  prefixes: readonly string[],
  set: PathAttributes,
  pathId?: number,
): Uint8Array {
  const bytes = new Uint8Array(65_535);
  const first = prefix(prefixes[0]!);
  const encoded = encodePathAttributes(set, 4, set.nextHop.length === 4);
  let at = beginReach(bytes, 0, first.family, encoded, set.nextHop);
  for (const text of prefixes) at = writePrefix(bytes, at, prefix(text), pathId);
  return bytes.slice(0, finishReach(bytes, 0, at, encoded, set.nextHop));
}

/** One UPDATE that withdraws prefixes. */
export function unreach(prefixes: readonly string[], pathId?: number): Uint8Array {
  const bytes = new Uint8Array(65_535);
  const { family } = prefix(prefixes[0]!);
  let at = beginUnreach(bytes, 0, family);
  for (const text of prefixes) at = writePrefix(bytes, at, prefix(text), pathId);
  return bytes.slice(0, finishUnreach(bytes, 0, family, at));
}

function writePrefix(bytes: Uint8Array, start: number, value: Prefix, pathId?: number): number {
  let at = pathId === undefined ? start : writePathId(bytes, start, pathId);
  bytes[at++] = value.length;
  const size = (value.length + 7) >> 3;
  bytes.set(value.address.subarray(0, size), at);
  return at + size;
}

export interface LabPeerOptions extends Partial<RibPeer> {
  readonly routerId?: number;
  readonly families?: readonly Family[];
  readonly addPathSend?: boolean;
  readonly addPathReceive?: boolean;
  readonly asWidth?: 2 | 4;
  readonly hasEnhancedRefresh?: boolean;
  readonly maximumMessageSize?: number;
  readonly onlyToCustomer?: number;
  readonly hasExtendedNextHop?: boolean;
  readonly localAddress?: string;
  readonly deferral?: RibSession['deferral'];
}

/** A neighbour: what it was sent, replayed. */
export class LabPeer implements UpdateSink {
  readonly id: PeerId;
  /** Text of prefix (and path id) to the attributes last received. */
  readonly routes = new Map<string, PathAttributes>();
  readonly endsOfRib: Family[] = [];
  /** Marks in the order they came, with the number of routes held then: `end-of-rib 3`. */
  readonly marks: string[] = [];
  messages = 0;
  sends = 0;
  octets = 0;
  /** Prefixes announced and withdrawn so far. */
  changes = 0;
  /** How often the RIB began to hold routes back. */
  limitReached = 0;
  /** Withdrawals of routes it never had or had given up. */
  needlessWithdrawals = 0;
  /** False: takes what comes, then says it has no more room. */
  hasRoom = true;
  config: RibPeer;
  readonly #lab: RibLab;
  readonly #options: LabPeerOptions;
  #current: PathAttributes | undefined;
  isUp = false;
  #isFull = false;
  #lastBuffer: Uint8Array | undefined;

  constructor(lab: RibLab, name: string, options: LabPeerOptions) {
    this.#lab = lab;
    this.#options = options;
    this.config = {
      name,
      address: address('10.0.0.1'),
      asNumber: LOCAL_AS,
      localAsNumber: LOCAL_AS,
      isInternal: true,
      isRouteReflectorClient: false,
      nextHop: 'auto',
      allowLocalAs: 0,
      importRules: [],
      exportRules: [],
      ...options,
    };
    this.id = lab.rib.addPeer(this.config);
  }

  get #families(): readonly Family[] {
    return this.#options.families ?? ['ipv4-unicast'];
  }

  /** Options of the messages the peer sends us. */
  get wire(): WireOptions {
    return {
      asWidth: this.#options.asWidth ?? 4,
      addPathReceive: this.#options.addPathReceive ? this.#families : [],
      addPathSend: this.#options.addPathSend ? this.#families : [],
      maximumMessageSize: this.#options.maximumMessageSize ?? 4096,
      isInternal: this.config.isInternal,
      onlyToCustomer: this.#options.onlyToCustomer,
      hasExtendedNextHop: this.#options.hasExtendedNextHop ?? false,
    };
  }

  up(): void {
    this.routes.clear();
    this.endsOfRib.length = 0;
    this.hasRoom = true;
    this.#isFull = false;
    this.isUp = true;
    this.#lab.rib.peerUp(this.id, {
      wire: this.wire,
      families: this.#families,
      remoteRouterId: this.#options.routerId ?? 0x0a000000 + this.id,
      localAddress: address(this.#options.localAddress ?? '10.0.0.100'),
      localAddressOther: this.#options.localAddress ? undefined : address('2001:db8::100'),
      outboundLimitReached: () => this.limitReached++,
      outbound: { send: (bytes, at, end) => this.#receive(bytes, at, end) },
      hasEnhancedRefresh: this.#options.hasEnhancedRefresh ?? false,
      deferral: this.#options.deferral,
    });
  }

  down(keepStale = false): void {
    this.isUp = false;
    this.#lab.rib.peerDown(this.id, { keepStale: keepStale ? FAMILIES : [] });
  }

  /** Announces prefixes to the RIB. */
  announce(
    prefixes: readonly string[],
    fields: Partial<PathAttributes> = {},
    pathId?: number,
  ): void {
    this.deliver(reach(prefixes, attributes(fields), pathId));
  }

  withdraws(prefixes: readonly string[], pathId?: number): void {
    this.deliver(unreach(prefixes, pathId));
  }

  sendEndOfRib(family: Family = 'ipv4-unicast'): void {
    this.deliver(encodeEndOfRib(family));
  }

  /** Hands a message to the RIB. */
  deliver(message: Uint8Array): UpdateFault | undefined {
    return this.#lab.rib.receiveUpdate(this.id, message, 0, message.length);
  }

  /** Takes over other settings without a session reset. */
  update(changes: Partial<RibPeer>): void {
    this.config = { ...this.config, ...changes };
    this.#lab.rib.updatePeer(this.id, this.config);
  }

  /** Room again. */
  drain(): void {
    this.hasRoom = true;
    this.#isFull = false;
    this.#lab.rib.peerWritable(this.id);
  }

  /** What was received, as sorted lines. */
  get lines(): string[] {
    return [...this.routes].map(([key, set]) => `${key} ${describe(set)}`).sort();
  }

  endOfRib(family: Family): void {
    this.endsOfRib.push(family);
    this.marks.push(`end-of-rib ${this.routes.size}`);
  }

  attributes(
    family: Family,
    bytes: Uint8Array,
    at: number,
    end: number,
    nextHop: Uint8Array | undefined,
  ): UpdateFault | undefined {
    const set = decodePathAttributes(bytes, at, end, family, nextHop, this.#receiveWire);
    if ('action' in set) throw new Error(`The RIB sent bad attributes: ${set.reason}`);
    this.#current = set;
    return undefined;
  }

  reach(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    this.changes++;
    this.routes.set(keyOf(family, pathId, bytes, at, bits), this.#current!);
  }

  withdraw(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    this.changes++;
    if (!this.routes.delete(keyOf(family, pathId, bytes, at, bits))) this.needlessWithdrawals++;
  }

  /** The same session seen from the peer. */
  get #receiveWire(): WireOptions {
    const { wire } = this;
    const { addPathSend: addPathReceive, addPathReceive: addPathSend } = wire;
    return { ...wire, addPathReceive, addPathSend, onlyToCustomer: undefined };
  }

  #receive(bytes: Uint8Array, at: number, end: number): boolean {
    if (!this.isUp) throw new Error('sent to a peer that is down');
    const isSameBatch = bytes === this.#lastBuffer;
    if (this.#isFull && !isSameBatch) throw new Error('sent to a peer that has no room');
    this.#lastBuffer = bytes;
    this.sends++;
    this.octets += end - at;
    for (let next = at; next < end; ) {
      const size = (bytes[next + 16]! << 8) | bytes[next + 17]!;
      if (size > this.wire.maximumMessageSize) throw new Error(`a message of ${size} octets`);
      this.#walk(bytes, next, next + size);
      next += size;
    }
    this.#isFull = !this.hasRoom;
    return this.hasRoom;
  }

  #walk(bytes: Uint8Array, at: number, end: number): void {
    this.messages++;
    if (bytes[at + 18] === 5)
      this.marks.push(`${REFRESH_MARKS[bytes[at + 21]!]} ${this.routes.size}`);
    if (bytes[at + 18] !== 2) return;
    const fault = walkUpdate(bytes, at, end, this.#receiveWire, this);
    if (fault) throw new Error(`The RIB sent a bad message: ${fault.reason}`);
  }
}

function keyOf(
  family: Family,
  pathId: number,
  bytes: Uint8Array,
  at: number,
  bits: number,
): string {
  const octets = new Uint8Array(family === 'ipv4-unicast' ? 4 : 16);
  octets.set(bytes.subarray(at, at + ((bits + 7) >> 3)));
  const text = formatPrefix(makePrefix(octets, bits));
  return pathId === 0 ? text : `${text}#${pathId}`;
}

/** The attributes tests look at, as one line. */
export function describe(set: PathAttributes): string {
  const parts = [`via ${formatAddress(set.nextHop)}`, `path [${formatAsPath(set.asPath)}]`];
  if (set.origin !== 0) parts.push(`origin ${set.origin}`);
  if (set.localPref !== undefined) parts.push(`pref ${set.localPref}`);
  if (set.med !== undefined) parts.push(`med ${set.med}`);
  if (set.originatorId !== undefined) parts.push(`originator ${set.originatorId}`);
  if (set.clusterList.length > 0) parts.push(`clusters ${set.clusterList.join(',')}`);
  if (set.communities.length > 0) parts.push(`communities ${set.communities.join(',')}`);
  return parts.join(' ');
}

/** A RIB, its time and its peers. */
export class RibLab {
  readonly rib: Rib;
  readonly nextHops = new Map<string, NextHopState>();
  nowMs = 0;
  readonly #runs: (() => void)[] = [];

  constructor(options: Partial<RibOptions> = {}) {
    this.rib = new Rib({
      routerId: 0x0a000064,
      clusterId: 0x01010101,
      defaultLocalPref: 100,
      normalPriority: { 'ipv4-unicast': 1024, 'ipv6-unicast': 1024 },
      maximumPaths: 1,
      resolver: {
        resolve: (hop) =>
          this.nextHops.get(formatAddress(hop)) ?? {
            isReachable: true,
            igpCost: 0,
            interface: 'eth0',
          },
      },
      now: () => this.nowMs,
      schedule: (run) => this.#runs.push(run),
      budgetMs: 10,
      ...options,
    });
  }

  peer(name: string, options: LabPeerOptions = {}): LabPeer {
    return new LabPeer(this, name, options);
  }

  /** A peer that is up, its initial dump done. */
  upPeer(name: string, options: LabPeerOptions = {}): LabPeer {
    const peer = this.peer(name, options);
    peer.up();
    this.settle();
    return peer;
  }

  /** One run of the RIB. */
  step(): boolean {
    const run = this.#runs.shift();
    run?.();
    return run !== undefined;
  }

  /** Runs until nothing is left to do. */
  settle(): void {
    for (let i = 0; this.step(); i++) if (i > 100_000) throw new Error('The RIB does not settle.');
  }
}
