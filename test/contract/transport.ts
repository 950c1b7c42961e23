/** What every Transport must do; run against the live one on loopback and the one in memory. */
import type { TAP, Test } from 'tap';
import { type Address, sameAddress } from '../../src/net/address.ts';
import { CatbirdError } from '../../src/net/error.ts';
import type { Connection, ConnectionHandler, Transport } from '../../src/runtime/transport.ts';

export interface TransportHarness {
  readonly transport: Transport;
  /** An address the transport can listen on and dial, and another one it does not have. */
  readonly address: Address;
  readonly foreignAddress: Address;
  /** Lets the network work until the condition holds; fails after a generous while. */
  until(condition: () => boolean): Promise<void>;
}

/** Records everything a connection tells. */
export class Recorder implements ConnectionHandler {
  readonly calls: string[] = [];
  readonly chunks: Uint8Array[] = [];
  error: string | undefined;

  onConnected(): void {
    this.calls.push('connected');
  }

  onData(chunk: Uint8Array): void {
    this.chunks.push(chunk);
  }

  onDrain(): void {
    this.calls.push('drain');
  }

  onClose(error: string | undefined): void {
    this.calls.push('close');
    this.error = error;
  }

  get received(): Uint8Array {
    return Uint8Array.from(Buffer.concat(this.chunks));
  }

  get receivedBytes(): number {
    return this.chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  get isClosed(): boolean {
    return this.calls.includes('close');
  }
}

interface Pair {
  readonly dialled: Connection;
  readonly accepted: Connection;
  readonly near: Recorder;
  readonly far: Recorder;
  close(): void;
}

async function connectPair(harness: TransportHarness): Promise<Pair> {
  const far = new Recorder();
  const near = new Recorder();
  let accepted: Connection | undefined;
  const { address, transport } = harness;
  const listener = await transport.listen({ address, port: 0 }, (connection) => {
    accepted = connection;
    connection.setHandler(far);
  });
  const dialled = transport.connect({ address, port: listener.port, sourceAddress: address });
  dialled.setHandler(near);
  await harness.until(() => near.calls.includes('connected') && accepted !== undefined);
  const close = () => {
    dialled.abort();
    accepted?.abort();
    listener.close();
  };
  return { dialled, accepted: accepted!, near, far, close };
}

/** Runs the suite. */
export function transportContract(t: TAP, name: string, makeHarness: () => TransportHarness): void {
  const test = (title: string, run: (t: Test, harness: TransportHarness) => Promise<void>) =>
    t.test(`${name}: ${title}`, (child) => run(child, makeHarness()));

  test('both ends know both addresses, and only the dialler hears onConnected', async (t, harness) => {
    const { dialled, accepted, near, far, close } = await connectPair(harness);
    t.ok(sameAddress(dialled.remoteAddress, harness.address));
    t.ok(sameAddress(dialled.localAddress!, harness.address));
    t.ok(sameAddress(accepted.remoteAddress, harness.address));
    t.equal(accepted.remotePort, dialled.localPort);
    t.equal(accepted.localPort, dialled.remotePort);
    t.same(near.calls, ['connected']);
    t.same(far.calls, []);
    close();
  });

  test('bytes arrive whole and in order, both ways', async (t, harness) => {
    const { dialled, accepted, near, far, close } = await connectPair(harness);
    dialled.write(Uint8Array.of(1, 2, 3));
    dialled.write(Uint8Array.of(4));
    accepted.write(Uint8Array.of(9, 8));
    await harness.until(() => far.receivedBytes === 4 && near.receivedBytes === 2);
    t.same(far.received, Uint8Array.of(1, 2, 3, 4));
    t.same(near.received, Uint8Array.of(9, 8));
    close();
  });

  test('corked writes leave with uncork', async (t, harness) => {
    const { dialled, far, close } = await connectPair(harness);
    dialled.cork();
    dialled.write(Uint8Array.of(1));
    dialled.write(Uint8Array.of(2));
    t.equal(dialled.bufferedBytes, 2);
    dialled.uncork();
    await harness.until(() => far.receivedBytes === 2);
    t.same(far.received, Uint8Array.of(1, 2));
    close();
  });

  test('write answers false while the peer does not read, then onDrain', async (t, harness) => {
    const { dialled, accepted, near, far, close } = await connectPair(harness);
    accepted.pause();
    const block = new Uint8Array(64 * 1024);
    let sent = 0;
    for (let hasRoom = true; hasRoom && sent < 1000; sent++) hasRoom = dialled.write(block);
    t.ok(sent < 1000, 'pushes back');
    t.ok(dialled.bufferedBytes > 0);
    accepted.resume();
    await harness.until(() => far.receivedBytes === sent * block.length);
    await harness.until(() => near.calls.includes('drain'));
    t.equal(dialled.bufferedBytes, 0);
    close();
  });

  test('close sends what is buffered, then ends the other side in order', async (t, harness) => {
    const { dialled, near, far, close } = await connectPair(harness);
    dialled.write(Uint8Array.of(5, 6));
    dialled.close();
    await harness.until(() => far.isClosed);
    t.same(far.received, Uint8Array.of(5, 6));
    t.equal(far.error, undefined);
    t.same(near.calls, ['connected'], 'the closing side hears nothing more');
    close();
  });

  test('the accepting side can close with a last word, too', async (t, harness) => {
    const { accepted, near, close } = await connectPair(harness);
    accepted.write(Uint8Array.of(7));
    accepted.close();
    await harness.until(() => near.isClosed);
    t.same(near.received, Uint8Array.of(7));
    t.equal(near.error, undefined);
    close();
  });

  test('abort ends the other side with an error', async (t, harness) => {
    const { accepted, near, far, close } = await connectPair(harness);
    accepted.abort();
    await harness.until(() => near.isClosed);
    t.match(near.error, /reset/);
    t.same(far.calls, []);
    close();
  });

  test('a refused connection closes with a sentence and was never connected', async (t, harness) => {
    const { address, transport } = harness;
    const listener = await transport.listen({ address, port: 0 }, () => undefined);
    listener.close();
    const recorder = new Recorder();
    transport.connect({ address, port: listener.port }).setHandler(recorder);
    await harness.until(() => recorder.isClosed);
    t.same(recorder.calls, ['close']);
    t.ok(recorder.error);
  });

  test('closing before the connection is up is silent', async (t, harness) => {
    const { address, transport } = harness;
    const listener = await transport.listen({ address, port: 0 }, (c) =>
      c.setHandler(new Recorder()),
    );
    const recorder = new Recorder();
    const connection = transport.connect({ address, port: listener.port });
    connection.setHandler(recorder);
    connection.close();
    const other = new Recorder();
    const second = transport.connect({ address, port: listener.port });
    second.setHandler(other);
    await harness.until(() => other.calls.includes('connected'));
    t.same(recorder.calls, []);
    second.abort();
    listener.close();
  });

  test('a port in use and a foreign address are CATBIRD_LISTEN_FAILED', async (t, harness) => {
    const { address, foreignAddress, transport } = harness;
    const listener = await transport.listen({ address, port: 0 }, () => undefined);
    const busy = transport.listen({ address, port: listener.port }, () => undefined);
    await t.rejects(busy, {
      code: 'CATBIRD_LISTEN_FAILED',
      message: new RegExp(`${listener.port}`),
    });
    const foreign = transport.listen({ address: foreignAddress, port: 0 }, () => undefined);
    await t.rejects(foreign, CatbirdError);
    listener.close();
  });
}
