/** A neighbour in the rehearsal: opens a session in memory and announces, changes and withdraws a few blocks. */
import { AFI_IPV4, HEADER_SIZE, MESSAGE_UPDATE, SAFI_UNICAST } from '../bgp/wire/constants.ts';
import { KEEPALIVE, writeHeader } from '../bgp/wire/header.ts';
import { encodeOpen } from '../bgp/wire/open.ts';
import type { Address } from '../net/address.ts';
import type { Connection, ConnectionHandler } from '../runtime/transport.ts';

const HOLD_TIME_SEC = 90;
const BITS = 26;

/** The peer's end, and ours: what the daemon writes goes nowhere. */
export class RehearsalPeer implements Connection {
  readonly localAddress: Address;
  readonly localPort = 179;
  readonly remoteAddress: Address;
  readonly remotePort = 1024;
  readonly remoteInterface = undefined;
  readonly bufferedBytes = 0;
  readonly hasUnreadInput = false;
  #handler: ConnectionHandler | undefined;

  constructor(localAddress: Address, remoteAddress: Address) {
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
  }

  /** OPEN, and the KEEPALIVE that makes the session Established. */
  open(asNumber: number): void {
    const [a, b, c, d] = this.remoteAddress as unknown as [number, number, number, number];
    const open = encodeOpen({
      asNumber,
      holdTimeSec: HOLD_TIME_SEC,
      routerId: ((a << 24) | (b << 16) | (c << 8) | d) >>> 0,
      capabilities: [
        { kind: 'multiprotocol', afi: AFI_IPV4, safi: SAFI_UNICAST },
        { kind: 'four-octet-as', asNumber },
      ],
    });
    this.#say(open);
    this.#say(KEEPALIVE);
  }

  /** Announces `count` blocks in one message, those of `block` on; `localPref` makes the set another. */
  announce(block: number, count: number, localPref: number): void {
    const attributes = [
      [0x40, 1, 1, 0], // ORIGIN IGP
      [0x40, 2, 0], // AS_PATH, empty
      [0x40, 3, 4, ...this.remoteAddress],
      [0x40, 5, 4, 0, 0, localPref >> 8, localPref & 255],
    ].flat();
    this.#update([0, 0, 0, attributes.length, ...attributes, ...blocks(block, count)]);
  }

  withdraw(block: number, count: number): void {
    const gone = blocks(block, count);
    this.#update([gone.length >> 8, gone.length & 255, ...gone, 0, 0]);
  }

  #update(body: readonly number[]): void {
    const message = new Uint8Array(HEADER_SIZE + body.length);
    writeHeader(message, 0, message.length, MESSAGE_UPDATE);
    message.set(body, HEADER_SIZE);
    this.#say(message);
  }

  #say(message: Uint8Array): void {
    this.#handler?.onData(message.slice());
  }

  setHandler(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  limitTtl(): undefined {}
  setPassword(): undefined {}

  write(): boolean {
    return true;
  }

  cork(): void {}
  uncork(): void {}
  pause(): void {}
  resume(): void {}

  close(): void {
    this.#handler = undefined;
  }

  abort(): void {
    this.#handler = undefined;
  }
}

/** NLRI of blocks out of 198.18.0.0/15, which is for benchmarks (RFC 2544). */
function blocks(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i).flatMap((block) => [
    BITS,
    198,
    18 + ((block >> 10) & 1),
    (block >> 2) & 255,
    (block & 3) << 6,
  ]);
}
