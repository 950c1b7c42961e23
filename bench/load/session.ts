/** One BGP session of the generator: connects from its own address, keeps itself alive, hands out UPDATEs. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AFI_IPV4,
  MESSAGE_KEEPALIVE,
  MESSAGE_NOTIFICATION,
  MESSAGE_OPEN,
  MESSAGE_UPDATE,
  SAFI_UNICAST,
} from '../../src/bgp/wire/constants.ts';
import { Framer } from '../../src/bgp/wire/framer.ts';
import { KEEPALIVE } from '../../src/bgp/wire/header.ts';
import { encodeOpen } from '../../src/bgp/wire/open.ts';

const BGP_PORT = 179;
const HOLD_TIME_SEC = 240;
const KEEPALIVE_INTERVAL_MS = 20_000;
const RETRY_MS = 100;
/** Speakers with a short backlog drop connections; the kernel would ask again ever more rarely. */
const CONNECT_MS = 1000;
const ATTEMPTS = 300;

export interface SessionOptions {
  /** Dotted quad; also the router id. */
  readonly address: string;
  readonly asNumber: number;
  /** Where the speaker under test listens. */
  readonly remote: string;
  /** Takes a whole UPDATE `[at, end)`; borrowed. */
  readonly onUpdate: (bytes: Uint8Array, at: number, end: number) => void;
  /** The session ended although it was Established. */
  readonly onLost: (reason: string) => void;
}

export class Session {
  readonly address: string;
  readonly #options: SessionOptions;
  #socket: Socket | undefined;
  #isEstablished = false;
  #refusal = '';

  constructor(options: SessionOptions) {
    this.address = options.address;
    this.#options = options;
  }

  /** Settles once the speaker's OPEN and first KEEPALIVE have come; tries again when refused. */
  async establish(): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.#attempt()) return;
      await delay(RETRY_MS);
    }
    throw new Error(`${this.address} gets no session: ${this.#refusal}`);
  }

  /** Hands bytes to the socket; they must not change until they are sent. */
  send(bytes: Uint8Array): void {
    this.#socket!.write(bytes);
  }

  #attempt(): Promise<boolean> {
    const { remote, address } = this.#options;
    const socket = connect({ host: remote, port: BGP_PORT, localAddress: address });
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
      socket.on('data', (chunk) => void framer.push(chunk, onMessage));
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
      setInterval(() => socket.write(KEEPALIVE), KEEPALIVE_INTERVAL_MS).unref();
      onEstablished();
    }
  }

  #end(onRefused: () => void): void {
    if (this.#isEstablished) this.#options.onLost(this.#refusal || 'the connection was closed');
    else onRefused();
  }

  #open(): Uint8Array {
    const { address, asNumber } = this.#options;
    const routerId = address.split('.').reduce((id, octet) => id * 256 + Number(octet), 0);
    return encodeOpen({
      asNumber,
      holdTimeSec: HOLD_TIME_SEC,
      routerId,
      capabilities: [
        { kind: 'multiprotocol', afi: AFI_IPV4, safi: SAFI_UNICAST },
        { kind: 'route-refresh' },
        { kind: 'four-octet-as', asNumber },
      ],
    });
  }
}
