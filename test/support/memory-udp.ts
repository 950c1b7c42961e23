/**
 * UDP in memory: hosts on one segment, delivery after a fixed delay by a clock, with switches to cut the
 * wire, to change the TTL on the way and to refuse sockets.
 */

import type { Address } from '../../src/net/address.ts';
import { isUnspecified } from '../../src/net/address.ts';
import { formatAddress } from '../../src/net/text.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { DatagramHandler, UdpEndpoint, UdpTransport } from '../../src/runtime/udp.ts';

interface Opened extends UdpEndpoint {
  readonly host: Address;
  readonly receive: DatagramHandler;
}

const DELAY_MS = 1;

export class MemoryUdp {
  isCut = false;
  /** Routers between any two hosts. */
  hops = 0;
  /** Every `open` fails while set. */
  isRefusing = false;
  /** Datagrams handed to the wire, with their source port. */
  readonly sent: { readonly bytes: Uint8Array; readonly sourcePort: number }[] = [];
  readonly #clock: Clock;
  readonly #open = new Set<Opened>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get openSockets(): number {
    return this.#open.size;
  }

  /** The transport of the host with this address. */
  host(address: Address): UdpTransport {
    return {
      open: async (on, receive) => {
        if (this.isRefusing || this.#isTaken(address, on.port)) throw new Error('refused');
        const opened = { ...on, host: address, receive };
        this.#open.add(opened);
        return {
          send: (bytes, to, port) => this.#send(opened, bytes, to.address, port),
          close: () => void this.#open.delete(opened),
        };
      },
    };
  }

  #isTaken(host: Address, port: number): boolean {
    return [...this.#open].some((other) => isAt(other, host) && other.port === port);
  }

  #send(from: Opened, bytes: Uint8Array, to: Address, port: number): void {
    this.sent.push({ bytes, sourcePort: from.port });
    if (this.isCut) return;
    const source = isUnspecified(from.address) ? from.host : from.address;
    const ttl = from.ttl - this.hops;
    this.#clock.setTimer(DELAY_MS, () => {
      for (const socket of this.#open) {
        if (!isAt(socket, to) || socket.port !== port || ttl < (socket.minimumTtl ?? 0)) continue;
        socket.receive(bytes, { address: source, interface: undefined });
      }
    });
  }
}

function isAt({ host }: Opened, address: Address): boolean {
  return formatAddress(host) === formatAddress(address);
}
