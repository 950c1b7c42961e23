/**
 * A minimal BGP speaker that feeds recorded UPDATEs into a session as fast as the peer takes them.
 *
 * It opens the connection, answers the peer's OPEN, sends the messages and then End-of-RIB, keeps the
 * session alive and reads along without looking at routes. It shares no code with Catbird on purpose:
 * a fault in our codec must not hide itself here.
 */
import { connect, type Socket } from 'node:net';

export interface FeederOptions {
  readonly peerAddress: string;
  readonly asNumber: number;
  /** Dotted quad. */
  readonly routerId: string;
  readonly updates: readonly Buffer[];
}

export interface Feed {
  /** When the first UPDATE was handed to the socket, and when the last one was (ms since the epoch). */
  readonly startedAt: number;
  readonly endedAt: number;
}

const OPEN = 1;
const NOTIFICATION = 3;
const KEEPALIVE = Buffer.concat([Buffer.alloc(16, 0xff), Buffer.of(0, 19, 4)]);
const END_OF_RIB = Buffer.concat([Buffer.alloc(16, 0xff), Buffer.of(0, 23, 2, 0, 0, 0, 0)]);
const KEEPALIVE_INTERVAL_MS = 20_000;
const CHUNK_BYTES = 256 * 1024;

/**
 * Opens the session and sends everything; the session stays up until the process ends.
 *
 * @throws Error when the peer refuses, closes or sends a NOTIFICATION before all is sent
 */
export async function feed(options: FeederOptions): Promise<Feed> {
  const socket = connect(179, options.peerAddress);
  socket.setNoDelay(true);
  const lost = new Promise<never>((_, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the peer closed the connection')));
  });
  await Promise.race([openSession(socket, options, lost), lost]);
  setInterval(() => socket.write(KEEPALIVE), KEEPALIVE_INTERVAL_MS);
  return Promise.race([sendAll(socket, options.updates), lost]);
}

/** Exchanges OPEN and KEEPALIVE; settles once the peer's OPEN has come. */
async function openSession(
  socket: Socket,
  { asNumber, routerId }: FeederOptions,
  lost: Promise<never>,
): Promise<void> {
  const reader = new MessageReader(socket);
  socket.on('connect', () => socket.write(openMessage(asNumber, routerId)));
  await Promise.race([reader.opened, lost]);
  socket.write(KEEPALIVE);
}

/** Hold time 240 s; IPv4 and IPv6 unicast and four-octet AS numbers (RFC 4760, RFC 6793). */
function openMessage(asNumber: number, routerId: string): Buffer {
  const open = Buffer.alloc(51, 0xff);
  open.writeUInt16BE(open.length, 16);
  open[18] = OPEN;
  open[19] = 4;
  open.writeUInt16BE(asNumber > 0xffff ? 23456 : asNumber, 20);
  open.writeUInt16BE(240, 22);
  open.set(routerId.split('.').map(Number), 24);
  open.set([22, 2, 20, 1, 4, 0, 1, 0, 1, 1, 4, 0, 2, 0, 1, 65, 4], 28);
  open.writeUInt32BE(asNumber, 45);
  open.set([2, 0], 49); // route refresh
  return open;
}

/** Finds message bounds; knows OPEN and NOTIFICATION, passes over the rest. */
class MessageReader {
  readonly opened: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);
  #onOpen: () => void = () => undefined;

  constructor(socket: Socket) {
    this.opened = new Promise((resolve) => {
      this.#onOpen = resolve;
    });
    socket.on('data', (chunk: Buffer) => {
      this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
      while (this.#next(socket)) {}
    });
  }

  #next(socket: Socket): boolean {
    if (this.#rest.length < 19) return false;
    const size = this.#rest.readUInt16BE(16);
    if (this.#rest.length < size) return false;
    const type = this.#rest[18];
    if (type === OPEN) this.#onOpen();
    if (type === NOTIFICATION) {
      socket.destroy(new Error(`NOTIFICATION ${this.#rest[19]}/${this.#rest[20]} from the peer`));
    }
    this.#rest = this.#rest.subarray(size);
    return true;
  }
}

async function sendAll(socket: Socket, updates: readonly Buffer[]): Promise<Feed> {
  const startedAt = Date.now();
  for (const chunk of chunks(updates)) {
    if (!socket.write(chunk)) await new Promise((resolve) => socket.once('drain', resolve));
  }
  await new Promise((resolve) => socket.write(END_OF_RIB, resolve));
  return { startedAt, endedAt: Date.now() };
}

/** Joins messages to writes of a few hundred KiB. */
function* chunks(updates: readonly Buffer[]): Generator<Buffer> {
  let batch: Buffer[] = [];
  let size = 0;
  for (const update of updates) {
    batch.push(update);
    size += update.length;
    if (size < CHUNK_BYTES) continue;
    yield Buffer.concat(batch);
    batch = [];
    size = 0;
  }
  if (size > 0) yield Buffer.concat(batch);
}
