/**
 * The routing table as an MRT dump, made in pieces of some ten thousand octets: whoever asked takes them at its
 * own pace, the RIB goes on between them, and nothing of it is held.
 */

import type { TableView } from '../api/views.ts';
import { encodePathAttributes } from '../bgp/wire/encode-path-attributes.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { type TableEntry, type TablePeer, TableWriter } from '../mrt/table-writer.ts';
import { addressSize, FAMILIES, type Family } from '../net/family.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from '../rib/ids.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Daemon } from './daemon.ts';
import type { Neighbor } from './neighbor.ts';

const PIECE_BYTES = 32 * 1024;
/** Prefixes looked at in one piece, where most of them have nothing to tell. */
const PIECE_PREFIXES = 2048;
/** Local routes come from here: address 0.0.0.0, our own AS. */
const OURSELVES = 0;

/** See the head of the file. */
export function* dumpTable(daemon: Daemon, clock: Clock, view: TableView): Generator<Uint8Array> {
  const dump = new TableDump(daemon, clock, view);
  dump.begin();
  for (const family of FAMILIES) {
    for (let from = 1; from !== 0; ) {
      from = dump.write(family, from);
      yield dump.take();
    }
  }
}

class TableDump {
  readonly #daemon: Daemon;
  readonly #view: TableView;
  readonly #writer: TableWriter;
  /** Wall time at which the daemon's clock was at 0. */
  readonly #epoch: number;
  /** In the order of the table of peers, ourselves left out. */
  readonly #neighbors: readonly Neighbor[];

  constructor(daemon: Daemon, clock: Clock, view: TableView) {
    this.#daemon = daemon;
    this.#view = view;
    this.#neighbors = daemon.neighbors.list();
    this.#writer = new TableWriter(clock.wallTime());
    this.#epoch = clock.wallTime() - clock.now();
  }

  begin(): void {
    const { router } = this.#daemon.config;
    const { routerId, asNumber } = router;
    const own: TablePeer = { routerId, asNumber, address: new Uint8Array(4) };
    this.#writer.peers(routerId, this.#view, [own, ...this.#neighbors.map(peerOf)]);
  }

  /** @returns the prefix to go on with, 0 when the family is done */
  write(family: Family, from: number): number {
    const { raw } = this.#daemon.rib;
    const indexes = this.#indexes();
    const limit = raw.prefixLimit(family);
    const end = Math.min(limit, from + PIECE_PREFIXES);
    let id = from;
    for (; id < end && this.#writer.sizeBytes < PIECE_BYTES; id++) {
      this.#prefix(family, id as PrefixId, indexes);
    }
    return id < limit ? id : 0;
  }

  take(): Uint8Array {
    return this.#writer.take();
  }

  /** Ids of peers are used again; only those that are still whom the table names count. */
  #indexes(): Map<PeerId, number> {
    const present = new Set(this.#daemon.neighbors.list());
    const indexes = new Map<PeerId, number>();
    this.#neighbors.forEach((neighbor, index) => {
      if (present.has(neighbor)) indexes.set(neighbor.peerId, index + 1);
    });
    return indexes;
  }

  #prefix(family: Family, prefix: PrefixId, indexes: ReadonlyMap<PeerId, number>): void {
    const { raw, views } = this.#daemon.rib;
    const entries: TableEntry[] = [];
    for (const path of this.#rows(family, prefix)) {
      const peer = raw.peer(family, path);
      const peerIndex = views.isLocalSource(peer) ? OURSELVES : indexes.get(peer);
      const attrs = this.#attrs(family, path);
      if (attrs !== 0 && peerIndex !== undefined) {
        entries.push(this.#entry(family, path, attrs, peerIndex));
      }
    }
    if (entries.length > 0) this.#writer.prefix(raw.prefix(family, prefix), entries);
  }

  #rows(family: Family, prefix: PrefixId): PathId[] {
    const { raw } = this.#daemon.rib;
    if (this.#view !== 'best') return raw.rows(family, prefix);
    const best = raw.best(family, prefix);
    return best === 0 ? [] : [best];
  }

  #attrs(family: Family, path: PathId): AttrsId {
    const { raw } = this.#daemon.rib;
    return this.#view === 'received' ? raw.received(family, path) : raw.accepted(family, path);
  }

  #entry(family: Family, path: PathId, attrs: AttrsId, peerIndex: number): TableEntry {
    const { raw, views } = this.#daemon.rib;
    const mpNextHop = raw.mpNextHop(attrs);
    const hasNextHop = mpNextHop.length > 0 || raw.hasNextHop(attrs);
    return {
      peerIndex,
      originatedAt: this.#epoch + raw.since(family, path) * 1000,
      pathId: raw.remoteId(family, path),
      attributes: raw.attributes(attrs),
      mpNextHop,
      ...(!hasNextHop && withoutGateway(family, views.attributes(attrs))),
    };
  }
}

/** A local route without gateway gets the unspecified address: a path has to have a next hop. */
function withoutGateway(
  family: Family,
  attributes: PathAttributes,
): Pick<TableEntry, 'attributes' | 'mpNextHop'> {
  const nextHop = new Uint8Array(addressSize(family));
  const isMp = family === 'ipv6-unicast';
  return {
    attributes: encodePathAttributes({ ...attributes, nextHop }, 4, !isMp),
    mpNextHop: isMp ? nextHop : new Uint8Array(0),
  };
}

function peerOf({ config, session }: Neighbor): TablePeer {
  const { address, asNumber } = config;
  return { routerId: session.negotiated?.remoteRouterId ?? 0, address, asNumber };
}
