/** Two hosts on a network in memory: sessions that record what they tell, and a peer that obeys the test. */
import type { ConnectionEnd } from '../../../src/bgp/session/fsm.ts';
import { BgpListener } from '../../../src/bgp/session/listener.ts';
import type { NegotiatedSession } from '../../../src/bgp/session/negotiate.ts';
import {
  Session,
  type SessionDown,
  type SessionEvents,
  type SessionLink,
} from '../../../src/bgp/session/session.ts';
import type { SessionSettings } from '../../../src/bgp/session/settings.ts';
import type { Capability } from '../../../src/bgp/wire/capabilities.ts';
import { Framer } from '../../../src/bgp/wire/framer.ts';
import { decodeNotification, type Notification } from '../../../src/bgp/wire/notification.ts';
import { encodeOpen } from '../../../src/bgp/wire/open.ts';
import type { UpdateFault } from '../../../src/bgp/wire/update-fault.ts';
import type { Family } from '../../../src/net/family.ts';
import { parseAddress, parseIpv4Number } from '../../../src/net/text.ts';
import type { Random } from '../../../src/runtime/random.ts';
import type { Connection, ConnectionHandler } from '../../../src/runtime/transport.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryNetwork, type MemoryTransport } from '../../support/memory-transport.ts';

export const BGP_PORT = 179;

/** Jitter with one fixed draw. */
export class FixedRandom implements Random {
  value: number;

  constructor(value = 0) {
    this.value = value;
  }

  uniform(): number {
    return this.value;
  }
}

/** Settings of a session towards `address`; plain iBGP unless overridden. */
export function settingsTo(
  address: string,
  overrides: Partial<SessionSettings> = {},
): SessionSettings {
  return {
    name: `to ${address}`,
    address: parseAddress(address)!,
    port: BGP_PORT,
    asNumber: 64512,
    localAsNumber: 64512,
    routerId: parseIpv4Number('1.1.1.1')!,
    passive: false,
    holdTimeSec: 240,
    connectRetryTimeSec: 5,
    families: ['ipv4-unicast'],
    gracefulRestart: {
      enabled: true,
      restartTimeSec: 120,
      notification: false,
      longLivedStaleTimeSec: 0,
    },
    restarting: false,
    addPath: { send: true, receive: true },
    ...overrides,
  };
}

/** Everything a session told, in order. */
export class EventLog implements SessionEvents {
  readonly states: string[] = [];
  readonly downs: SessionDown[] = [];
  readonly updates: Uint8Array[] = [];
  readonly refreshes: [Family, number][] = [];
  readonly rejections: { text: string; bytes: Uint8Array }[] = [];
  ups = 0;
  batches = 0;
  writables = 0;
  negotiated: NegotiatedSession | undefined;
  link: SessionLink | undefined;
  /** What `update` answers, or does. */
  onUpdate: () => UpdateFault | undefined = () => undefined;

  stateChanged(_from: string, to: string): void {
    this.states.push(to);
  }

  established(negotiated: NegotiatedSession, link: SessionLink): void {
    this.ups++;
    this.negotiated = negotiated;
    this.link = link;
  }

  update(bytes: Uint8Array, at: number, end: number): UpdateFault | undefined {
    this.updates.push(bytes.slice(at, end));
    return this.onUpdate();
  }

  rejected({ text }: ConnectionEnd, bytes: Uint8Array, at: number, stop: number): void {
    this.rejections.push({ text, bytes: bytes.slice(at, stop) });
  }

  routeRefresh(family: Family, subtype: number): void {
    this.refreshes.push([family, subtype]);
  }

  writable(): void {
    this.writables++;
  }

  down(reason: SessionDown): void {
    this.downs.push(reason);
  }

  batchEnd(): void {
    this.batches++;
  }
}

export interface Speaker {
  readonly host: MemoryTransport;
  readonly session: Session;
  readonly log: EventLog;
  readonly random: FixedRandom;
  readonly listener: BgpListener;
}

/** A network of 10.0.0.1 (always a real session) and 10.0.0.2. */
export class Lab {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  /** Ports that could be opened only later. */
  readonly reopened: number[] = [];
  readonly rejected: string[] = [];

  /** A host with one session and a listener; not started yet. */
  async speaker(
    own: string,
    to: string,
    overrides: Partial<SessionSettings> = {},
  ): Promise<Speaker> {
    const address = parseAddress(own)!;
    const host = this.network.host(address);
    const log = new EventLog();
    const random = new FixedRandom();
    const settings = settingsTo(to, { routerId: parseIpv4Number(own)!, ...overrides });
    const ports = { transport: host, clock: this.clock, random };
    const session = new Session(settings, ports, log);
    const listener = new BgpListener(ports, {
      lookup: (remote) =>
        String(remote) === String(settings.address)
          ? session
          : { reason: 'no neighbour has it', isNeighbor: false },
      rejected: (_remote, reason) => void this.rejected.push(reason),
      reopened: ({ port }) => void this.reopened.push(port),
    });
    await listener.rebind([{ address, port: BGP_PORT }]);
    return { host, session, log, random, listener };
  }

  /** A scripted peer at 10.0.0.2 that listens and answers nothing by itself. */
  async puppet(own = '10.0.0.2'): Promise<Puppet> {
    const address = parseAddress(own)!;
    const host = this.network.host(address);
    const puppet = new Puppet(host);
    await host.listen({ address, port: BGP_PORT }, (connection) => puppet.adopt(connection));
    return puppet;
  }
}

/** The peer's end of one connection, driven by the test. */
export class Puppet implements ConnectionHandler {
  readonly host: MemoryTransport;
  /** Message types in the order they came. */
  readonly types: number[] = [];
  readonly notifications: Notification[] = [];
  readonly opens: Uint8Array[] = [];
  /** Connections the other side opened here. */
  accepted = 0;
  isClosed = false;
  connection: Connection | undefined;
  #framer = new Framer();

  constructor(host: MemoryTransport) {
    this.host = host;
  }

  adopt(connection: Connection): void {
    this.accepted++;
    this.#attach(connection);
  }

  /** Opens a connection to the session; a second puppet, if this one has a connection already. */
  dial(to: string): Puppet {
    const puppet = this.connection ? new Puppet(this.host) : this;
    puppet.#attach(this.host.connect({ address: parseAddress(to)!, port: BGP_PORT }));
    return puppet;
  }

  send(...messages: Uint8Array[]): void {
    for (const message of messages) this.connection?.write(message);
  }

  onConnected(): void {}

  onData(chunk: Uint8Array): void {
    this.#framer.push(chunk, (bytes, at, end, type) => {
      this.types.push(type);
      if (type === 1) this.opens.push(bytes.slice(at, end));
      if (type === 3) this.notifications.push(decodeNotification(bytes, at, end));
      return true;
    });
  }

  onDrain(): void {}

  onClose(): void {
    this.isClosed = true;
  }

  #attach(connection: Connection): void {
    this.connection = connection;
    this.isClosed = false;
    this.#framer = new Framer();
    connection.setHandler(this);
  }
}

/** An OPEN as a peer of 64512 would send it. */
export function openMessage(
  overrides: {
    asNumber?: number;
    holdTimeSec?: number;
    routerId?: string;
    capabilities?: readonly Capability[];
  } = {},
): Uint8Array {
  const asNumber = overrides.asNumber ?? 64512;
  return encodeOpen({
    asNumber,
    holdTimeSec: overrides.holdTimeSec ?? 240,
    routerId: parseIpv4Number(overrides.routerId ?? '10.0.0.2')!,
    capabilities: overrides.capabilities ?? [
      { kind: 'multiprotocol', afi: 1, safi: 1 },
      { kind: 'four-octet-as', asNumber },
      { kind: 'route-refresh' },
    ],
  });
}

/** The graceful-restart capability of a peer that keeps forwarding IPv4. */
export const RESTART_CAPABILITY: Capability = {
  kind: 'graceful-restart',
  isRestarting: false,
  hasNotificationSupport: false,
  restartTimeSec: 90,
  families: [{ afi: 1, safi: 1, isForwardingPreserved: true }],
};

/** An UPDATE that withdraws nothing: End-of-RIB for IPv4. */
export const END_OF_RIB = Uint8Array.of(...new Array(16).fill(0xff), 0, 23, 2, 0, 0, 0, 0);
