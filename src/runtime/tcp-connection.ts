/**
 * One TCP connection over node:net, dialled or accepted.
 *
 * The handler hears nothing after `close` or `abort`; what still arrives then is read and dropped,
 * because closing a socket with unread data makes the kernel send RST, and that can destroy a
 * NOTIFICATION which is still on its way.
 */
import type { Socket } from 'node:net';
import type { Address } from '../net/address.ts';
import { hostPrefix } from '../net/prefix.ts';
import { parseAddress } from '../net/text.ts';
import { descriptorOf, limitTtl, markRoutingTraffic, setMd5Key } from './socket-options.ts';
import type { Connection, ConnectionHandler } from './transport.ts';
import type { TurnBudget } from './turn-budget.ts';

/** Octets a socket buffers for us before `write` answers false. */
export const HIGH_WATER_BYTES = 512 * 1024;

/** Octets handed over between two looks at the clock: a millisecond of work, much more at the start. */
const SLICE_BYTES = 16 * 1024;

/** How long a closed connection may take to get rid of what it still has to send. */
const LINGER_MS = 10_000;

/** Where a connection leads; the socket forgets it once closed. */
export interface RemoteEnd {
  readonly address: Address;
  readonly port: number;
  readonly interface?: string | undefined;
}

/** What a turn of the event loop has time for, over all connections. */
export interface Turns {
  readonly input: TurnBudget;
  readonly output: TurnBudget;
}

/** A live connection; `describeError` turns a system error into a sentence. */
export class TcpConnection implements Connection {
  readonly remoteAddress: Address;
  readonly remotePort: number;
  readonly remoteInterface: string | undefined;
  readonly #socket: Socket;
  readonly #describeError: (error: Error) => string;
  #handler: ConnectionHandler | undefined;
  #error: string | undefined;
  #isReleased = false;
  readonly #turns: Turns;
  /** The owner wants no input. */
  #isPaused = false;
  /** Input goes on in the next turn. */
  #isWaiting = false;
  #isCorked = false;
  /** What was written leaves in the next turn. */
  #isHeldBack = false;

  constructor(
    socket: Socket,
    remote: RemoteEnd,
    turns: Turns,
    describeError: (error: Error) => string,
  ) {
    this.#socket = socket;
    this.#turns = turns;
    this.#describeError = describeError;
    this.remoteAddress = remote.address;
    this.remotePort = remote.port;
    this.remoteInterface = remote.interface;
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#closed());
  }

  get localAddress(): Address | undefined {
    return addressOf(this.#socket.localAddress);
  }

  get localPort(): number {
    return this.#socket.localPort ?? 0;
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  get hasUnreadInput(): boolean {
    return this.#socket.readableLength > 0;
  }

  /** Must be called in the turn the connection was made: events before it are lost. */
  setHandler(handler: ConnectionHandler): void {
    this.#handler = handler;
    if (this.#socket.connecting) this.#socket.once('connect', () => this.#connected());
    else markRoutingTraffic(descriptorOf(this.#socket), this.remoteAddress);
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('drain', () => this.#handler?.onDrain());
    if (!this.#isPaused) this.#socket.resume();
  }

  limitTtl(ttl: number, minimumTtl: number): string | undefined {
    return limitTtl(descriptorOf(this.#socket), this.remoteAddress, ttl, minimumTtl);
  }

  setPassword(password: string | undefined): string | undefined {
    const remote = hostPrefix(this.remoteAddress);
    return setMd5Key(descriptorOf(this.#socket), remote, password ?? '');
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  cork(): void {
    this.#isCorked = true;
    if (!this.#isHeldBack) this.#socket.cork();
  }

  uncork(): void {
    this.#isCorked = false;
    if (!this.#isHeldBack) this.#flush();
  }

  pause(): void {
    this.#isPaused = true;
    this.#socket.pause();
  }

  resume(): void {
    this.#isPaused = false;
    if (!this.#isWaiting) this.#socket.resume();
  }

  close(): void {
    if (this.#isReleased) return;
    if (this.#socket.connecting) {
      this.abort();
      return;
    }
    this.#release();
    const linger = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(linger));
    this.#socket.resume();
    this.#socket.end();
  }

  abort(): void {
    if (this.#isReleased) return;
    this.#release();
    // Node would let a connecting socket wait for its answer before it resets it.
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  /** Hands over a chunk in slices, as long as input has time in this turn. */
  #take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length && this.#handler; at += SLICE_BYTES) {
      if (!this.#turns.input.hasTime()) {
        this.#putBack(chunk.subarray(at));
        return;
      }
      const isWhole = chunk.length <= SLICE_BYTES;
      this.#handler.onData(isWhole ? chunk : chunk.subarray(at, at + SLICE_BYTES));
    }
  }

  /** What is written while it is held back leaves with it. */
  #flush(): void {
    const { output } = this.#turns;
    this.#isHeldBack = !output.hasTime();
    if (this.#isHeldBack) {
      output.wait(() => this.#flush());
      return;
    }
    this.#socket.uncork();
    if (this.#isCorked) this.#socket.cork();
  }

  #putBack(rest: Buffer): void {
    this.#socket.pause();
    this.#socket.unshift(rest);
    this.#isWaiting = true;
    this.#turns.input.wait(() => {
      this.#isWaiting = false;
      if (!this.#isPaused) this.#socket.resume();
    });
  }

  #release(): void {
    this.#isReleased = true;
    this.#handler = undefined;
  }

  #connected(): void {
    markRoutingTraffic(descriptorOf(this.#socket), this.remoteAddress);
    this.#handler?.onConnected();
  }

  #failed(error: Error): void {
    this.#error = this.#describeError(error);
  }

  #closed(): void {
    const handler = this.#handler;
    this.#release();
    handler?.onClose(this.#error);
  }
}

/** Octets of a textual socket address; a zone (`%eth0`) is dropped. */
export function addressOf(text: string | undefined): Address | undefined {
  return text === undefined ? undefined : parseAddress(text.split('%', 1)[0]!);
}
