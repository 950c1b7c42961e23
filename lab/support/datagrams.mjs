/**
 * Sends datagrams at a fixed rate, in turn to all addresses, until SIGTERM; then prints how many it tried to
 * send as one JSON line.
 *
 *   datagrams.mjs RATE-PER-SECOND PORT ADDRESS...
 *
 * A late timer is made up for at once: the rate holds on a busy machine. What cannot be sent counts as tried.
 */
import { createSocket } from 'node:dgram';

const [rate, port, ...addresses] = process.argv.slice(2);
const TICK_MS = 2;
/** Of a datagram: what a small request has. */
const PAYLOAD = Buffer.alloc(64);

const socket = createSocket('udp4');
let tried = 0;
let pending = 0;
const startedAt = performance.now();

const timer = setInterval(() => {
  const due = Math.floor(((performance.now() - startedAt) * Number(rate)) / 1000);
  for (; tried < due; tried++) {
    pending++;
    socket.send(PAYLOAD, Number(port), addresses[tried % addresses.length], () => {
      pending--;
      if (!timer.hasRef() && pending === 0) end();
    });
  }
}, TICK_MS);

process.on('SIGTERM', () => {
  clearInterval(timer);
  timer.unref();
  if (pending === 0) end();
});

function end() {
  console.log(JSON.stringify({ tried }));
  socket.close();
}
