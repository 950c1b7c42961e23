/** A BMP decoder of its own, for tests: octets become the words of RFC 7854 and what is in the UPDATEs. */
import { type DecodedUpdate, decodeUpdate } from '../../src/bgp/wire/update-view.ts';
import { FAMILIES } from '../../src/net/family.ts';
import { formatAddress, formatIpv4Number } from '../../src/net/text.ts';

const TYPES = ['route', 'statistics', 'down', 'up', 'initiation', 'termination'];
const PEER_HEADER_SIZE = 42;
const HEADER_SIZE = 6;

export interface BmpMessage {
  readonly type: string;
  /** Address of the peer, `loc-rib`, or empty. */
  readonly peer: string;
  /** `pre`, `post`, `out`, `loc`, or empty. */
  readonly view: string;
  readonly asNumber: number;
  readonly routerId: string;
  /** Behind the headers. */
  readonly body: Buffer;
}

/** All whole messages, and what is left. */
export function decodeBmp(bytes: Buffer): BmpMessage[] {
  const messages: BmpMessage[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = bytes.readUInt32BE(at + 1);
    if (bytes[at] !== 3 || at + size > bytes.length) throw new Error(`no BMP at ${at}`);
    messages.push(decodeOne(bytes.subarray(at, at + size)));
    at += size;
  }
  return messages;
}

function decodeOne(bytes: Buffer): BmpMessage {
  const type = TYPES[bytes[5]!]!;
  if (type === 'initiation' || type === 'termination') {
    const none = { peer: '', view: '', asNumber: 0, routerId: '' };
    return { type, ...none, body: bytes.subarray(HEADER_SIZE) };
  }
  const header = bytes.subarray(HEADER_SIZE);
  const isLocRib = header[0] === 3;
  return {
    type,
    peer: isLocRib ? 'loc-rib' : peerText(header),
    view: type === 'route' ? viewOf(isLocRib, header[1]!) : '',
    asNumber: header.readUInt32BE(26),
    routerId: formatIpv4Number(header.readUInt32BE(30)),
    body: header.subarray(PEER_HEADER_SIZE),
  };
}

function peerText(header: Buffer): string {
  const isIpv6 = (header[1]! & 0x80) !== 0;
  return formatAddress(header.subarray(isIpv6 ? 10 : 22, 26));
}

function viewOf(isLocRib: boolean, flags: number): string {
  if (isLocRib) return 'loc';
  if (flags & 0x10) return 'out';
  return flags & 0x40 ? 'post' : 'pre';
}

/** The UPDATE of a Route Monitoring message. */
export function decodeRoute({ body }: BmpMessage, hasAddPath: boolean): DecodedUpdate {
  const addPath = hasAddPath ? FAMILIES : [];
  return decodeUpdate(body, 0, body.length, {
    ...{ asWidth: 4, isInternal: true, maximumMessageSize: 65_535 },
    ...{ addPathReceive: addPath, addPathSend: addPath },
  });
}
