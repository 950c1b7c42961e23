/**
 * The composition root of `catbird run`: options become real ports and a running daemon.
 *
 * Nothing else creates sockets, clocks, kernels or datastores for the product.
 */
import type { ApiContext } from './api/routes.ts';
import type { StopReason } from './bgp/session/session.ts';
import { CEASE_ADMINISTRATIVE_SHUTDOWN } from './bgp/wire/constants.ts';
import type { Config } from './config/model.ts';
import { Daemon } from './daemon/daemon.ts';
import type { Forwarding } from './daemon/forwarding.ts';
import { makeCommands, makeViews, type ViewContext } from './daemon/views.ts';
import { CatbirdError } from './net/error.ts';
import { ApiSockets } from './run/api-sockets.ts';
import { BirdSockets } from './run/bird-sockets.ts';
import { makeProgress, noteApplied, noteDelivery } from './run/config-progress.ts';
import type { ConfigDelivery, ConfigSource } from './run/config-source.ts';
import { listInterfaces } from './run/interfaces.ts';
import { openConfigSource } from './run/open-config-source.ts';
import { openForwarding } from './run/open-forwarding.ts';
import type { RunOptions } from './run/options.ts';
import { keepOriginations, OriginationFile } from './run/origination-file.ts';
import { listOwnAddresses } from './run/own-addresses.ts';
import { RecordingDirectory } from './run/recording-directory.ts';
import { planRehearsal } from './run/rehearsal.ts';
import { ServiceManager } from './run/service-manager.ts';
import { readVersion } from './run/version.ts';
import { Web } from './run/web.ts';
import type { Clock, Timer } from './runtime/clock.ts';
import { giveBackCodePages } from './runtime/code-pages.ts';
import { InheritedSockets } from './runtime/inherited-sockets.ts';
import { RouterDiscovery } from './runtime/router-discovery.ts';
import { SystemClock, SystemRandom } from './runtime/system-clock.ts';
import { TcpTransport } from './runtime/tcp-transport.ts';
import { UdpNodeTransport } from './runtime/udp-transport.ts';
import { type LeveledLog, openLog } from './telemetry/log.ts';
import { CALICO_READINESS } from './web/readiness.ts';

/** How long peers get to close their end of the connections. */
const LAST_WORDS_MS = 2000;
/** By then the start is over, rehearsal included. */
const GIVE_BACK_AFTER_MS = 1000;

/**
 * Runs until SIGTERM (silent, START-4) or SIGINT (Cease).
 *
 * @throws CatbirdError when the daemon cannot start: a faulty configuration file, a busy port or
 *   API socket, no privilege for the kernel's routes
 */
export async function runDaemon(options: RunOptions): Promise<void> {
  const log = openLog({ level: options.logLevel ?? 'info', isTerminal: options.isTerminal });
  const clock = new SystemClock();
  const source = await openConfigSource(options, { clock, random: new SystemRandom(), log });
  await new Process(options, { log, clock, source }).run();
}

/** The pieces of one run and their order of coming and going. */
class Process {
  readonly #options: RunOptions;
  readonly #log: LeveledLog;
  readonly #clock: Clock;
  readonly #source: ConfigSource;
  readonly #startedAt = new Date().toISOString();
  readonly #manager = new ServiceManager(process.env, process.pid);
  #faults: readonly string[] = [];
  #templates: ConfigDelivery['templates'];
  #notes: readonly string[] = [];
  #daemon: Daemon | undefined;
  #isRunning = false;
  #givingBack: Timer | undefined;
  #endRehearsal: () => void = () => undefined;
  #api: ApiSockets | undefined;
  #originations: { stop(): Promise<void> } | undefined;
  #birdSockets: BirdSockets | undefined;
  #web: Web | undefined;
  readonly #progress = makeProgress();
  #configuredAt = Date.now();
  /** Deliveries are taken over one after the other. */
  #applying: Promise<void> = Promise.resolve();
  #end: (outcome: { error?: unknown }) => void = () => {};

  constructor(
    options: RunOptions,
    { log, clock, source }: { log: LeveledLog; clock: Clock; source: ConfigSource },
  ) {
    this.#options = options;
    this.#log = log;
    this.#clock = clock;
    this.#source = source;
  }

  async run(): Promise<void> {
    const ended = new Promise<{ error?: unknown }>((resolve) => {
      this.#end = resolve;
    });
    this.#watchForBugs();
    this.#handleSignals();
    await this.#openWeb();
    await this.#source.start((delivery) => this.#deliver(delivery));
    const { error } = await ended;
    if (error === undefined) return;
    this.#logBug(error);
    await this.#stop('silent');
    throw error;
  }

  /** Whatever nobody caught ends the process as ever; peers bridge it like a restart (START-3). */
  #watchForBugs(): void {
    process.on('uncaughtExceptionMonitor', (error) => {
      this.#logBug(error);
      this.#daemon?.recording.crash();
    });
  }

  /** What is ours to explain to users is a CatbirdError, and needs no stack. */
  #logBug(error: unknown): void {
    if (error instanceof CatbirdError) return;
    const stack = error instanceof Error ? error.stack : String(error);
    this.#log.error({ stack }, 'internal error, the process ends');
  }

  #handleSignals(): void {
    process.on('SIGHUP', () => this.#source.reload());
    process.once('SIGTERM', () => void this.#stopAndEnd('silent'));
    process.once('SIGINT', () => void this.#stopAndEnd({ subcode: CEASE_ADMINISTRATIVE_SHUTDOWN }));
  }

  #deliver(delivery: ConfigDelivery): void {
    const generation = noteDelivery(this.#progress, delivery, this.#clock);
    this.#applying = this.#applying
      .then(() => this.#takeOver(delivery, generation))
      .catch((error: unknown) => this.#failed(error));
  }

  /** What cannot start ends the process; what runs keeps running (START-8). */
  #failed(error: unknown): void {
    if (this.#isRunning) {
      const reason = error instanceof Error ? error.stack : String(error);
      this.#log.error({ reason }, 'the configuration could not be taken over');
    } else this.#end({ error });
  }

  async #takeOver(
    { config, faults, notes = [], templates, changedAt = this.#clock.now() }: ConfigDelivery,
    generation: number,
  ): Promise<void> {
    const known = new Set(this.#faults);
    this.#faults = faults;
    this.#templates = templates;
    for (const note of notes) if (!this.#notes.includes(note)) this.#log.info({ note }, 'choice');
    this.#notes = notes;
    for (const fault of faults.filter((fault) => !known.has(fault))) {
      this.#log.error({ fault }, 'configuration fault');
    }
    if (!config) return;
    if (this.#options.logLevel === undefined) this.#log.level = config.log.level;
    this.#configuredAt = Date.now();
    if (this.#daemon) await this.#reconfigure(this.#daemon, config, changedAt);
    else await this.#startDaemon(config);
    noteApplied(this.#progress, generation, this.#clock);
  }

  async #reconfigure(daemon: Daemon, config: Config, changedAt: number): Promise<void> {
    const before = daemon.config;
    await daemon.apply(config);
    if (daemon.config !== before) daemon.convergence?.applied(changedAt, daemon.rib.hasWork);
  }

  async #startDaemon(config: Config): Promise<void> {
    const { apiPath, birdSockets, kernel, node } = this.#options;
    const forwarding = await openForwarding(config, kernel, this.#clock, this.#log);
    const daemon = new Daemon(config, {
      clock: this.#clock,
      random: new SystemRandom(),
      transport: new TcpTransport(undefined, new InheritedSockets(process.env, process.pid)),
      udp: new UdpNodeTransport(),
      discovery: new RouterDiscovery(),
      ownAddresses: listOwnAddresses,
      forwarding,
      log: this.#log,
      softwareVersion: `Catbird/${readVersion()}`,
      openRecordings: ({ directory, files, diskSpace }) =>
        new RecordingDirectory({ directory, files, bytes: diskSpace * 2 ** 20 }, Date.now),
    });
    this.#originations = await this.#keepOriginations(daemon);
    const context = this.#viewContext(daemon, forwarding);
    this.#api = new ApiSockets(this.#apiContext(context));
    await this.#api.open(this.#options);
    if (birdSockets !== undefined) await this.#openBirdSockets(context, birdSockets);
    this.#daemon = daemon;
    this.#web?.attach(daemon, forwarding, this.#apiContext(context));
    const [fault] = await daemon.start();
    if (fault) throw fault;
    this.#isRunning = true;
    this.#manager.ready(`node ${node}`);
    this.#log.info({ node, pid: process.pid, api: apiPath }, 'catbird runs');
    this.#givingBack = this.#clock.setTimer(GIVE_BACK_AFTER_MS, () => void this.#giveBack());
    this.#endRehearsal = planRehearsal(daemon, {
      clock: this.#clock,
      random: new SystemRandom(),
      log: this.#log,
    });
  }

  async #giveBack(): Promise<void> {
    try {
      this.#log.debug({ kib: await giveBackCodePages() }, 'memory of the start given back');
    } catch (error) {
      this.#log.debug({ error }, 'memory of the start stays'); // it is read only, and shared
    }
  }

  /** What agents announced before a restart is there before neighbours are told anything. */
  async #keepOriginations({ broker }: Daemon): Promise<{ stop(): Promise<void> } | undefined> {
    const { stateDirectory, node, apiPath } = this.#options;
    if (stateDirectory === undefined) return undefined;
    const file = new OriginationFile(stateDirectory, `${node} ${apiPath}`);
    return await keepOriginations(broker, file, { clock: this.#clock, log: this.#log });
  }

  #viewContext(daemon: Daemon, forwarding: Forwarding): ViewContext {
    return {
      daemon,
      forwarding,
      clock: this.#clock,
      log: this.#log,
      process: {
        version: readVersion(),
        node: this.#options.node,
        pid: process.pid,
        startedAt: this.#startedAt,
      },
      stop: (reason) => void this.#stopAndEnd(reason),
      readiness: () => this.#options.web?.readiness ?? CALICO_READINESS,
      faults: () => this.#faults,
      templates: () => this.#templates,
      datastore: () => this.#source.report?.(),
      heldConfig: () => this.#source.heldConfig,
      applyConfig: (isForced) => this.#applyConfig(isForced),
    };
  }

  async #openWeb(): Promise<void> {
    const { web } = this.#options;
    if (!web) return;
    const parts = { clock: this.#clock, log: this.#log, version: readVersion() };
    const datastore = () => this.#source.report?.();
    this.#web = await Web.open(web, { ...parts, progress: this.#progress, datastore });
  }

  #applyConfig(isForced: boolean): string | undefined {
    const { release } = this.#source;
    if (isForced) return release ? release.call(this.#source) : 'a file is never held';
    this.#source.reload();
    return undefined;
  }

  #apiContext(context: ViewContext): ApiContext {
    return {
      views: makeViews(context),
      commands: makeCommands(context),
      pause: () => new Promise((resolve) => this.#clock.defer(resolve)),
    };
  }

  async #openBirdSockets(context: ViewContext, directory: string): Promise<void> {
    const startedAt = Date.parse(this.#startedAt);
    this.#birdSockets = new BirdSockets({
      views: makeViews(context),
      commands: makeCommands(context),
      status: () => {
        const { isRecovering } = context.daemon;
        return { isRecovering, startedAt, configuredAt: this.#configuredAt };
      },
      reload: () => this.#source.reload(),
      interfaces: listInterfaces,
      wallTime: Date.now,
    });
    await this.#birdSockets.open(directory);
  }

  async #stopAndEnd(reason: StopReason): Promise<void> {
    await this.#applying;
    await this.#stop(reason);
    this.#end({});
  }

  async #stop(reason: StopReason): Promise<void> {
    this.#manager.stopping();
    this.#givingBack?.cancel();
    this.#endRehearsal();
    await this.#source.stop();
    await this.#api?.close();
    await this.#birdSockets?.close();
    await this.#web?.close();
    await this.#originations?.stop();
    await this.#daemon?.stop(reason);
    this.#log.info({ reason }, 'catbird stopped');
    // A peer that is silent, or gone, must not hold up a restart.
    setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
  }
}
