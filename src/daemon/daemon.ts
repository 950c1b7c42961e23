/**
 * The daemon: one configuration in, sessions, routes and kernel kept equal to it.
 *
 *     Config ─▶ apply ─┬─▶ Neighbors ─▶ Session ⇄ wire
 *                      ├─▶ LocalRoutes ─▶ Rib ─▶ RouteInstaller ─▶ Fib ─▶ kernel
 *                      └─▶ BgpListener
 *
 * Every part takes over a configuration by difference, so applying the same one twice does nothing
 * (RECONF-12).
 */
import { BfdManager } from '../bfd/manager.ts';
import { BgpListener } from '../bgp/session/listener.ts';
import type { StopReason } from '../bgp/session/session.ts';
import { diffConfig } from '../config/diff.ts';
import type { Config } from '../config/model.ts';
import type { CatbirdError } from '../net/error.ts';
import type { Family } from '../net/family.ts';
import { formatAddress, formatPrefix } from '../net/text.ts';
import type { RouteChange } from '../rib/ports.ts';
import { Rib } from '../rib/rib.ts';
import type { Discovery } from '../runtime/discovery.ts';
import type { Random } from '../runtime/random.ts';
import type { Transport } from '../runtime/transport.ts';
import type { UdpTransport } from '../runtime/udp.ts';
import type { Log } from '../telemetry/log.ts';
import { BmpFeed } from './bmp-feed.ts';
import { Broker } from './broker.ts';
import type { Convergence } from './convergence.ts';
import { describeDiff } from './describe-diff.ts';
import { Drain } from './drain.ts';
import { Feed } from './feed.ts';
import { kernelEvent, neighborEvent, routeEvent } from './feed-events.ts';
import type { Forwarding } from './forwarding.ts';
import { LearnedRoutes } from './learned-routes.ts';
import { ListenerKeys } from './listener-keys.ts';
import { LocalRoutes } from './local-routes.ts';
import { Neighbors } from './neighbors.ts';
import { OwnAddresses, type OwnAddressesPorts } from './own-addresses.ts';
import { Quarantine } from './quarantine.ts';
import { Recording, type RecordingPorts } from './recording.ts';
import { Recovery } from './recovery.ts';
import { RefusedPeers } from './refused-peers.ts';
import { RouteInstaller } from './route-installer.ts';

export interface DaemonPorts extends OwnAddressesPorts {
  readonly openRecordings: RecordingPorts['openRecordings'];
  readonly random: Random;
  readonly transport: Transport;
  readonly udp: UdpTransport;
  readonly discovery: Discovery;
  readonly forwarding: Forwarding;
  readonly log: Log;
  /** Told to neighbours that may know it. */
  readonly softwareVersion?: string;
}

/** Time one decision run may take, so that keepalives never wait behind a full table. */
const RUN_BUDGET_MS = 10;

/** See the head of the file. */
export class Daemon {
  readonly rib: Rib;
  readonly neighbors: Neighbors;
  readonly quarantine = new Quarantine();
  /** What happens, for who watches. */
  readonly feed = new Feed();
  /** Measures how long changes take, where somebody wants to know. */
  convergence: Convergence | undefined;
  readonly drain: Drain;
  /** What other agents of the node announce through us. */
  readonly broker: Broker;
  /** The flight recorder. */
  readonly recording: Recording;
  /** Tells collectors of sessions and routes. */
  readonly bmp: BmpFeed;
  /** Who connects and is refused. */
  readonly refused = new RefusedPeers();
  readonly #ports: DaemonPorts;
  readonly #listener: BgpListener;
  readonly #keys: ListenerKeys;
  readonly #bfd: BfdManager;
  readonly #localRoutes: LocalRoutes;
  readonly #learned: LearnedRoutes;
  readonly #installer: RouteInstaller;
  #recovery: Recovery | undefined;
  #config: Config;
  /** What the process was started with: keys of class `restart` are in force as they stand there. */
  readonly startConfig: Config;

  /** @param config the first configuration; its identity shapes the RIB */
  constructor(config: Config, ports: DaemonPorts) {
    const { clock, log } = ports;
    this.#config = config;
    this.startConfig = config;
    this.#ports = ports;
    this.rib = new Rib({
      ...identityOf(config),
      maximumPaths: config.fib.maximumPaths,
      decision: config.router.decision,
      resolver: ports.forwarding.resolver,
      now: () => clock.now(),
      schedule: (run) => clock.defer(run),
      setTimer: (delayMs, fire) => clock.setTimer(delayMs, fire),
      budgetMs: RUN_BUDGET_MS,
      hashSeed: Math.floor(ports.random.uniform() * 2 ** 32),
    });
    this.#localRoutes = new LocalRoutes(this.rib);
    this.#learned = new LearnedRoutes(this.rib, config);
    this.broker = new Broker({ rib: this.rib, clock, log }, config);
    this.#installer = new RouteInstaller(this.rib, ports.forwarding, this.#localRoutes, config);
    this.#bfd = new BfdManager(ports);
    const { rib, quarantine } = this;
    const ownAddresses = new OwnAddresses(ports);
    const neighborPorts = { ...ports, rib, bfd: this.#bfd, quarantine, ownAddresses };
    this.neighbors = new Neighbors(neighborPorts, {
      settled: (name) => this.#recovery?.settle(name),
      owesNothing: (name) => this.#recovery?.settleSoon(name),
      present: (name, isPresent) => this.#recovery?.setPresent(name, isPresent),
      moved: (name, from, to, reason) =>
        this.feed.publish('neighbors', () => neighborEvent(name, from, to, reason)),
      isDeferring: () => this.#recovery?.isDeferring ?? false,
      changed: (neighbor, from, to) => this.recording.changed(neighbor, from, to),
      sessionUp: (neighbor, negotiated, link) => {
        this.recording.sessionUp(neighbor, link);
        this.bmp.sessionUp(neighbor, negotiated, link);
      },
      sessionDown: (neighbor, reason) => this.bmp.sessionDown(neighbor, reason),
      removed: (neighbor) => this.recording.forget(neighbor),
    });
    this.#listener = new BgpListener(ports, {
      lookup: (address, zone) => this.neighbors.lookup(address, zone),
      accepted: (address) => this.refused.forget(address),
      refused: (address, reason) => this.refused.note(address, reason, clock.now()),
      rejected: (address, reason, suppressed) =>
        log.warn({ address: formatAddress(address), reason, suppressed }, 'connection refused'),
      reopened: ({ address, port }) =>
        log.info({ address: formatAddress(address), port }, 'listens at last'),
    });
    this.bmp = new BmpFeed(rib, ports);
    this.recording = new Recording(ports);
    this.#keys = new ListenerKeys(this.#listener, log);
    this.neighbors.onFound = () => this.#setKeys();
    this.drain = new Drain({
      clock,
      log,
      rib,
      neighbors: () => this.neighbors.list(),
      reshape: () => this.#applyNeighbors(),
    });
  }

  get config(): Config {
    return this.#config;
  }

  /** What forwarding is asked for where a path is the best. */
  routeFor: RouteInstaller['routeFor'] = (...place) => this.#installer.routeFor(...place);

  /** True until the routes of an earlier run may be pruned (START-1). */
  get isRecovering(): boolean {
    return !this.#recovery?.isDone;
  }

  /**
   * Opens the listener, adopts the kernel's routes, starts the sessions.
   *
   * @returns what could not be listened on; nothing was started then
   */
  async start(): Promise<readonly CatbirdError[]> {
    this.rib.setListener({
      routesChanged: (family, changes) => this.#routesChanged(family, changes),
      endOfRib: (peer, family) => this.neighbors.endOfRib(peer, family),
      caughtUp: (receivedAt) => this.convergence?.caughtUp(receivedAt),
    });
    const { forwarding } = this.#ports;
    forwarding.follow((action, prefix, reason) =>
      this.feed.publish('fib', () => kernelEvent(action, formatPrefix(prefix), reason)),
    );
    await forwarding.start({
      nextHopsChanged: () => this.rib.nextHopsChanged(),
      learned: (prefix, route) => this.#learned.learned(prefix, route),
      networkChanged: () => {
        this.#learned.connected(forwarding.subnets());
        this.neighbors.networkChanged();
      },
    });
    const faults = (await this.#listen(this.#config)).filter((fault) => !isNoSuchFamily(fault));
    if (faults.length > 0) return faults;
    const names = this.#config.neighbors.map(({ name }) => name);
    const { selectionDeferralTimeSec } = this.#config.router;
    this.#recovery = new Recovery(names, selectionDeferralTimeSec, this.#ports.clock, {
      announce: (reason) => this.#announce(reason),
      done: (reason) => this.#recovered(reason),
    });
    this.#applyRouting(this.#config);
    return faults;
  }

  /**
   * Takes over another configuration, live; one that says the same costs nothing (RECONF-12).
   *
   * @returns what could not be listened on; everything else is in force
   */
  async apply(config: Config): Promise<readonly CatbirdError[]> {
    const diff = diffConfig(this.#config, config);
    if (diff.isEmpty) return [];
    const description = describeDiff(diff);
    this.#ports.log.info(description, 'configuration changes');
    this.feed.publish('config', () => ({ event: 'applied', ...description }));
    for (const { key, impact } of diff.fib) {
      if (impact === 'restart') this.#ports.log.warn({ key }, 'takes effect at next start');
    }
    this.#config = config;
    const faults = await this.#listen(config);
    this.#applyRouting(config);
    return faults;
  }

  /** Ends the sessions; the kernel's routes stay as they are (START-3). */
  async stop(reason: StopReason): Promise<void> {
    this.#recovery?.stop();
    this.drain.stop();
    this.broker.stop();
    this.#listener.close();
    this.neighbors.stop(reason);
    this.bmp.stop();
    this.#bfd.close();
    this.#ports.discovery.close();
    await this.#ports.forwarding.stop();
  }

  #routesChanged(family: Family, changes: readonly RouteChange[]): void {
    this.#installer.routesChanged(family, changes);
    if (!this.feed.isWatched('routes')) return;
    const { views } = this.rib;
    for (const change of changes) {
      this.feed.publish('routes', () => routeEvent(views, family, change));
    }
  }

  #applyRouting(config: Config): void {
    this.rib.setIdentity(identityOf(config));
    this.rib.setDecision(config.router.decision);
    this.rib.setMaximumPaths(config.fib.maximumPaths);
    this.#installer.configure(config);
    this.#localRoutes.apply(config);
    this.#learned.configure(config);
    this.broker.configure(config);
    this.bmp.apply(config);
    this.recording.apply(config, this.neighbors.list());
    this.#applyNeighbors();
  }

  #applyNeighbors(): void {
    this.neighbors.apply(this.drain.shape(this.#config));
  }

  async #listen(config: Config): Promise<readonly CatbirdError[]> {
    const { port, addresses } = config.router.listen;
    const endpoints = port === 0 ? [] : addresses.map((address) => ({ address, port }));
    const faults = await this.#listener.rebind(endpoints);
    for (const fault of faults) this.#ports.log.error({ reason: fault.message }, 'cannot listen');
    this.#setKeys();
    return faults;
  }

  #setKeys(): void {
    const { neighbors, neighborRanges } = this.#config;
    this.#keys.apply(this.neighbors.located(neighbors), neighborRanges);
  }

  #announce(reason: string): void {
    this.#ports.log.info({ reason }, 'neighbors are told our routes');
    this.neighbors.announce();
  }

  #recovered(reason: string): void {
    this.#ports.log.info({ reason }, 'start-up recovery is over');
    this.neighbors.endRestart();
    this.#ports.forwarding.release();
  }
}

/** A kernel without IPv6: `::`, which is listened on by default, is no reason to refuse to run. */
function isNoSuchFamily({ cause }: CatbirdError): boolean {
  return cause instanceof Error && 'code' in cause && cause.code === 'EAFNOSUPPORT';
}

function identityOf({ router, neighbors, neighborRanges }: Config) {
  const { routerId, clusterId, defaultLocalPref, normalPriority } = router;
  const clusters = [...neighbors, ...neighborRanges].flatMap((each) => each.clusterId ?? []);
  const otherClusterIds = [...new Set(clusters)].sort((a, b) => a - b);
  const reflectsBetweenClients = router.clientToClient;
  const reflection = { clusterId, otherClusterIds, reflectsBetweenClients };
  return { routerId, ...reflection, defaultLocalPref, normalPriority };
}
