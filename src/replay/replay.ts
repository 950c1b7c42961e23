/**
 * Plays a recording to the same tables, policies and decision that a running daemon has, without sockets, kernel or
 * clock: time is what the records say. The same recording and configuration give the same outcome every time.
 *
 * Every next hop counts as reachable. A session that ends loses its routes at once: graceful restart is not played.
 */

import type { RouteView } from '../api/views.ts';
import type { NegotiatedSession } from '../bgp/session/negotiate.ts';
import { negotiate } from '../bgp/session/negotiate.ts';
import { familyOf } from '../bgp/wire/afi-safi.ts';
import {
  HEADER_SIZE,
  MESSAGE_NOTIFICATION,
  MESSAGE_OPEN,
  MESSAGE_ROUTE_REFRESH,
  MESSAGE_UPDATE,
  REFRESH_BEGIN,
  REFRESH_END,
} from '../bgp/wire/constants.ts';
import { messageType } from '../bgp/wire/header.ts';
import { NotificationError } from '../bgp/wire/notification.ts';
import { decodeOpen } from '../bgp/wire/open.ts';
import { decodeRouteRefresh } from '../bgp/wire/route-refresh.ts';
import type { Config } from '../config/model.ts';
import { NO_FORWARDING } from '../daemon/forwarding.ts';
import { LocalRoutes } from '../daemon/local-routes.ts';
import { rankedPaths } from '../daemon/route-views.ts';
import { sessionSettingsOf } from '../daemon/session-settings.ts';
import { PEER_INDEX_TABLE, TABLE_DUMP_V2 } from '../mrt/constants.ts';
import { type RecordedEvent, type RecordedMessage, readMessage } from '../mrt/message-reader.ts';
import type { MrtRecord } from '../mrt/record-splitter.ts';
import { type PeerTable, readPeerTable, readTableRecord } from '../mrt/table-reader.ts';
import type { TableEntry } from '../mrt/table-writer.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { comparePrefixes, type Prefix } from '../net/prefix.ts';
import { updateFamily } from '../recorder/update-family.ts';
import type { PrefixId } from '../rib/ids.ts';
import { Rib } from '../rib/rib.ts';
import type { ReplayedPeer } from './replayed-peer.ts';
import { isRouter, madeUpRouter, ReplayedPeers } from './replayed-peers.ts';
import { updateOf } from './table-update.ts';

/** Records of one moment share a run, as messages of one chunk do. */
const RECORDS_PER_RUN = 1024;

export interface ReplaySummary {
  readonly records: number;
  /** Of kinds that say nothing here, or damaged. */
  readonly ignored: number;
  readonly faultyUpdates: number;
  readonly neighbors: number;
  /** Peers that are not in the configuration. */
  readonly unknownPeers: readonly string[];
}

/** See the head of the file. */
export class Replay {
  readonly #given: Config | undefined;
  #started: Started | undefined;
  #table: PeerTable | undefined;
  #records = 0;
  #ignored = 0;
  /** Records since the last run. */
  #waiting = 0;
  #now = 0;

  /** @param config of the router; without it one is made up from the first records */
  constructor(config: Config | undefined) {
    this.#given = config;
    if (config) this.#started = this.#start(config, false);
  }

  /** Plays the next record. Never throws for what is in it. */
  play(record: MrtRecord): void {
    this.#records++;
    if (record.at / 1000 > this.#now || this.#waiting >= RECORDS_PER_RUN) this.#run();
    this.#now = Math.max(this.#now, record.at / 1000);
    this.#waiting++;
    try {
      if (!this.#take(record)) this.#ignored++;
    } catch (error) {
      if (!(error instanceof RangeError || error instanceof NotificationError)) throw error;
      this.#ignored++;
    }
  }

  get summary(): ReplaySummary {
    const peers = this.#started?.peers;
    const list = peers?.list() ?? [];
    return {
      records: this.#records,
      ignored: this.#ignored,
      faultyUpdates: list.reduce((sum, { faults }) => sum + faults, 0),
      neighbors: list.length,
      unknownPeers: peers?.unknown() ?? [],
    };
  }

  /** Every path by prefix, the best first, each other with the step it lost at or why import refused it. */
  *routes(only?: Prefix): Generator<RouteView> {
    this.#run();
    if (!this.#started) return;
    const { rib } = this.#started;
    for (const family of FAMILIES) {
      const wanted = only ? [rib.views.findPrefix(only)] : sortedPrefixes(rib, family);
      if (only && only.family !== family) continue;
      for (const prefix of wanted) yield* rankedPaths(this.#context(this.#started), family, prefix);
    }
  }

  #context({ rib, config, peers }: Started) {
    const neighbors = { list: () => peers.list() };
    const broker = { find: () => undefined };
    return { daemon: { rib, config, neighbors, broker }, forwarding: NO_FORWARDING };
  }

  /** @returns false for what says nothing here */
  #take(record: MrtRecord): boolean {
    if (record.type === TABLE_DUMP_V2) return this.#takeTable(record);
    const event = readMessage(record);
    if (!event) return false;
    this.#started ??= this.#makeUp(event);
    const peer = this.#started.peers.find(event.peer);
    if (!peer) return false;
    if (event.kind === 'message') return this.#takeMessage(peer, event);
    if (event.from === ESTABLISHED) peer.down();
    if (event.to === ESTABLISHED) peer.up();
    return true;
  }

  /** Our AS is in every record; our identifier only in our OPEN. */
  #makeUp(event: RecordedEvent): Started {
    const isOurs = event.kind === 'message' && event.isSent;
    const isOpen = isOurs && messageType(event.message, 0) === MESSAGE_OPEN;
    const { message } = event as RecordedMessage;
    const routerId = isOpen ? decodeOpen(message, 0, message.length).routerId : 0;
    return this.#start(madeUpRouter(event.peer.localAsNumber, routerId), true);
  }

  #takeMessage(
    peer: ReplayedPeer,
    { message, isSent, asWidth, hasPathIds }: RecordedMessage,
  ): boolean {
    if (message.length < HEADER_SIZE) throw new RangeError('the message is cut short');
    const type = messageType(message, 0);
    if (type === MESSAGE_NOTIFICATION) peer.down();
    if (isSent) return true;
    if (type === MESSAGE_OPEN) this.#open(peer, message);
    else if (type === MESSAGE_ROUTE_REFRESH) this.#refresh(peer, message);
    else if (type === MESSAGE_UPDATE) {
      peer.update(message, asWidth, updateFamily(message), hasPathIds);
    }
    return true;
  }

  #open(peer: ReplayedPeer, message: Uint8Array): void {
    const { config } = this.#started!;
    const open = decodeOpen(message, 0, message.length);
    const settings = sessionSettingsOf(peer.config, config, false);
    const agreed: NegotiatedSession | NotificationError = negotiate(settings, open);
    if (agreed instanceof NotificationError) throw agreed;
    peer.opened(agreed);
  }

  #refresh(peer: ReplayedPeer, message: Uint8Array): void {
    const { afi, safi, subtype } = decodeRouteRefresh(message, 0, message.length);
    const family = familyOf(afi, safi);
    const { rib } = this.#started!;
    if (family && subtype === REFRESH_BEGIN) rib.beginRefresh(peer.peerId, family);
    if (family && subtype === REFRESH_END) rib.endRefresh(peer.peerId, family);
  }

  #takeTable({ subtype, body }: MrtRecord): boolean {
    if (subtype === PEER_INDEX_TABLE) {
      this.#table = readPeerTable(body);
      const { routerId, peers } = this.#table;
      const asNumber = peers.find(isRouter)?.asNumber ?? 0;
      this.#started ??= this.#start(madeUpRouter(asNumber, routerId), true);
      return true;
    }
    const record = readTableRecord(subtype, body);
    if (!record || !this.#table) return false;
    for (const entry of record.entries) this.#takeEntry(record.prefix, entry, this.#table);
    return true;
  }

  #takeEntry(prefix: Prefix, entry: TableEntry, table: PeerTable): void {
    const recorded = table.peers[entry.peerIndex];
    if (!recorded) throw new RangeError('an entry names no peer of the table');
    const { rib, peers } = this.#started!;
    if (isRouter(recorded)) {
      const route = { prefix, source: 'static', gateway: undefined } as const;
      if (!this.#given) rib.originate(route);
      return;
    }
    const peer = peers.find({ ...recorded, localAsNumber: 0 });
    if (!peer) return;
    peer.up(recorded.routerId);
    peer.update(updateOf(prefix, entry), 4, prefix.family, entry.pathId !== 0);
  }

  #start(config: Config, isMadeUp: boolean): Started {
    const { router, fib } = config;
    const queue: (() => void)[] = [];
    const rib = new Rib({
      ...router,
      maximumPaths: fib.maximumPaths,
      resolver: NO_FORWARDING.resolver,
      now: () => this.#now,
      schedule: (run) => queue.push(run),
      budgetMs: Number.POSITIVE_INFINITY,
    });
    new LocalRoutes(rib).apply(config);
    return { config, rib, queue, peers: new ReplayedPeers(config, isMadeUp, rib) };
  }

  /** Decides all that waits. */
  #run(): void {
    this.#waiting = 0;
    const queue = this.#started?.queue ?? [];
    for (let run = queue.shift(); run; run = queue.shift()) run();
  }
}

const ESTABLISHED = 6;

interface Started {
  readonly config: Config;
  readonly rib: Rib;
  readonly peers: ReplayedPeers;
  /** Runs of the RIB that wait. */
  readonly queue: (() => void)[];
}

function sortedPrefixes({ views, raw }: Rib, family: Family): PrefixId[] {
  const prefixes = [...views.prefixIds(family)].map((id) => ({
    id,
    prefix: raw.prefix(family, id),
  }));
  return prefixes.sort((a, b) => comparePrefixes(a.prefix, b.prefix)).map(({ id }) => id);
}
