/**
 * The least a process needs to be talked to over BGP: answers OPENs, and hands on the whole messages that
 * follow the handshake. Plain JavaScript without imports of ours, so that its memory is what Node.js itself
 * takes.
 */
import { createServer } from 'node:net';

const BGP_PORT = 179;
const BACKLOG = 1024;
const HEADER_SIZE = 19;
const OPEN = 1;
const KEEPALIVE = 4;

/**
 * Listens for sessions.
 *
 * @param onMessages is given the socket and the bytes of one or more messages, and which of the other
 *   sessions there are
 */
export function listen({ address, routerId, asNumber }, onMessages) {
  const sessions = new Set();
  const greeting = Buffer.concat([openMessage(routerId, asNumber), message(KEEPALIVE, [])]);
  const accept = (socket) => {
    let rest = Buffer.alloc(0);
    socket.setNoDelay(true);
    sessions.add(socket);
    socket.on('data', (chunk) => {
      const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      const { from, end } = wholeMessages(bytes, () => socket.write(greeting));
      rest = bytes.subarray(end);
      if (from < end) onMessages(socket, bytes.subarray(from, end), sessions);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sessions.delete(socket));
  };
  createServer(accept).listen({ host: address, port: BGP_PORT, backlog: BACKLOG });
}

/** Bounds of the whole messages behind the handshake, which is answered on the way. */
function wholeMessages(bytes, greet) {
  let from = 0;
  let end = 0;
  while (end + HEADER_SIZE <= bytes.length) {
    const size = bytes.readUInt16BE(end + 16);
    if (end + size > bytes.length) break;
    const type = bytes[end + 18];
    if (type === OPEN) greet();
    if ((type === OPEN || type === KEEPALIVE) && from === end) from = end + size;
    end += size;
  }
  return { from, end };
}

/** Hold time 240 s; multiprotocol unicast of both families and four-octet AS numbers (RFC 4760, RFC 6793). */
function openMessage(routerId, asNumber) {
  const as = [24, 16, 8, 0].map((shift) => (Number(asNumber) >>> shift) & 255);
  const capabilities = [1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 1, 65, 4, ...as];
  const parameters = [2, capabilities.length, ...capabilities];
  const fields = [4, as[2], as[3], 0, 240, ...routerId.split('.').map(Number)];
  return message(OPEN, [...fields, parameters.length, ...parameters]);
}

function message(type, body) {
  const size = HEADER_SIZE + body.length;
  return Buffer.from([...Array(16).fill(0xff), size >> 8, size & 255, type, ...body]);
}
