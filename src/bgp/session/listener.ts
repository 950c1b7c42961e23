/**
 * The listening sockets, and the way from an inbound connection to its session.
 *
 * A connection belongs to the session with its remote address; the remote port does not matter
 * (LISTEN-4). Rebinding leaves established connections alone: they have sockets of their own (LISTEN-5).
 * What cannot be opened is tried again until it is, or is no longer asked for.
 */
import { type Address, addressFamily, sameAddress } from '../../net/address.ts';
import { CatbirdError } from '../../net/error.ts';
import { containsAddress, hostPrefix, type Prefix } from '../../net/prefix.ts';
import { formatPrefix } from '../../net/text.ts';
import type { Clock, Timer } from '../../runtime/clock.ts';
import type { Connection, Listener, LocalEndpoint, Transport } from '../../runtime/transport.ts';
import { CEASE_CONNECTION_REJECTED } from '../wire/constants.ts';
import { encodeNotification } from '../wire/notification.ts';
import { cease } from './cease.ts';
import type { Session } from './session.ts';

/** What the listener needs from its owner. */
export interface ListenerOwner {
  /**
   * The session an address belongs to, perhaps made now (neighbour ranges); or why there is none.
   *
   * @param zone the interface of a link-local address
   */
  lookup(address: Address, zone: string | undefined): Session | Refusal;
  /** A connection was handed to its session. */
  accepted?(address: Address): void;
  /** A connection was closed at once; told of each. */
  refused?(address: Address, reason: string): void;
  /**
   * A connection was closed at once. Told at most every ten seconds.
   *
   * @param suppressed how many others were, since the last call
   */
  rejected(address: Address, reason: string, suppressed: number): void;
  /** An endpoint that could not be opened at first is open now. */
  reopened(on: LocalEndpoint): void;
}

/** Why a connection is not taken. */
export interface Refusal {
  readonly reason: string;
  /** A neighbour of ours, which is told (RFC 4486 §4); a stranger is not (LISTEN-4). */
  readonly isNeighbor: boolean;
}

const REPORT_EVERY_MS = 10_000;
/** Connections that end with a word linger for a moment; so many of them in a second, the others are reset. */
const TOLD_PER_SECOND = 10;
const REJECTED = encodeNotification(cease({ subcode: CEASE_CONNECTION_REJECTED }));
const RETRY_AFTER_MS = 5_000;

interface Bound {
  readonly on: LocalEndpoint;
  readonly listener: Listener;
}

interface Key {
  readonly remote: Prefix;
  readonly password: string;
  /** Why the system could not set it; the neighbour is refused then. */
  readonly problem: string | undefined;
}

/** One per daemon. */
export class BgpListener {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #owner: ListenerOwner;
  readonly #keys = new Map<string, Key>();
  #bound: readonly Bound[] = [];
  #wanted: readonly LocalEndpoint[] = [];
  #rebinding: Promise<unknown> = Promise.resolve();
  #retryTimer: Timer | undefined;
  #reportedAt = Number.NEGATIVE_INFINITY;
  #suppressed = 0;
  /** Neighbours told in this second of the clock. */
  #told = 0;
  #toldSecond = 0;

  constructor(ports: { transport: Transport; clock: Clock }, owner: ListenerOwner) {
    this.#transport = ports.transport;
    this.#clock = ports.clock;
    this.#owner = owner;
  }

  /** What is listened on right now, with the port the system picked where 0 was asked for. */
  get endpoints(): readonly LocalEndpoint[] {
    return this.#bound.map(({ on, listener }) => ({ address: on.address, port: listener.port }));
  }

  /**
   * Listens on exactly these endpoints; those already open stay open. Calls are done one by one.
   *
   * @returns CATBIRD_LISTEN_FAILED for each endpoint that could not be opened; the others are, and
   *   these are tried again now and then
   */
  rebind(endpoints: readonly LocalEndpoint[]): Promise<readonly CatbirdError[]> {
    this.#wanted = endpoints;
    const done = this.#rebinding.then(() => this.#rebind(endpoints));
    this.#rebinding = done;
    return done;
  }

  /** Stops listening, after a rebind that is under way; connections stay. */
  async close(): Promise<void> {
    await this.rebind([]);
  }

  /**
   * Demands TCP-MD5 with this key from a neighbour or a range of them, on current and later sockets
   * (SESS-9). A neighbour whose session has a password is refused until this was called with that
   * password and worked.
   *
   * @returns a sentence when the system cannot
   */
  setPassword(remote: Prefix, password: string | undefined): string | undefined {
    const name = formatPrefix(remote);
    const problem = this.#applyKey(remote, password);
    if (password === undefined) this.#keys.delete(name);
    else this.#keys.set(name, { remote, password, problem });
    return problem;
  }

  async #rebind(endpoints: readonly LocalEndpoint[]): Promise<readonly CatbirdError[]> {
    const isWanted = ({ on }: Bound) => endpoints.some((endpoint) => sameEndpoint(endpoint, on));
    for (const bound of this.#bound) if (!isWanted(bound)) bound.listener.close();
    this.#bound = this.#bound.filter(isWanted);
    const faults: CatbirdError[] = [];
    for (const endpoint of endpoints) {
      if (this.#bound.some(({ on }) => sameEndpoint(endpoint, on))) continue;
      const fault = await this.#open(endpoint);
      if (fault) faults.push(fault);
    }
    this.#retryTimer?.cancel();
    if (faults.length > 0) {
      this.#retryTimer = this.#clock.setTimer(RETRY_AFTER_MS, () => void this.#retry());
    }
    return faults;
  }

  /** Never rejects: `#open` turns every failure into a fault. */
  async #retry(): Promise<void> {
    const before = this.#bound;
    await this.rebind(this.#wanted);
    for (const bound of this.#bound) if (!before.includes(bound)) this.#owner.reopened(bound.on);
  }

  async #open(on: LocalEndpoint): Promise<CatbirdError | undefined> {
    try {
      const listener = await this.#transport.listen(on, (connection) => this.#accept(connection));
      this.#bound = [...this.#bound, { on, listener }];
      for (const { remote, password } of this.#keys.values()) this.setPassword(remote, password);
      return undefined;
    } catch (error) {
      if (error instanceof CatbirdError) return error;
      throw error;
    }
  }

  /** The key in force for an address, as the kernel chooses it. */
  #keyFor(address: Address): Key | undefined {
    const host = this.#keys.get(formatPrefix(hostPrefix(address)));
    if (host) return host;
    const covering = [...this.#keys.values()].filter((k) => containsAddress(k.remote, address));
    return covering.sort((a, b) => b.remote.length - a.remote.length)[0];
  }

  /** The keys of IPv4 neighbours go on IPv4 sockets, those of IPv6 neighbours on IPv6 sockets. */
  #applyKey(remote: Prefix, password: string | undefined): string | undefined {
    let problem: string | undefined;
    for (const { on, listener } of this.#bound) {
      if (addressFamily(on.address) !== remote.family) continue;
      problem = listener.setPassword(remote, password) ?? problem;
    }
    return problem;
  }

  #accept(connection: Connection): void {
    const address = connection.remoteAddress;
    const found = this.#owner.lookup(address, connection.remoteInterface);
    const refusal = 'reason' in found ? found : this.#keyRefusal(found, address);
    if (refusal) {
      this.#refuse(connection, refusal);
      return;
    }
    this.#owner.accepted?.(address);
    (found as Session).accept(connection);
  }

  #refuse(connection: Connection, { reason, isNeighbor }: Refusal): void {
    if (isNeighbor && this.#mayTell()) {
      connection.write(REJECTED);
      connection.close();
    } else connection.abort();
    this.#owner.refused?.(connection.remoteAddress, reason);
    this.#report(connection.remoteAddress, reason);
  }

  #mayTell(): boolean {
    const second = Math.floor(this.#clock.now() / 1000);
    if (second !== this.#toldSecond) this.#told = 0;
    this.#toldSecond = second;
    return ++this.#told <= TOLD_PER_SECOND;
  }

  /** Without the key nothing can be told to it. */
  #keyRefusal(session: Session, address: Address): Refusal | undefined {
    const { password } = session.settings;
    if (password === undefined) return undefined;
    const key = this.#keyFor(address);
    const isInForce = key?.password === password;
    const reason = isInForce ? key.problem : 'its password is not in force on this socket';
    return reason === undefined ? undefined : { reason, isNeighbor: false };
  }

  #report(address: Address, reason: string): void {
    const now = this.#clock.now();
    if (now - this.#reportedAt < REPORT_EVERY_MS) {
      this.#suppressed++;
      return;
    }
    const suppressed = this.#suppressed;
    this.#reportedAt = now;
    this.#suppressed = 0;
    this.#owner.rejected(address, reason, suppressed);
  }
}

function sameEndpoint(a: LocalEndpoint, b: LocalEndpoint): boolean {
  return a.port === b.port && sameAddress(a.address, b.address);
}
