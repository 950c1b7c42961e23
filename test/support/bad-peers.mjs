/**
 * BGP peers that behave badly, each from an address of its own, in the network namespace it is started in:
 *
 *     node bad-peers.mjs SPEAKER ROLE=ADDRESS=AS...     prints counters as JSON each second
 *
 * `faulty` sends 10,000 UPDATEs a second with a malformed ORIGIN; `resetting` gets its session reset by a
 * malformed UPDATE, over and over; `garbage` sends octets that are no BGP; `churning` announces 5,000
 * prefixes with ever other communities; `deaf` has its session and never reads.
 */
import { connect } from 'node:net';

const BGP_PORT = 179;
const HEADER_SIZE = 19;
const [OPEN, UPDATE, , KEEPALIVE] = [1, 2, 3, 4];
const FAULTS_PER_SECOND = 10_000;
const PREFIXES = 5_000;
const PREFIXES_PER_UPDATE = 250;

const [speaker, ...peers] = process.argv.slice(2);
const counters = { faults: 0, lost: 0, resets: 0, garbage: 0, refused: 0, announced: 0 };
const roles = { faulty, resetting, garbage, churning, deaf };

for (const peer of peers) {
  const [role, address, asNumber] = peer.split('=');
  roles[role]({ address, asNumber: Number(asNumber) });
}
setInterval(() => console.log(JSON.stringify(counters)), 1000);

function message(type, ...parts) {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const header = Buffer.alloc(HEADER_SIZE, 0xff);
  header.writeUInt16BE(HEADER_SIZE + body.length, 16);
  header[18] = type;
  return Buffer.concat([header, body]);
}

function u16(value) {
  return [value >> 8, value & 255];
}

function open({ address, asNumber }) {
  const routerId = address.split('.').map(Number);
  const capabilities = [1, 4, 0, 1, 0, 1, 65, 4, 0, 0, ...u16(asNumber)];
  const parameter = [2, capabilities.length, ...capabilities];
  return message(OPEN, [4, ...u16(asNumber), ...u16(90), ...routerId, parameter.length], parameter);
}

function update({ address, asNumber }, origin, mark, nlri) {
  const attributes = [
    ...[0x40, 1, 1, origin],
    ...[0x40, 2, 6, 2, 1, 0, 0, ...u16(asNumber)],
    ...[0x40, 3, 4, ...address.split('.').map(Number)],
    ...[0xc0, 8, 4, ...u16(asNumber), ...u16(mark)],
  ];
  return message(UPDATE, [0, 0, ...u16(attributes.length)], attributes, nlri);
}

/** A session; tells when it is up, and dials again when it is gone. */
function session(self, isUp, pauseMs = 100) {
  const socket = connect({ host: speaker, port: BGP_PORT, localAddress: self.address });
  let keepalives;
  let wasUp = false;
  socket.on('connect', () => socket.write(open(self)));
  socket.on('data', (chunk) => {
    if (wasUp || chunk[18] !== OPEN) return;
    wasUp = true;
    socket.write(message(KEEPALIVE));
    keepalives = setInterval(() => socket.write(message(KEEPALIVE)), 1000);
    isUp(socket);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(keepalives);
    if (wasUp) counters.lost++;
    else counters.refused++;
    setTimeout(() => session(self, isUp, pauseMs), pauseMs);
  });
}

function faulty(self) {
  const bad = update(self, 7, 0, [24, 10, 99, 1]);
  const hundred = Buffer.concat(new Array(100).fill(bad));
  session(self, (socket) => {
    const startedAt = performance.now();
    let sent = 0;
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      const due = ((performance.now() - startedAt) * FAULTS_PER_SECOND) / 1000;
      while (sent + 100 <= due && socket.writableLength < 1_000_000) {
        socket.write(hundred);
        sent += 100;
        counters.faults += 100;
      }
    }, 5);
  });
}

/** Its withdrawn length runs past the message. */
function resetting(self) {
  const bad = message(UPDATE, [0xff, 0xff, 0, 0]);
  session(
    self,
    (socket) => {
      counters.resets++;
      setTimeout(() => socket.write(bad), 20);
    },
    5,
  );
}

function garbage(self) {
  const socket = connect({ host: speaker, port: BGP_PORT, localAddress: self.address });
  const octets = Buffer.alloc(4096, counters.garbage & 255);
  socket.on('connect', () => {
    counters.garbage++;
    socket.end(octets);
  });
  socket.on('data', () => undefined);
  socket.on('error', () => undefined);
  socket.on('close', () => setTimeout(() => garbage(self), 5));
}

function churning(self) {
  let mark = 0;
  const round = (socket) => {
    for (let first = 0; first < PREFIXES; first += PREFIXES_PER_UPDATE) {
      const nlri = Array.from({ length: PREFIXES_PER_UPDATE }, (_, i) => [
        24,
        20,
        ...u16(first + i),
      ]);
      socket.write(update(self, 0, mark, nlri.flat()));
    }
    counters.announced += PREFIXES;
    mark = (mark + 1) & 0xffff;
  };
  session(self, (socket) => {
    const timer = setInterval(() => {
      if (socket.destroyed) clearInterval(timer);
      else if (socket.writableLength === 0) round(socket);
    }, 100);
  });
}

function deaf(self) {
  session(self, (socket) => socket.pause());
}
