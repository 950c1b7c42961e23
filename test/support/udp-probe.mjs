/**
 * One end of a packet probe, in the network namespace it is started in: the sender sends numbered packets,
 * so many a second, until its input ends; the receiver counts different numbers until its input ends.
 *
 *     node udp-probe.mjs send ADDRESS PORT RATE     prints "ready", then {"sent", "failed"}
 *     node udp-probe.mjs receive ADDRESS PORT       prints "ready", then {"received"}
 */
import { createSocket } from 'node:dgram';

const [role, address, port, rate] = process.argv.slice(2);
const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
if (role === 'send') send();
else receive();

/** What the timer missed is made up for, so that the rate holds on a busy machine. */
function send() {
  const startedAt = performance.now();
  let sent = 0;
  let failed = 0;
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) * Number(rate)) / 1000);
    while (sent < due) {
      const packet = Buffer.alloc(4);
      packet.writeUInt32BE(sent++);
      socket.send(packet, Number(port), address, (error) => void (error && failed++));
    }
  }, 1);
  console.log('ready');
  process.stdin.resume().on('end', () => {
    clearInterval(timer);
    socket.close(() => console.log(JSON.stringify({ sent, failed })));
  });
}

function receive() {
  const numbers = new Set();
  socket.on('message', (packet) => void numbers.add(packet.readUInt32BE()));
  socket.bind(Number(port), address, () => {
    socket.setRecvBufferSize(4 << 20);
    console.log('ready');
  });
  process.stdin.resume().on('end', () => {
    // Packets under way are on this machine: they are there within a moment.
    setTimeout(() => {
      console.log(JSON.stringify({ received: numbers.size }));
      socket.close();
    }, 100);
  });
}
