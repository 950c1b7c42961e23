/** One BGP session of the generator: connects from its own address, keeps itself alive, hands out UPDATEs. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AFI_IPV4,
  AFI_IPV6,
  CEASE,
  CEASE_ADMINISTRATIVE_RESET,
  MESSAGE_KEEPALIVE,
  MESSAGE_NOTIFICATION,
  MESSAGE_OPEN,
  MESSAGE_UPDATE,
  SAFI_UNICAST,
} from '../../src/bgp/wire/constants.ts';
import { Framer } from '../../src/bgp/wire/framer.ts';
import { KEEPALIVE } from '../../src/bgp/wire/header.ts';
import { encodeNotification } from '../../src/bgp/wire/notification.ts';
import { encodeOpen } from '../../src/bgp/wire/open.ts';
import { parseAddress } from '../../src/net/text.ts';
import type { Neighbor, Role } from '../programs/program.ts';

const BGP_PORT = 179;
const KEEPALIVES_PER_HOLD_TIME = 3;
/** Add-Path mode (RFC 7911 §4): able to receive. */
const ADD_PATH_RECEIVE = 1;
const RETRY_MS = 100;
/** Speakers with a short backlog drop connections; the kernel would ask again ever more rarely. */
const CONNECT_MS = 1000;
const ATTEMPTS = 300;

export interface SessionOptions {
  /** Who it is; its address is where it dials from. */
  readonly self: Neighbor;
  /** The speaker under test. */
  readonly role: Role;
  /** Takes a whole UPDATE `[at, end)`; borrowed. */
  readonly onUpdate: (bytes: Uint8Array, at: number, end: number) => void;
  /** The session ended although it was Established. */
  readonly onLost: (reason: string) => void;
}

export class Session {
  readonly #options: SessionOptions;
  #socket: Socket | undefined;
  #keepalives: NodeJS.Timeout | undefined;
  #reading: NodeJS.Timeout | undefined;
  #throttle: () => void = () => undefined;
  #isEstablished = false;
  #isClosing = false;
  #heardAt = 0;
  #longestSilenceMs = 0;
  #refusal = '';

  constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** Settles once the speaker's OPEN and first KEEPALIVE have come; tries again when refused. */
  async establish(): Promise<void> {
    this.#isClosing = false;
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.#attempt()) return;
      await delay(RETRY_MS);
    }
    throw new Error(`${this.#options.self.address} gets no session: ${this.#refusal}`);
  }

  /** Hands bytes to the socket; they must not change until they are sent. */
  send(bytes: Uint8Array): void {
    this.#socket!.write(bytes);
  }

  /** Ends it with Cease/4: who sent it comes back at once (RFC 4486 §4). */
  close(): void {
    this.#isClosing = true;
    this.#isEstablished = false;
    const data = new Uint8Array(0);
    const reset = encodeNotification({ code: CEASE, subcode: CEASE_ADMINISTRATIVE_RESET, data });
    this.#socket!.end(reset);
  }

  /**
   * Reads that much per second from now on, nothing at 0; the kernel's buffers fill up. Pieces come as the
   * kernel has them: a large one is paid off before the next is read.
   */
  readSlowly(octetsPerSec: number): void {
    const socket = this.#socket!;
    let allowed = socket.bytesRead;
    this.#throttle = () => void (socket.bytesRead >= allowed && socket.pause());
    socket.on('data', this.#throttle);
    socket.pause();
    if (octetsPerSec === 0) return;
    this.#reading = setInterval(() => {
      allowed += octetsPerSec;
      if (socket.bytesRead < allowed) socket.resume();
    }, 1000).unref();
  }

  /** Reads all there is again. */
  readFreely(): void {
    clearInterval(this.#reading);
    this.#socket!.off('data', this.#throttle);
    this.#socket!.resume();
  }

  /** Sends no KEEPALIVE any more, as if whoever it is were gone. */
  fallSilent(): void {
    clearInterval(this.#keepalives);
  }

  /** Measures anew how long the speaker says nothing. */
  watchSilence(): void {
    this.#heardAt = performance.now();
    this.#longestSilenceMs = 0;
  }

  /** How much longer than a KEEPALIVE interval it said nothing since then. */
  latenessMs(): number {
    this.#hear();
    return Math.max(0, this.#longestSilenceMs - this.#keepaliveIntervalMs);
  }

  get #keepaliveIntervalMs(): number {
    return (this.#options.role.holdTimeSec * 1000) / KEEPALIVES_PER_HOLD_TIME;
  }

  #hear(): void {
    const now = performance.now();
    this.#longestSilenceMs = Math.max(this.#longestSilenceMs, now - this.#heardAt);
    this.#heardAt = now;
  }

  #attempt(): Promise<boolean> {
    const { role, self } = this.#options;
    const host = role.address;
    const socket = connect({ host, port: BGP_PORT, localAddress: self.address });
    this.#socket = socket;
    socket.setNoDelay(true);
    const patience = setTimeout(() => socket.destroy(), CONNECT_MS);
    socket.on('connect', () => {
      clearTimeout(patience);
      socket.write(this.#open());
    });
    return new Promise((resolve) => {
      const framer = new Framer();
      const onMessage = (bytes: Uint8Array, at: number, end: number, type: number): boolean => {
        this.#take(socket, bytes, at, end, type, () => resolve(true));
        return true;
      };
      socket.on('data', (chunk) => {
        this.#hear();
        framer.push(chunk, onMessage);
      });
      socket.on('error', (error) => {
        this.#refusal = error.message;
      });
      socket.on('close', () => {
        clearTimeout(patience);
        this.#end(() => resolve(false));
      });
    });
  }

  #take(
    socket: Socket,
    bytes: Uint8Array,
    at: number,
    end: number,
    type: number,
    onEstablished: () => void,
  ): void {
    if (type === MESSAGE_UPDATE) this.#options.onUpdate(bytes, at, end);
    else if (type === MESSAGE_OPEN) socket.write(KEEPALIVE);
    else if (type === MESSAGE_NOTIFICATION) {
      this.#refusal = `NOTIFICATION ${bytes[at + 19]}/${bytes[at + 20]}`;
    } else if (type === MESSAGE_KEEPALIVE && !this.#isEstablished) {
      this.#isEstablished = true;
      const send = () => socket.write(KEEPALIVE);
      this.#keepalives = setInterval(send, this.#keepaliveIntervalMs).unref();
      onEstablished();
    }
  }

  #end(onRefused: () => void): void {
    clearInterval(this.#keepalives);
    clearInterval(this.#reading);
    if (this.#isClosing) return;
    if (this.#isEstablished) this.#options.onLost(this.#refusal || 'the connection was closed');
    else onRefused();
  }

  #open(): Uint8Array {
    const { self, role } = this.#options;
    const { asNumber } = self;
    const routerId = parseAddress(self.routerId)!.reduce((id, octet) => id * 256 + octet, 0);
    const afi = role.family === 'ipv4-unicast' ? AFI_IPV4 : AFI_IPV6;
    const family = { afi, safi: SAFI_UNICAST };
    return encodeOpen({
      asNumber,
      holdTimeSec: role.holdTimeSec,
      routerId,
      capabilities: [
        { kind: 'multiprotocol', ...family },
        { kind: 'route-refresh' },
        { kind: 'four-octet-as', asNumber },
        ...(role.addPath
          ? ([{ kind: 'add-path', families: [{ ...family, mode: ADD_PATH_RECEIVE }] }] as const)
          : []),
      ],
    });
  }
}
