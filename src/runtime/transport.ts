/**
 * TCP as a port. `tcp-transport.ts` is the live one over node:net; tests use MemoryTransport.
 *
 * A Connection delivers to exactly one handler, and never from inside a call the owner makes. After
 * `onClose`, and after the owner called `close` or `abort`, nothing is delivered any more.
 */
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';

export interface PeerEndpoint {
  readonly address: Address;
  readonly port: number;
  /** Source address, or undefined for the kernel's choice. */
  readonly sourceAddress?: Address;
  /** Time to live of sent packets; 64 unless GTSM asks for 255 (RFC 5082). */
  readonly ttl?: number;
  /** GTSM: drop received packets under this TTL. */
  readonly minimumTtl?: number;
  /** TCP-MD5 key (RFC 2385). */
  readonly password?: string;
  /** Interface for link-local addresses. */
  readonly interface?: string;
}

export interface LocalEndpoint {
  readonly address: Address;
  /** 0: the system picks one; see Listener.port. */
  readonly port: number;
}

export interface ConnectionHandler {
  /** Called once when a dialled connection is up. Never for accepted ones, which are up already. */
  onConnected(): void;
  /** `chunk` is owned by the handler. */
  onData(chunk: Uint8Array): void;
  /** The socket has room again after `write` answered false. */
  onDrain(): void;
  /** Once; `error` is a sentence when it was not an orderly close. */
  onClose(error: string | undefined): void;
}

export interface Connection {
  readonly localAddress: Address | undefined;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
  /** The interface of a link-local remote address; undefined for all others. */
  readonly remoteInterface: string | undefined;
  /** Octets accepted by `write` but not yet by the kernel. */
  readonly bufferedBytes: number;
  /** Something has come that the handler was not given yet: it waits for a later turn. */
  readonly hasUnreadInput: boolean;
  setHandler(handler: ConnectionHandler): void;
  /**
   * GTSM on an accepted connection (RFC 5082): sends with `ttl`, drops packets that arrive with less
   * than `minimumTtl`.
   *
   * @returns a sentence when the system cannot; the connection must then not be used
   */
  limitTtl(ttl: number, minimumTtl: number): string | undefined;
  /**
   * Signs with another TCP-MD5 key from now on, or with none, and demands the same of what arrives
   * (RFC 2385). What the peer signs otherwise is lost, and sent again until both ends agree.
   *
   * @returns a sentence when the system cannot
   */
  setPassword(password: string | undefined): string | undefined;
  /** @returns false when the caller should wait for onDrain; the bytes are taken in any case and must not change. */
  write(bytes: Uint8Array): boolean;
  /** Collects the writes between cork and uncork into one system call. */
  cork(): void;
  uncork(): void;
  pause(): void;
  resume(): void;
  /** Sends what is buffered, then FIN; destroyed after a linger of at most 10 s. */
  close(): void;
  /** RST at once. */
  abort(): void;
}

export interface Listener {
  readonly port: number;
  /**
   * From now on only connections signed with this TCP-MD5 key are accepted from `remote` (RFC 2385);
   * undefined takes the key away. Of several the one for the longest prefix counts. Connections that came
   * in before, and were not handed over yet, are closed: nobody had asked them for it.
   *
   * @returns a sentence when the system cannot
   */
  setPassword(remote: Prefix, password: string | undefined): string | undefined;
  close(): void;
}

export interface Transport {
  connect(to: PeerEndpoint): Connection;
  /** @throws CatbirdError CATBIRD_LISTEN_FAILED naming address, port and cause (busy, no permission) */
  listen(on: LocalEndpoint, accept: (connection: Connection) => void): Promise<Listener>;
}
