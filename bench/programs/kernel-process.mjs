/**
 * The kernel's own speed, as a process: kernel-process.mjs ADDRESS ROUTER-ID AS
 *
 * Every IPv4 prefix of an UPDATE becomes a route request, 32 KiB of them one blocking write, none
 * acknowledged. Nothing is kept, compared or chosen.
 */
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { listen } from './bgp-endpoint.mjs';

const AF_INET = 2;
const AF_NETLINK = 16;
const SOCK_RAW = 3;
const NEW_ROUTE = 24;
const DELETE_ROUTE = 25;
const REQUEST = 1;
const REPLACE_OR_CREATE = 0x500;
const MAIN_TABLE = 254;
const PROTOCOL_BIRD = 12;
const [DESTINATION, OUTPUT, GATEWAY, METRIC] = [1, 4, 5, 6];
/** nlmsghdr, rtmsg and four attributes of four octets each. */
const REQUEST_SIZE = 16 + 12 + 4 * 8;
const BATCH_SIZE = 32 * 1024;
const NEXT_HOP = 3;

const libc = koffi.load(null);
const send = libc.func('intptr_t send(int, const uint8_t *, size_t, int)');
const netlink = libc.func('int socket(int, int, int)')(AF_NETLINK, SOCK_RAW, 0);
const link = Number(readFileSync('/sys/class/net/eth0/ifindex', 'utf8'));
const batch = new Uint8Array(BATCH_SIZE);
const view = new DataView(batch.buffer);
let used = 0;

const [address, routerId, asNumber] = process.argv.slice(2);

listen({ address, routerId, asNumber }, (_source, bytes) => {
  for (let at = 0; at < bytes.length; at += bytes.readUInt16BE(at + 16)) {
    if (bytes[at + 18] === 2) takeUpdate(bytes, at + 19, at + bytes.readUInt16BE(at + 16));
  }
  flush();
});

function takeUpdate(bytes, at, end) {
  const withdrawnEnd = at + 2 + bytes.readUInt16BE(at);
  takePrefixes(bytes, at + 2, withdrawnEnd, DELETE_ROUTE, 0);
  const attributesEnd = withdrawnEnd + 2 + bytes.readUInt16BE(withdrawnEnd);
  const gateway = nextHopOf(bytes, withdrawnEnd + 2, attributesEnd);
  takePrefixes(bytes, attributesEnd, end, NEW_ROUTE, gateway);
}

function nextHopOf(bytes, at, end) {
  for (let next = at; next < end; ) {
    const isExtended = (bytes[next] & 16) !== 0;
    const value = next + (isExtended ? 4 : 3);
    if (bytes[next + 1] === NEXT_HOP) return bytes.readUInt32BE(value);
    next = value + (isExtended ? bytes.readUInt16BE(next + 2) : bytes[next + 2]);
  }
  return 0;
}

function takePrefixes(bytes, at, end, type, gateway) {
  for (let next = at; next < end; ) {
    const bits = bytes[next++];
    let destination = 0;
    for (let shift = 24; shift > 24 - bits; shift -= 8) destination |= bytes[next++] << shift;
    request(type, destination, bits, gateway);
  }
}

function request(type, destination, bits, gateway) {
  if (used + REQUEST_SIZE > BATCH_SIZE) flush();
  const at = used;
  view.setUint32(at, REQUEST_SIZE, true);
  view.setUint16(at + 4, type, true);
  view.setUint16(at + 6, type === NEW_ROUTE ? REQUEST | REPLACE_OR_CREATE : REQUEST, true);
  batch.set([AF_INET, bits, 0, 0, MAIN_TABLE, PROTOCOL_BIRD, 0, 1, 0, 0, 0, 0], at + 16);
  attribute(at + 28, DESTINATION, destination, false);
  attribute(at + 36, METRIC, 1024, true);
  used += 44;
  if (type === NEW_ROUTE) {
    attribute(at + 44, OUTPUT, link, true);
    attribute(at + 52, GATEWAY, gateway, false);
    used += 16;
  }
  view.setUint32(at, used - at, true);
}

function attribute(at, type, value, isHostOrder) {
  view.setUint16(at, 8, true);
  view.setUint16(at + 2, type, true);
  view.setUint32(at + 4, value, isHostOrder);
}

function flush() {
  if (used > 0) send(netlink, batch, used, 0);
  used = 0;
}
