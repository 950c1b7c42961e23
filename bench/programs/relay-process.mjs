/**
 * The relay as a process: relay-process.mjs ADDRESS AS
 *
 * Answers OPENs and copies every whole message that follows the handshake to all other sessions. Plain
 * JavaScript without imports of ours, so that its memory is what Node.js itself takes.
 */
import { createServer } from 'node:net';

const BGP_PORT = 179;
const BACKLOG = 1024;
const HEADER_SIZE = 19;
const OPEN = 1;
const KEEPALIVE = 4;

const [address, asNumber] = process.argv.slice(2);
const greeting = Buffer.concat([openMessage(), message(KEEPALIVE, [])]);
const sessions = new Set();

function accept(socket) {
  let rest = Buffer.alloc(0);
  socket.setNoDelay(true);
  sessions.add(socket);
  socket.on('data', (chunk) => {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const { from, end } = wholeMessages(socket, bytes);
    rest = bytes.subarray(end);
    if (from < end) copy(socket, bytes.subarray(from, end));
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => sessions.delete(socket));
}

/** Bounds of the whole messages behind the handshake, which it answers on the way. */
function wholeMessages(socket, bytes) {
  let from = 0;
  let end = 0;
  while (end + HEADER_SIZE <= bytes.length) {
    const size = bytes.readUInt16BE(end + 16);
    if (end + size > bytes.length) break;
    const type = bytes[end + 18];
    if (type === OPEN) socket.write(greeting);
    if ((type === OPEN || type === KEEPALIVE) && from === end) from = end + size;
    end += size;
  }
  return { from, end };
}

function copy(source, bytes) {
  for (const socket of sessions) if (socket !== source) socket.write(bytes);
}

/** Hold time 240 s; multiprotocol IPv4 unicast and four-octet AS numbers (RFC 4760, RFC 6793). */
function openMessage() {
  const as = [24, 16, 8, 0].map((shift) => (Number(asNumber) >>> shift) & 255);
  const capabilities = [1, 4, 0, 1, 0, 1, 65, 4, ...as];
  const parameters = [2, capabilities.length, ...capabilities];
  const fields = [4, as[2], as[3], 0, 240, ...address.split('.').map(Number)];
  return message(OPEN, [...fields, parameters.length, ...parameters]);
}

function message(type, body) {
  const size = HEADER_SIZE + body.length;
  return Buffer.from([...Array(16).fill(0xff), size >> 8, size & 255, type, ...body]);
}

createServer(accept).listen({ host: address, port: BGP_PORT, backlog: BACKLOG });
