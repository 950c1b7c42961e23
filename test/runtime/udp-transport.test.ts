/** UDP over the loopback: delivery, and GTSM as a filter in the kernel (RFC 5082). */
import t from 'tap';
import { parseAddress } from '../../src/net/text.ts';
import { UdpNodeTransport } from '../../src/runtime/udp-transport.ts';

/** Free ports for a test are found by trying, as a socket does not tell the one it got. */
async function openSomewhere(open: (port: number) => ReturnType<UdpNodeTransport['open']>) {
  for (let port = 20_000 + (process.pid % 10_000); ; port++) {
    try {
      return { port, socket: await open(port) };
    } catch (error) {
      if (!/EADDRINUSE/.test((error as Error).message)) throw error;
    }
  }
}

for (const text of ['127.0.0.1', '::1']) {
  t.test(`on ${text} datagrams below the minimum TTL never arrive`, async (t) => {
    const address = parseAddress(text)!;
    const udp = new UdpNodeTransport();
    const received: number[] = [];
    let done: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      done = resolve;
    });
    const to = await openSomewhere((port) =>
      udp.open({ address, port, ttl: 255, minimumTtl: 255 }, (bytes, from) => {
        received.push(bytes[0]!);
        t.strictSame([...from.address], [...address]);
        done();
      }),
    );
    const far = await udp.open({ address, port: 0, ttl: 254 }, () => undefined);
    const near = await udp.open({ address, port: 0, ttl: 255 }, () => undefined);
    const target = { address, interface: undefined };
    far.send(Uint8Array.of(1), target, to.port);
    near.send(Uint8Array.of(2), target, to.port);
    await arrived;
    t.strictSame(received, [2]);
    for (const socket of [far, near, to.socket]) socket.close();
  });
}

t.test('an address in use is an error that names it', async (t) => {
  const udp = new UdpNodeTransport();
  const address = parseAddress('127.0.0.1')!;
  const open = (port: number) => udp.open({ address, port, ttl: 64 }, () => undefined);
  const { port, socket } = await openSomewhere(open);
  await t.rejects(open(port), {
    code: 'CATBIRD_UDP_FAILED',
    message: new RegExp(`127\\.0\\.0\\.1 port ${port}`),
  });
  socket.close();
});
