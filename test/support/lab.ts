/**
 * Whole daemons in one process: every node has its own memory kernel, all share one network and one
 * fake clock, so a convergence test needs no socket and no waiting.
 */
import type { DaemonCommands, DaemonViews, RouteView } from '../../src/api/views.ts';
import type { Config } from '../../src/config/model.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { Daemon } from '../../src/daemon/daemon.ts';
import type { Forwarding } from '../../src/daemon/forwarding.ts';
import { KernelForwarding } from '../../src/daemon/kernel-forwarding.ts';
import type { RecordingStore } from '../../src/daemon/recording.ts';
import { reflectorForwarding } from '../../src/daemon/reflector-forwarding.ts';
import { makeCommands, makeViews } from '../../src/daemon/views.ts';
import type { Address } from '../../src/net/address.ts';
import { formatAddress, formatPrefix, parseAddress } from '../../src/net/text.ts';
import type { UdpTransport } from '../../src/runtime/udp.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { CALICO_READINESS } from '../../src/web/readiness.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryDiscovery } from './memory-discovery.ts';
import { MemoryKernel } from './memory-kernel.ts';
import { MemoryNetwork, type MemoryTransport } from './memory-transport.ts';
import { MemoryUdp } from './memory-udp.ts';

/** Long enough for connect delays, OPENs and decisions. */
const CONVERGED_MS = 10_000;
/** Turns of promises between two steps of the clock: kernel reads and writes are asynchronous. */
const PROMISE_TURNS = 30;

/** A configuration from its file text. @throws Error with every fault */
export function configOf(text: string): Config {
  const outcome = parseConfig(text, 'test.yaml');
  if ('config' in outcome) return outcome.config;
  throw new Error(outcome.faults.map(({ path, reason }) => `${path}: ${reason}`).join('\n'));
}

/** A network of daemons. */
export class Lab {
  readonly clock = new FakeClock();
  readonly network = new MemoryNetwork(this.clock);
  readonly udp = new MemoryUdp(this.clock);

  /** A node on 10.0.0.0/24 whose routes go into a kernel of its own. */
  node(address: string, config: string): LabNode {
    const kernel = new MemoryKernel();
    kernel.addLink('eth0', [{ address: parseAddress(address)!, length: 24, isGlobalScope: true }]);
    return new LabNode(this, parseAddress(address)!, kernel, configOf(config));
  }

  /** Lets everything settle. */
  async settle(ms = CONVERGED_MS): Promise<void> {
    for (let passed = 0; passed < ms; passed += 100) {
      this.clock.advance(100);
      for (let turn = 0; turn < PROMISE_TURNS; turn++) await Promise.resolve();
    }
  }
}

/** One node: may be started, stopped, crashed and started again on the same kernel. */
export class LabNode {
  readonly kernel: MemoryKernel;
  readonly transport: MemoryTransport;
  readonly udp: UdpTransport;
  /** Says nothing by itself; tests make it hear. */
  readonly discovery = new MemoryDiscovery();
  /** How often a reflector here turned to its kernel. */
  kernelOpens = 0;
  /** How often the process was asked to end. */
  stopped = 0;
  /** What the flight recorder wrote: labels, and octets. */
  readonly recordings: { readonly label: string; readonly bytes: Buffer }[] = [];
  /** What the brake holds, for tests that say so. */
  heldConfig: Config | undefined;
  readonly #lab: Lab;
  #config: Config;
  #running:
    | { daemon: Daemon; forwarding: Forwarding; views: DaemonViews; commands: DaemonCommands }
    | undefined;

  constructor(lab: Lab, address: Address, kernel: MemoryKernel, config: Config) {
    this.#lab = lab;
    this.transport = lab.network.host(address);
    this.udp = lab.udp.host(address);
    this.kernel = kernel;
    this.#config = config;
  }

  readonly openRecordings = (): RecordingStore => {
    const writeNow = (label: string, pieces: Iterable<Uint8Array>) => {
      this.recordings.push({ label, bytes: Buffer.concat([...pieces]) });
      return label;
    };
    return { writeNow, write: async (...recording) => writeNow(...recording) };
  };

  get views(): DaemonViews {
    return this.#started.views;
  }

  get commands(): DaemonCommands {
    return this.#started.commands;
  }

  get forwarding(): Forwarding {
    return this.#started.forwarding;
  }

  get daemon(): Daemon {
    return this.#started.daemon;
  }

  async start(): Promise<void> {
    const { clock } = this.#lab;
    const log = silentLog;
    const config = this.#config;
    const forwarding = this.#openForwarding(config);
    const random = { uniform: () => 0.5 };
    const { transport, udp, discovery } = this;
    const ownAddresses = () => this.kernel.addresses().filter(({ isUp }) => isUp);
    const { openRecordings } = this;
    const outside = { transport, udp, discovery, ownAddresses, openRecordings };
    const ports = { clock, random, forwarding, log, ...outside };
    const daemon = new Daemon(config, ports);
    const identity = { version: '0', node: 'lab', pid: 1, startedAt: '' };
    const context = {
      daemon,
      forwarding,
      clock,
      log,
      process: identity,
      stop: () => void this.stopped++,
      readiness: () => CALICO_READINESS,
      faults: () => [],
      templates: () => undefined,
      datastore: () => undefined,
      heldConfig: () => this.heldConfig,
      applyConfig: () => 'nothing is held',
    };
    this.#running = {
      daemon,
      forwarding,
      views: makeViews(context),
      commands: makeCommands(context),
    };
    await daemon.start();
  }

  #openForwarding(config: Config): Forwarding {
    const { clock } = this.#lab;
    const common = { clock, log: silentLog, config };
    if (config.fib.enabled) return new KernelForwarding({ kernel: this.kernel, ...common });
    const openKernel = async () => {
      this.kernelOpens++;
      return this.kernel;
    };
    return reflectorForwarding({ openKernel, ...common });
  }

  async apply(config: string): Promise<void> {
    this.#config = configOf(config);
    await this.daemon.apply(this.#config);
  }

  /** The process is gone without a word; sockets are reset by its system. */
  async crash(): Promise<void> {
    this.transport.kill();
    await this.daemon.stop('silent');
    this.#running = undefined;
  }

  state(neighbor: string): string | undefined {
    return this.views.neighbor(neighbor)?.state;
  }

  /** Messages sent to a neighbour so far. */
  sent(neighbor: string): Readonly<Record<string, number>> {
    return this.views.neighbor(neighbor)!.messages.sent;
  }

  /** Best paths as `prefix via next hop`, sorted. */
  routes(): string[] {
    const best = [...this.views.rib(undefined)].filter((route: RouteView) => route.best);
    return best.map(({ prefix, nextHop }) => `${prefix} via ${nextHop ?? '-'}`).sort();
  }

  /** Our kernel routes as `prefix type gateway metric`, sorted. */
  kernelRoutes(): string[] {
    return this.kernel
      .routes()
      .filter(({ protocol }) => protocol === 12)
      .map(({ prefix, target: { type, nextHops, metric } }) => {
        const gateways = nextHops.map(({ via, dev }) => (via ? formatAddress(via) : dev)).join('+');
        return [formatPrefix(prefix), type, gateways, metric]
          .filter((part) => part !== '')
          .join(' ');
      })
      .sort();
  }

  get #started() {
    if (!this.#running) throw new Error('this node is not running');
    return this.#running;
  }
}
