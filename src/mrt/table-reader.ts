/** Reads table dumps (TABLE_DUMP_V2): the table of peers, and prefixes with their paths. */
import { ATTR_MP_REACH_NLRI, FLAG_EXTENDED_LENGTH } from '../bgp/wire/constants.ts';
import { addressSize, type Family, maximumLength } from '../net/family.ts';
import { makePrefix, type Prefix } from '../net/prefix.ts';
import { ByteReader } from './byte-reader.ts';
import {
  PEER_HAS_AS4,
  PEER_IS_IPV6,
  RIB_IPV4_UNICAST,
  RIB_IPV4_UNICAST_ADDPATH,
  RIB_IPV6_UNICAST,
  RIB_IPV6_UNICAST_ADDPATH,
} from './constants.ts';
import type { TableEntry, TablePeer } from './table-writer.ts';

export interface PeerTable {
  readonly routerId: number;
  readonly view: string;
  readonly peers: readonly TablePeer[];
}

export interface TableRecord {
  readonly prefix: Prefix;
  readonly entries: readonly TableEntry[];
}

const SUBTYPES = new Map<number, { readonly family: Family; readonly hasPathIds: boolean }>([
  [RIB_IPV4_UNICAST, { family: 'ipv4-unicast', hasPathIds: false }],
  [RIB_IPV6_UNICAST, { family: 'ipv6-unicast', hasPathIds: false }],
  [RIB_IPV4_UNICAST_ADDPATH, { family: 'ipv4-unicast', hasPathIds: true }],
  [RIB_IPV6_UNICAST_ADDPATH, { family: 'ipv6-unicast', hasPathIds: true }],
]);

/** @throws RangeError for a body that is cut short */
export function readPeerTable(body: Uint8Array): PeerTable {
  const reader = new ByteReader(body);
  const routerId = reader.u32();
  const view = new TextDecoder().decode(reader.take(reader.u16()));
  const peers: TablePeer[] = [];
  for (let left = reader.u16(); left > 0; left--) peers.push(readPeer(reader));
  return { routerId, view, peers };
}

function readPeer(reader: ByteReader): TablePeer {
  const type = reader.u8();
  const routerId = reader.u32();
  const address = reader.take(type & PEER_IS_IPV6 ? 16 : 4).slice();
  const asNumber = type & PEER_HAS_AS4 ? reader.u32() : reader.u16();
  return { routerId, address, asNumber };
}

/**
 * A prefix with its paths; octets in it are views of the body.
 *
 * @returns undefined for a subtype of another family
 * @throws RangeError for a body that is cut short, or a prefix that is too long
 */
export function readTableRecord(subtype: number, body: Uint8Array): TableRecord | undefined {
  const kind = SUBTYPES.get(subtype);
  if (!kind) return undefined;
  const reader = new ByteReader(body);
  reader.u32(); // the sequence number
  const prefix = readPrefix(reader, kind.family);
  const entries: TableEntry[] = [];
  for (let left = reader.u16(); left > 0; left--) entries.push(readEntry(reader, kind.hasPathIds));
  return { prefix, entries };
}

function readPrefix(reader: ByteReader, family: Family): Prefix {
  const length = reader.u8();
  if (length > maximumLength(family)) throw new RangeError('a prefix is too long');
  const address = new Uint8Array(addressSize(family));
  address.set(reader.take((length + 7) >> 3));
  return makePrefix(address, length);
}

function readEntry(reader: ByteReader, hasPathId: boolean): TableEntry {
  const peerIndex = reader.u16();
  const originatedAt = reader.u32() * 1000;
  const pathId = hasPathId ? reader.u32() : 0;
  const { attributes, mpNextHop } = splitNextHop(reader.take(reader.u16()));
  return { peerIndex, originatedAt, pathId, attributes, mpNextHop };
}

/** Takes MP_REACH_NLRI out, which may stand whole or with its next hop alone (RFC 6396 §4.3.4). */
function splitNextHop(bytes: Uint8Array): Pick<TableEntry, 'attributes' | 'mpNextHop'> {
  const kept: Uint8Array[] = [];
  let mpNextHop: Uint8Array = bytes.subarray(0, 0);
  const reader = new ByteReader(bytes);
  while (reader.left > 0) {
    const from = reader.at;
    const flags = reader.u8();
    const type = reader.u8();
    const value = reader.take(flags & FLAG_EXTENDED_LENGTH ? reader.u16() : reader.u8());
    if (type === ATTR_MP_REACH_NLRI) mpNextHop = nextHopOf(value);
    else kept.push(bytes.subarray(from, reader.at));
  }
  return { attributes: Buffer.concat(kept), mpNextHop };
}

function nextHopOf(value: Uint8Array): Uint8Array {
  const reader = new ByteReader(value);
  // Whole ones begin with AFI, whose first octet is 0, and SAFI.
  if (value[0] === 0) reader.take(3);
  return reader.take(reader.u8());
}
