/**
 * TCP over node:net.
 *
 * IPv6 listeners are v6-only, so an IPv4 peer always shows up with a four-octet address and one
 * port can be shared by `0.0.0.0` and `::`.
 */
import { createServer, type Server, Socket } from 'node:net';
import type { Address } from '../net/address.ts';
import { CatbirdError } from '../net/error.ts';
import type { Prefix } from '../net/prefix.ts';
import { formatAddress } from '../net/text.ts';
import type { Clock } from './clock.ts';
import type { InheritedSockets } from './inherited-sockets.ts';
import {
  closeWaiting,
  copyOnTop,
  descriptorOf,
  openProtectedSocket,
  setMd5Key,
  setTtl,
} from './socket-options.ts';
import { SystemClock } from './system-clock.ts';
import { addressOf, HIGH_WATER_BYTES, TcpConnection, type Turns } from './tcp-connection.ts';
import type { Connection, Listener, LocalEndpoint, PeerEndpoint, Transport } from './transport.ts';
import { TurnBudget } from './turn-budget.ts';

/** All nodes of a large cluster may dial at once; the kernel caps it at net.core.somaxconn. */
const BACKLOG = 4096;

/** A variable, because the types do not know that a Socket takes the options of its stream. */
const SOCKET_OPTIONS = { allowHalfOpen: false, writableHighWaterMark: HIGH_WATER_BYTES };

/**
 * A peer with TTL security judges the answer to its SYN before we know who it is, so listeners
 * answer with the largest TTL; the connection then goes on with the ordinary one (SESS-7).
 */
const LISTENER_TTL = 255;
const ORDINARY_TTL = 64;

/** What to do about an error, by system error code. */
const ADVICE: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there; stop it or choose another port',
  EACCES: 'no permission; ports below 1024 need root or CAP_NET_BIND_SERVICE',
  EPERM: 'not permitted; check firewall rules and capabilities',
  EADDRNOTAVAIL: 'this host has no such local address; assign it or configure another one',
  ECONNREFUSED: 'nothing listens there; check that the peer runs and its port',
  ECONNRESET: 'the peer reset the connection',
  EPIPE: 'the peer closed the connection',
  ETIMEDOUT: 'no answer; check the path and firewalls in between',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to its network',
};

/** Live TCP. */
export class TcpTransport implements Transport {
  readonly #turns: Turns;
  readonly #inherited: InheritedSockets | undefined;

  constructor(clock: Clock = new SystemClock(), inherited?: InheritedSockets) {
    this.#turns = { input: new TurnBudget(clock), output: new TurnBudget(clock) };
    this.#inherited = inherited;
  }

  connect(to: PeerEndpoint): Connection {
    const where = formatEndpoint(to.address, to.port);
    const { socket, problem } = makeSocket(to);
    const describe = (error: Error) => `connection to ${where}: ${reasonOf(error)}`;
    const connection = new TcpConnection(socket, to, this.#turns, describe);
    if (problem) socket.destroy(problem);
    else dial(socket, to);
    return connection;
  }

  listen(on: LocalEndpoint, accept: (connection: Connection) => void): Promise<Listener> {
    const options = { noDelay: true, highWaterMark: HIGH_WATER_BYTES, pauseOnConnect: true };
    const keys: KeyChanges = { count: 0 };
    const server = createServer(options, (socket) => {
      const { count } = keys;
      socket.on('error', () => undefined); // while it waits nobody else listens
      this.#admit(socket, (connection) => {
        if (server.listening && keys.count === count) accept(connection);
        else connection.abort();
      });
    });
    return startListening(server, on, this.#inherited?.take(on.address, on.port), keys);
  }

  /** Hundreds that dial at once are let in over several turns; until then nothing is read from them. */
  #admit(socket: Socket, accept: (connection: Connection) => void): void {
    if (!this.#turns.input.hasTime()) {
      this.#turns.input.wait(() => this.#admit(socket, accept));
      return;
    }
    const connection = acceptedConnection(socket, this.#turns);
    if (connection) accept(connection);
  }
}

/** How often a key of a listener was changed: who came in before the last change was not asked for it. */
interface KeyChanges {
  count: number;
}

/** A session that asks for protection gets a problem rather than a socket without (SESS-9). */
function makeSocket(to: PeerEndpoint): { socket: Socket; problem?: Error } {
  if (to.password === undefined && to.minimumTtl === undefined) {
    return { socket: new Socket(SOCKET_OPTIONS) };
  }
  try {
    const fd = openProtectedSocket(to);
    // Node must not read from it before it is connected: manualStart.
    const options = { ...SOCKET_OPTIONS, fd, readable: true, writable: true, manualStart: true };
    return { socket: new Socket(options) };
  } catch (error) {
    const problem = error instanceof Error ? error : new Error(String(error));
    return { socket: new Socket(), problem };
  }
}

function dial(socket: Socket, to: PeerEndpoint): void {
  socket.setNoDelay(true);
  socket.connect({
    host: hostText(to.address, to.interface),
    port: to.port,
    family: to.address.length === 4 ? 4 : 6,
    ...(to.sourceAddress && { localAddress: formatAddress(to.sourceAddress) }),
  });
}

/** Undefined when the peer was gone before we saw it. */
function acceptedConnection(socket: Socket, turns: Turns): TcpConnection | undefined {
  const address = addressOf(socket.remoteAddress);
  const port = socket.remotePort;
  if (!address || port === undefined) {
    socket.destroy();
    return undefined;
  }
  setTtl(descriptorOf(socket), address, ORDINARY_TTL);
  const where = formatEndpoint(address, port);
  return new TcpConnection(
    socket,
    { address, port, interface: socket.remoteAddress?.split('%')[1] },
    turns,
    (error) => `connection from ${where}: ${reasonOf(error)}`,
  );
}

/** @param fd a socket that is bound there already */
function startListening(
  server: Server,
  on: LocalEndpoint,
  fd: number | undefined,
  keys: KeyChanges,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenError(on, error)));
    const ready = () => resolve(listenerOf(server, on, keys));
    if (fd !== undefined) server.listen({ fd, backlog: BACKLOG }, ready);
    else
      server.listen(
        {
          host: formatAddress(on.address),
          port: on.port,
          ipv6Only: on.address.length === 16,
          backlog: BACKLOG,
          exclusive: true,
        },
        () => moveToTop(server, ready),
      );
  });
}

/**
 * When the process is killed its listeners must be gone before its sessions are: a peer that dials at once would
 * else be accepted by a socket that dies with it, and some wait two minutes then. Nothing was accepted yet.
 */
function moveToTop(server: Server, ready: () => void): void {
  const fd = copyOnTop(descriptorOf(server));
  if (fd < 0) {
    ready();
    return;
  }
  server.close();
  server.listen({ fd, backlog: BACKLOG }, ready);
}

function listenerOf(server: Server, on: LocalEndpoint, keys: KeyChanges): Listener {
  // Out of descriptors and the like: node keeps listening, so there is nothing to repair here.
  server.removeAllListeners('error').on('error', () => undefined);
  setTtl(descriptorOf(server), on.address, LISTENER_TTL);
  const bound = server.address();
  const port = typeof bound === 'object' && bound ? bound.port : on.port;
  const setPassword = (remote: Prefix, password: string | undefined) => {
    const problem = setMd5Key(descriptorOf(server), remote, password ?? '');
    if (problem === undefined) closeWaiting(descriptorOf(server));
    keys.count++;
    return problem;
  };
  return { port, setPassword, close: () => server.close() };
}

function listenError(on: LocalEndpoint, error: Error): CatbirdError {
  const where = formatEndpoint(on.address, on.port);
  const message = `cannot listen on ${where}: ${reasonOf(error)}`;
  return new CatbirdError('CATBIRD_LISTEN_FAILED', message, { cause: error });
}

function reasonOf(error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const advice = ADVICE[code];
  return advice ? `${advice} (${code})` : error.message;
}

function formatEndpoint(address: Address, port: number): string {
  const text = formatAddress(address);
  return address.length === 4 ? `${text}:${port}` : `[${text}]:${port}`;
}

function hostText(address: Address, zone: string | undefined): string {
  return zone === undefined ? formatAddress(address) : `${formatAddress(address)}%${zone}`;
}
