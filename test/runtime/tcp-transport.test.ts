import { readdirSync, readlinkSync } from 'node:fs';
import t from 'tap';
import { parseAddress, parsePrefix } from '../../src/net/text.ts';
import { TcpTransport } from '../../src/runtime/tcp-transport.ts';
import { Recorder, type TransportHarness, transportContract } from '../contract/transport.ts';

const v4 = parseAddress('127.0.0.1')!;
const v6 = parseAddress('::1')!;

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('the condition never held');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function harness(address: typeof v4, foreign: string): () => TransportHarness {
  const foreignAddress = parseAddress(foreign)!;
  return () => ({ transport: new TcpTransport(), address, foreignAddress, until });
}

transportContract(t, 'TCP over IPv4', harness(v4, '192.0.2.1'));
transportContract(t, 'TCP over IPv6', harness(v6, '2001:db8::1'));

t.test('0.0.0.0 and :: share a port, and IPv4 peers have four octets', async (t) => {
  const transport = new TcpTransport();
  const lengths: number[] = [];
  const accept = (c: { remoteAddress: Uint8Array; abort(): void }) => {
    lengths.push(c.remoteAddress.length);
    c.abort();
  };
  const any6 = await transport.listen({ address: new Uint8Array(16), port: 0 }, accept);
  const any4 = await transport.listen({ address: new Uint8Array(4), port: any6.port }, accept);
  for (const address of [v4, v6]) {
    const recorder = new Recorder();
    transport.connect({ address, port: any6.port }).setHandler(recorder);
    await until(() => recorder.isClosed);
  }
  t.same(lengths, [4, 16]);
  any4.close();
  any6.close();
});

/** Descriptors of this process that are sockets. */
function sockets(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
      } catch {
        return false; // that of the folder just read
      }
    });
}

t.test('a listener is above all sessions: a killed process closes it first', async (t) => {
  const before = sockets();
  const listener = await new TcpTransport().listen({ address: v4, port: 0 }, (c) => c.abort());
  const added = sockets().filter((fd) => !before.includes(fd));
  t.equal(added.length, 1, 'it has one descriptor');
  t.ok(added[0]! >= 4096, `which is ${added[0]}`);
  listener.close();
  await until(() => sockets().length === before.length);
});

t.test('who came in before a key was set is closed, taken or not (SESS-9)', async (t) => {
  let accepted = 0;
  const transport = new TcpTransport();
  const listener = await transport.listen({ address: v4, port: 0 }, (connection) => {
    accepted++;
    connection.abort();
  });
  const client = new Recorder();
  transport.connect({ address: v4, port: listener.port }).setHandler(client);
  await new Promise((resolve) => process.nextTick(resolve)); // the kernel has answered, we have not looked
  t.equal(listener.setPassword(parsePrefix('127.0.0.9/32')!, 'secret'), undefined);
  await until(() => client.isClosed);
  t.equal(accepted, 0);
  transport.connect({ address: v4, port: listener.port }).setHandler(new Recorder());
  await until(() => accepted === 1);
  listener.close();
});
