/**
 * A TCP network inside one process, on a FakeClock: whole daemons talk without a socket and without
 * waiting. Faults are the test's to order: refusal, cut lines, crashes, stalls, odd chunking.
 *
 * Like TCP it keeps order, loses nothing while a connection lives, and pushes back: octets stay with
 * the sender while the receiver is paused or the line is cut.
 */
import { type Address, isLinkLocal, isUnspecified, sameAddress } from '../../src/net/address.ts';
import { CatbirdError } from '../../src/net/error.ts';
import { containsAddress, type Prefix } from '../../src/net/prefix.ts';
import { formatAddress, formatPrefix } from '../../src/net/text.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type {
  Connection,
  ConnectionHandler,
  Listener,
  LocalEndpoint,
  PeerEndpoint,
  Transport,
} from '../../src/runtime/transport.ts';

interface Listening {
  /** TCP-MD5 keys by prefix text. */
  readonly passwords: Map<string, { readonly remote: Prefix; readonly password: string }>;
  readonly on: LocalEndpoint;
  readonly host: MemoryTransport;
  readonly accept: (connection: Connection) => void;
}

/** The wire between hosts. Settings may change at any time. */
export class MemoryNetwork {
  readonly clock: Clock;
  /** One way. */
  delayMs = 1;
  /** Size of the pieces data arrives in; infinite: as written. */
  chunkBytes = Number.POSITIVE_INFINITY;
  /** Buffered octets from which on `write` answers false. */
  highWaterBytes = 64 * 1024;
  readonly #listening = new Set<Listening>();
  readonly #cut = new Set<string>();
  readonly #hosts: MemoryTransport[] = [];
  #nextPort = 40_000;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** A host that owns these addresses; the first of a family is the default source. */
  host(...addresses: Address[]): MemoryTransport {
    const host = new MemoryTransport(this, addresses);
    this.#hosts.push(host);
    return host;
  }

  /** Nothing passes to or from the address until `heal`; both ends keep their connections. */
  cut(address: Address): void {
    this.#cut.add(formatAddress(address));
  }

  heal(address: Address): void {
    this.#cut.delete(formatAddress(address));
    for (const host of this.#hosts) host.flushAll();
  }

  isCut(a: Address, b: Address): boolean {
    return this.#cut.has(formatAddress(a)) || this.#cut.has(formatAddress(b));
  }

  add(listening: Listening): void {
    for (const other of this.#listening) {
      const isSame = other.on.port === listening.on.port && other.host === listening.host;
      if (isSame && sameAddress(other.on.address, listening.on.address)) {
        const where = `${formatAddress(listening.on.address)} port ${listening.on.port}`;
        throw new CatbirdError('CATBIRD_LISTEN_FAILED', `cannot listen on ${where}: it is in use`);
      }
    }
    this.#listening.add(listening);
  }

  remove(listening: Listening): void {
    this.#listening.delete(listening);
  }

  /** Who answers at this address and port. */
  find(address: Address, port: number): Listening | undefined {
    for (const listening of this.#listening) {
      const { on, host } = listening;
      const isWildcard = isUnspecified(on.address) && on.address.length === address.length;
      if (
        on.port === port &&
        (isWildcard || sameAddress(on.address, address)) &&
        host.owns(address)
      )
        return listening;
    }
    return undefined;
  }

  takePort(): number {
    return this.#nextPort++;
  }
}

/** One host of a {@link MemoryNetwork}. */
export class MemoryTransport implements Transport {
  readonly network: MemoryNetwork;
  readonly #addresses: readonly Address[];
  readonly #connections = new Set<MemoryConnection>();
  readonly #listeners = new Set<Listener>();

  constructor(network: MemoryNetwork, addresses: readonly Address[]) {
    this.network = network;
    this.#addresses = addresses;
  }

  /** Every connection of this host that is not closed. */
  get connections(): readonly MemoryConnection[] {
    return [...this.#connections];
  }

  owns(address: Address): boolean {
    return this.#addresses.some((own) => sameAddress(own, address));
  }

  connect(to: PeerEndpoint): Connection {
    const source = to.sourceAddress ?? this.#addresses.find((a) => a.length === to.address.length);
    const local = source ?? new Uint8Array(to.address.length);
    const connection = this.#open(local, this.network.takePort(), to.address, to.port);
    this.network.clock.setTimer(this.network.delayMs, () => this.#arrive(connection, to.password));
    return connection;
  }

  listen(on: LocalEndpoint, accept: (connection: Connection) => void): Promise<Listener> {
    const port = on.port === 0 ? this.network.takePort() : on.port;
    const passwords: Listening['passwords'] = new Map();
    const listening = { on: { ...on, port }, host: this, accept, passwords };
    const isOwn = isUnspecified(on.address) || this.owns(on.address);
    if (!isOwn) {
      const where = `${formatAddress(on.address)} port ${port}`;
      const message = `cannot listen on ${where}: this host has no such address`;
      return Promise.reject(new CatbirdError('CATBIRD_LISTEN_FAILED', message));
    }
    try {
      this.network.add(listening);
    } catch (error) {
      return Promise.reject(error);
    }
    const setPassword = (remote: Prefix, password: string | undefined) => {
      if (password === undefined) passwords.delete(formatPrefix(remote));
      else passwords.set(formatPrefix(remote), { remote, password });
      return undefined;
    };
    const listener = { port, setPassword, close: () => this.network.remove(listening) };
    this.#listeners.add(listener);
    return Promise.resolve(listener);
  }

  /** The process dies: sockets are reset, listeners gone. */
  kill(): void {
    for (const connection of this.connections) connection.abort();
    for (const listener of this.#listeners) listener.close();
  }

  /** The machine loses power: connections are forgotten without a word to the other side. */
  crash(): void {
    for (const connection of this.connections) connection.forget();
    for (const listener of this.#listeners) listener.close();
  }

  flushAll(): void {
    for (const connection of this.#connections) connection.scheduleFlush();
  }

  drop(connection: MemoryConnection): void {
    this.#connections.delete(connection);
  }

  /** A wrong or missing key is as if the packet never came. */
  #arrive(dialled: MemoryConnection, password: string | undefined): void {
    if (dialled.isDead || this.network.isCut(dialled.localAddress, dialled.remoteAddress)) return;
    const target = this.network.find(dialled.remoteAddress, dialled.remotePort);
    if (!target) {
      dialled.died('connection refused');
      return;
    }
    if (demandedKey(target, dialled.localAddress) !== password) return;
    const accepted = target.host.#open(
      dialled.remoteAddress,
      dialled.remotePort,
      dialled.localAddress,
      dialled.localPort,
    );
    accepted.password = password;
    dialled.password = password;
    accepted.joined(dialled, true);
    dialled.joined(accepted, false);
    // Set before the other side can write: nothing arrives ahead of onConnected.
    this.network.clock.setTimer(this.network.delayMs, () => dialled.connected());
    target.accept(accepted);
  }

  #open(local: Address, localPort: number, remote: Address, remotePort: number): MemoryConnection {
    const connection = new MemoryConnection(this, { local, localPort, remote, remotePort });
    this.#connections.add(connection);
    return connection;
  }
}

interface Ends {
  readonly local: Address;
  readonly localPort: number;
  readonly remote: Address;
  readonly remotePort: number;
}

/** One end of a connection. */
export class MemoryConnection implements Connection {
  readonly localAddress: Address;
  readonly localPort: number;
  readonly remoteAddress: Address;
  readonly remotePort: number;
  readonly remoteInterface: string | undefined;
  isDead = false;
  bufferedBytes = 0;
  hasUnreadInput = false;
  /** Number of deliveries to the network: what would be system calls. */
  flushes = 0;
  readonly #host: MemoryTransport;
  #peer: MemoryConnection | undefined;
  #handler: ConnectionHandler | undefined;
  #outbox: Uint8Array[] = [];
  #corks = 0;
  #isPaused = false;
  #isConnected = false;
  #isClosing = false;
  #wantsDrain = false;
  #isFlushScheduled = false;
  /** What the two ends sign otherwise waits, as TCP would send it again. */
  password: string | undefined;

  constructor(host: MemoryTransport, ends: Ends) {
    this.#host = host;
    this.localAddress = ends.local;
    this.localPort = ends.localPort;
    this.remoteAddress = ends.remote;
    this.remotePort = ends.remotePort;
    this.remoteInterface = isLinkLocal(ends.remote) ? 'eth0' : undefined;
  }

  setHandler(handler: ConnectionHandler): void {
    this.#handler = handler;
  }

  limitTtl(): string | undefined {
    return undefined;
  }

  setPassword(password: string | undefined): string | undefined {
    this.password = password;
    for (const end of [this, this.#peer]) end?.scheduleFlush();
    return this.isDead ? 'the connection is closed' : undefined;
  }

  write(bytes: Uint8Array): boolean {
    if (this.isDead || this.#isClosing) return false;
    this.#outbox.push(bytes);
    this.bufferedBytes += bytes.length;
    this.scheduleFlush();
    const hasRoom = this.bufferedBytes < this.#host.network.highWaterBytes;
    if (!hasRoom) this.#wantsDrain = true;
    return hasRoom;
  }

  cork(): void {
    this.#corks++;
  }

  uncork(): void {
    this.#corks--;
    this.scheduleFlush();
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#peer?.scheduleFlush();
  }

  close(): void {
    if (this.isDead || this.#isClosing) return;
    this.#handler = undefined;
    this.#isClosing = true;
    if (this.#isConnected) this.scheduleFlush();
    else this.abort();
  }

  abort(): void {
    if (this.isDead) return;
    const peer = this.#peer;
    this.forget();
    this.#host.network.clock.setTimer(this.#host.network.delayMs, () => {
      if (!this.#isCut()) peer?.died('the peer reset the connection');
    });
  }

  /** Ends here, silently on both sides. */
  forget(): void {
    this.isDead = true;
    this.#handler = undefined;
    this.#outbox = [];
    this.bufferedBytes = 0;
    this.#host.drop(this);
  }

  /** The other side is gone. */
  died(error: string | undefined): void {
    if (this.isDead) return;
    const handler = this.#handler;
    this.forget();
    handler?.onClose(error);
  }

  /** An accepted connection is up at once, a dialled one with `connected`. */
  joined(peer: MemoryConnection, isConnected: boolean): void {
    this.#peer = peer;
    this.#isConnected = isConnected;
  }

  connected(): void {
    if (this.isDead) return;
    this.#isConnected = true;
    this.#handler?.onConnected();
    this.scheduleFlush();
  }

  scheduleFlush(): void {
    if (this.#isFlushScheduled || this.#corks > 0 || !this.#peer) return;
    this.#isFlushScheduled = true;
    this.#host.network.clock.setTimer(this.#host.network.delayMs, () => {
      this.#isFlushScheduled = false;
      this.#flush();
    });
  }

  #isCut(): boolean {
    return this.#host.network.isCut(this.localAddress, this.remoteAddress);
  }

  #flush(): void {
    const peer = this.#peer;
    if (this.isDead || !peer || this.#corks > 0 || this.#isCut()) return;
    if (!peer.isDead && peer.password !== this.password) return;
    if (peer.isDead) {
      if (this.#outbox.length > 0) this.died('the peer reset the connection');
      return;
    }
    if (this.#outbox.length > 0) this.flushes++;
    while (this.#outbox.length > 0 && !peer.#isPaused) this.#deliver(peer, this.#outbox.shift()!);
    if (this.#outbox.length > 0 || this.isDead) return;
    if (this.#wantsDrain) {
      this.#wantsDrain = false;
      this.#handler?.onDrain();
    }
    if (this.#isClosing) {
      this.forget();
      peer.died(undefined);
    }
  }

  #deliver(peer: MemoryConnection, bytes: Uint8Array): void {
    this.bufferedBytes -= bytes.length;
    const size = Math.min(this.#host.network.chunkBytes, Math.max(1, bytes.length));
    for (let at = 0; at < bytes.length; at += size) {
      peer.#handler?.onData(bytes.slice(at, at + size));
    }
  }
}

/** The key a listener demands of an address: the one for the longest prefix. */
function demandedKey({ passwords }: Listening, address: Address): string | undefined {
  const covering = [...passwords.values()].filter(({ remote }) => containsAddress(remote, address));
  return covering.sort((a, b) => b.remote.length - a.remote.length)[0]?.password;
}
