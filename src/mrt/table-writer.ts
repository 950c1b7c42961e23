/**
 * Writes table dumps (TABLE_DUMP_V2, RFC 6396 §4.3): the table of peers first, then one record per prefix with
 * an entry per path. Paths with an Add-Path identifier stand in a record of their own (RFC 8050 §4).
 */
import { ATTR_MP_REACH_NLRI, FLAG_EXTENDED_LENGTH, FLAG_OPTIONAL } from '../bgp/wire/constants.ts';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import {
  PEER_HAS_AS4,
  PEER_INDEX_TABLE,
  PEER_IS_IPV6,
  RIB_IPV4_UNICAST,
  RIB_IPV4_UNICAST_ADDPATH,
  RIB_IPV6_UNICAST,
  RIB_IPV6_UNICAST_ADDPATH,
  TABLE_DUMP_V2,
} from './constants.ts';
import { RecordWriter } from './record-writer.ts';

export interface TablePeer {
  /** BGP identifier, unsigned 32-bit; 0 where none is known. */
  readonly routerId: number;
  readonly address: Address;
  readonly asNumber: number;
}

export interface TableEntry {
  /** In the table of peers. */
  readonly peerIndex: number;
  /** Wall time, ms since 1970. */
  readonly originatedAt: number;
  /** 0 without Add-Path. */
  readonly pathId: number;
  /** Encoded with four-octet AS numbers; NEXT_HOP among them where it is IPv4. */
  readonly attributes: Uint8Array;
  /** 16 or 32 octets of IPv6; empty otherwise. */
  readonly mpNextHop: Uint8Array;
}

/** Flags, type, two octets of length, the length of the next hop. */
const MP_OVERHEAD = 5;
const LARGEST_ATTRIBUTES = 65_535;
const MOST_ENTRIES = 65_535;

/** See the head of the file. */
export class TableWriter {
  readonly #records = new RecordWriter();
  readonly #at: number;
  #sequence = 0;

  /** @param at wall time of the dump, ms since 1970 */
  constructor(at: number) {
    this.#at = at;
  }

  get sizeBytes(): number {
    return this.#records.sizeBytes;
  }

  take(): Uint8Array {
    return this.#records.take();
  }

  /** @param routerId of who dumps; the name of the view is `view` */
  peers(routerId: number, view: string, peers: readonly TablePeer[]): void {
    const { out } = this.#records;
    this.#records.begin(this.#at, TABLE_DUMP_V2, PEER_INDEX_TABLE);
    out.u32(routerId);
    const name = new TextEncoder().encode(view);
    out.u16(name.length);
    out.put(name);
    out.u16(peers.length);
    for (const { routerId, address, asNumber } of peers) {
      out.u8(address.length === 16 ? PEER_HAS_AS4 | PEER_IS_IPV6 : PEER_HAS_AS4);
      out.u32(routerId);
      out.put(address);
      out.u32(asNumber);
    }
    this.#records.end();
  }

  /** All paths of a prefix. */
  prefix(prefix: Prefix, entries: readonly TableEntry[]): void {
    const fitting = entries.filter((entry) => sizeOf(entry) <= LARGEST_ATTRIBUTES);
    this.#record(
      prefix,
      fitting.filter(({ pathId }) => pathId === 0),
      false,
    );
    this.#record(
      prefix,
      fitting.filter(({ pathId }) => pathId !== 0),
      true,
    );
  }

  #record(prefix: Prefix, entries: readonly TableEntry[], hasPathIds: boolean): void {
    if (entries.length === 0) return;
    const kept = entries.slice(0, MOST_ENTRIES);
    const { out } = this.#records;
    this.#records.begin(this.#at, TABLE_DUMP_V2, subtypeOf(prefix, hasPathIds));
    out.u32(this.#sequence++);
    out.u8(prefix.length);
    out.put(prefix.address.subarray(0, (prefix.length + 7) >> 3));
    out.u16(kept.length);
    for (const entry of kept) this.#entry(entry, hasPathIds);
    this.#records.end();
  }

  #entry(entry: TableEntry, hasPathId: boolean): void {
    const { out } = this.#records;
    out.u16(entry.peerIndex);
    out.u32(Math.floor(entry.originatedAt / 1000) >>> 0);
    if (hasPathId) out.u32(entry.pathId);
    out.u16(sizeOf(entry));
    out.put(entry.attributes);
    const { mpNextHop } = entry;
    if (mpNextHop.length === 0) return;
    // Of MP_REACH_NLRI only the next hop: the rest is in the header (RFC 6396 §4.3.4).
    out.u8(FLAG_OPTIONAL | FLAG_EXTENDED_LENGTH);
    out.u8(ATTR_MP_REACH_NLRI);
    out.u16(mpNextHop.length + 1);
    out.u8(mpNextHop.length);
    out.put(mpNextHop);
  }
}

function sizeOf({ attributes, mpNextHop }: TableEntry): number {
  return attributes.length + (mpNextHop.length === 0 ? 0 : MP_OVERHEAD + mpNextHop.length);
}

function subtypeOf({ family }: Prefix, hasPathIds: boolean): number {
  if (family === 'ipv4-unicast') return hasPathIds ? RIB_IPV4_UNICAST_ADDPATH : RIB_IPV4_UNICAST;
  return hasPathIds ? RIB_IPV6_UNICAST_ADDPATH : RIB_IPV6_UNICAST;
}
