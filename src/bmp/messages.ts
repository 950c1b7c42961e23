/**
 * BMP messages (RFC 7854; Adj-RIB-Out RFC 8671, Loc-RIB RFC 9069): plain values in, octets out.
 *
 *     common header | per-peer header | what the message is about
 */
import { ByteWriter } from '../bgp/wire/writer.ts';
import type { Address } from '../net/address.ts';
import type { MonitorView } from '../rib/route-monitor.ts';

const VERSION = 3;
const COMMON_HEADER_SIZE = 6;
/** Per-peer header (RFC 7854 §4.2). */
const PEER_HEADER_SIZE = 42;
/** In front of the UPDATE of a Route Monitoring message. */
export const ROUTE_MONITORING_OVERHEAD = COMMON_HEADER_SIZE + PEER_HEADER_SIZE;

const ROUTE_MONITORING = 0;
const STATISTICS_REPORT = 1;
const PEER_DOWN = 2;
const PEER_UP = 3;
const INITIATION = 4;
const TERMINATION = 5;

const PEER_GLOBAL = 0;
const PEER_LOC_RIB = 3;
const FLAG_IPV6 = 0x80;
const FLAG_POST_POLICY = 0x40;
const FLAG_ADJ_RIB_OUT = 0x10;

const INFORMATION_SYS_DESCR = 1;
const INFORMATION_SYS_NAME = 2;
const INFORMATION_TABLE_NAME = 3;
const TERMINATION_REASON = 1;
const REASON_ADMINISTRATIVELY_CLOSED = 0;

const DOWN_LOCAL_NOTIFICATION = 1;
const DOWN_LOCAL_SILENT = 2;
const DOWN_REMOTE_NOTIFICATION = 3;
const DOWN_REMOTE_SILENT = 4;
/** ManualStop (RFC 4271 §8.1.2): the only way we end a session without a word. */
const EVENT_MANUAL_STOP = 2;

/** Whom a message is about. */
export interface BmpPeer {
  /** Loc-RIB, which is of no peer; its AS and identifier are the router's. */
  readonly isLocRib: boolean;
  readonly address: Address;
  readonly asNumber: number;
  readonly routerId: number;
}

/** What a Peer Up tells. */
export interface BmpPeerUp extends BmpPeer {
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remotePort: number;
  /** Whole messages. */
  readonly openSent: Uint8Array;
  readonly openReceived: Uint8Array;
}

/** How a session ended. */
export interface BmpPeerDown {
  readonly sentByUs: boolean;
  /** The whole message; undefined where none was sent. */
  readonly notification: Uint8Array | undefined;
}

/** One figure of a statistics report; `family` as AFI for those by family. */
export interface Statistic {
  readonly type: number;
  readonly afi?: number;
  readonly value: number;
  readonly width: 4 | 8;
}

const writer = new ByteWriter(512);

/** @param systemName of the router; `description` says what runs there */
export function encodeInitiation(systemName: string, description: string): Uint8Array {
  begin(INITIATION);
  information(INFORMATION_SYS_DESCR, description);
  information(INFORMATION_SYS_NAME, systemName);
  return finish();
}

export function encodeTermination(): Uint8Array {
  begin(TERMINATION);
  writer.u16(TERMINATION_REASON);
  writer.u16(2);
  writer.u16(REASON_ADMINISTRATIVELY_CLOSED);
  return finish();
}

/** @param at wall time in ms since 1970 */
export function encodePeerUp(peer: BmpPeerUp, at: number): Uint8Array {
  begin(PEER_UP);
  peerHeader(peer, 0, at);
  address(peer.localAddress);
  writer.u16(peer.localPort);
  writer.u16(peer.remotePort);
  writer.put(peer.openSent);
  writer.put(peer.openReceived);
  if (peer.isLocRib) information(INFORMATION_TABLE_NAME, 'global');
  return finish();
}

export function encodePeerDown(peer: BmpPeer, end: BmpPeerDown, at: number): Uint8Array {
  const { sentByUs, notification } = end;
  begin(PEER_DOWN);
  peerHeader(peer, 0, at);
  if (notification) {
    writer.u8(sentByUs ? DOWN_LOCAL_NOTIFICATION : DOWN_REMOTE_NOTIFICATION);
    writer.put(notification);
  } else if (sentByUs) {
    writer.u8(DOWN_LOCAL_SILENT);
    writer.u16(EVENT_MANUAL_STOP);
  } else writer.u8(DOWN_REMOTE_SILENT);
  return finish();
}

/** One UPDATE at `[from, end)`. */
export function encodeRouteMonitoring(
  peer: BmpPeer,
  view: MonitorView,
  at: number,
  bytes: Uint8Array,
  from: number,
  end: number,
): Uint8Array {
  begin(ROUTE_MONITORING);
  peerHeader(peer, FLAGS[view], at);
  writer.put(bytes.subarray(from, end));
  return finish();
}

export function encodeStatistics(
  peer: BmpPeer,
  at: number,
  statistics: readonly Statistic[],
): Uint8Array {
  begin(STATISTICS_REPORT);
  peerHeader(peer, 0, at);
  writer.u32(statistics.length);
  for (const { type, afi, value, width } of statistics) {
    writer.u16(type);
    writer.u16(width + (afi === undefined ? 0 : 3));
    if (afi !== undefined) {
      writer.u16(afi);
      writer.u8(1); // unicast
    }
    if (width === 8) writer.u32(Math.floor(value / 2 ** 32));
    writer.u32(value >>> 0);
  }
  return finish();
}

/** What is sent to a peer has been through its policy (RFC 8671 §4). */
const FLAGS: Readonly<Record<MonitorView, number>> = {
  'pre-policy': 0,
  'post-policy': FLAG_POST_POLICY,
  'adj-rib-out': FLAG_ADJ_RIB_OUT | FLAG_POST_POLICY,
  'loc-rib': 0,
};

function begin(type: number): void {
  writer.u8(VERSION);
  writer.u32(0); // length, patched by finish
  writer.u8(type);
}

function finish(): Uint8Array {
  const size = writer.at;
  writer.patchU16(1, size >>> 16);
  writer.patchU16(3, size & 0xffff);
  return writer.take();
}

function peerHeader(peer: BmpPeer, flags: number, at: number): void {
  const { isLocRib, asNumber, routerId } = peer;
  writer.u8(isLocRib ? PEER_LOC_RIB : PEER_GLOBAL);
  writer.u8(peer.address.length === 16 && !isLocRib ? flags | FLAG_IPV6 : flags);
  writer.skip(8); // distinguisher: there is one table
  if (isLocRib) writer.skip(16);
  else address(peer.address);
  writer.u32(asNumber);
  writer.u32(routerId);
  writer.u32(Math.floor(at / 1000) >>> 0);
  writer.u32(Math.floor(at % 1000) * 1000);
}

/** IPv4 stands in the last four of sixteen octets. */
function address(octets: Address): void {
  writer.skip(16 - octets.length);
  writer.put(octets);
}

function information(type: number, text: string): void {
  const octets = new TextEncoder().encode(text);
  writer.u16(type);
  writer.u16(octets.length);
  writer.put(octets);
}
