/**
 * UDP as a port. `udp-transport.ts` is the live one over node:dgram; tests use MemoryUdp.
 *
 * Datagrams get lost: sending never fails towards the caller, it counts.
 */
import type { Address } from '../net/address.ts';

export interface UdpEndpoint {
  readonly address: Address;
  readonly port: number;
  /** Time to live of sent datagrams. */
  readonly ttl: number;
  /** GTSM (RFC 5082): datagrams that arrive with less are dropped before anyone sees them. */
  readonly minimumTtl?: number;
}

export interface UdpSource {
  readonly address: Address;
  /** The interface it came in on; only with link-local addresses. */
  readonly interface: string | undefined;
}

/** `bytes` is borrowed for the call. */
export type DatagramHandler = (bytes: Uint8Array, from: UdpSource) => void;

export interface UdpSocket {
  /** Best effort; `bytes` must not change afterwards. `to.interface` goes with link-local addresses. */
  send(bytes: Uint8Array, to: UdpSource, port: number): void;
  /** Idempotent; nothing is delivered any more. */
  close(): void;
}

export interface UdpTransport {
  /** @throws CatbirdError CATBIRD_UDP_FAILED naming address, port and cause */
  open(on: UdpEndpoint, receive: DatagramHandler): Promise<UdpSocket>;
}
