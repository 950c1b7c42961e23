/**
 * What `--http` adds to a process: probes, metrics and the looking glass. Open before there is a configuration, so that probes
 * are answered while the datastore is still waited for; the daemon is attached once it runs.
 */
import type { Server } from 'node:http';
import type { ApiContext } from '../api/routes.ts';
import {
  CHANGE_TO_WIRE,
  Convergence,
  type ConvergenceReaders,
  UPDATE_TO_KERNEL,
} from '../daemon/convergence.ts';
import type { Daemon } from '../daemon/daemon.ts';
import type { Forwarding } from '../daemon/forwarding.ts';
import { RouteMetrics } from '../daemon/route-metrics.ts';
import { SessionMetrics } from '../daemon/session-metrics.ts';
import { Trends } from '../daemon/trends.ts';
import type { Clock } from '../runtime/clock.ts';
import { Heartbeat } from '../runtime/heartbeat.ts';
import type { Log } from '../telemetry/log.ts';
import type { HistogramDefinition } from '../telemetry/metric.ts';
import type { PrometheusMetrics } from '../telemetry/prometheus.ts';
import type { WebPage } from '../web/page.ts';
import { healthPage, readyPage } from '../web/probes.ts';
import { judgeReadiness, type Readiness } from '../web/readiness.ts';
import type { ConfigProgress } from './config-progress.ts';
import type { DatastoreReport } from './config-source.ts';
import type { GlassSource } from './glass.ts';
import { ProcessMetrics } from './process-metrics.ts';
import { closeServer } from './unix-socket.ts';
import { openWeb } from './web-host.ts';
import type { WebOptions } from './web-options.ts';

export interface WebParts {
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly progress: ConfigProgress;
  datastore(): DatastoreReport | undefined;
}

const EVENT_LOOP_LAG: HistogramDefinition = {
  name: 'catbird_event_loop_lag_seconds',
  help: 'How late a timer of 0.5 s fires',
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
};

/** See the head of the file. */
export class Web {
  readonly #options: WebOptions;
  readonly #parts: WebParts;
  readonly #metrics: PrometheusMetrics;
  readonly #heartbeat: Heartbeat;
  readonly #startedAt: number;
  readonly #durations: ConvergenceReaders;
  #daemon: Daemon | undefined;
  #glass: GlassSource | undefined;
  #server: Server | undefined;

  /** @throws CatbirdError when the port cannot be had */
  static async open(options: WebOptions, parts: WebParts): Promise<Web> {
    const { PrometheusMetrics } = await import('../telemetry/prometheus.ts');
    const { glassPages } = await import('./glass.ts');
    const web = new Web(options, parts, new PrometheusMetrics());
    try {
      web.#server = await openWeb(
        options,
        [...web.#pages(), ...glassPages(parts.clock, () => web.#glass)],
        parts,
      );
    } catch (error) {
      web.#heartbeat.stop();
      throw error;
    }
    return web;
  }

  private constructor(options: WebOptions, parts: WebParts, metrics: PrometheusMetrics) {
    this.#options = options;
    this.#parts = parts;
    this.#metrics = metrics;
    this.#startedAt = parts.clock.now();
    this.#heartbeat = new Heartbeat(parts.clock, metrics.histogram(EVENT_LOOP_LAG));
    const updateToKernel = metrics.histogram(UPDATE_TO_KERNEL);
    const changeToWire = metrics.histogram(CHANGE_TO_WIRE);
    this.#durations = {
      updateToKernel: (ms) => {
        updateToKernel(ms);
        this.#glass?.trends.updateToKernel(ms);
      },
      changeToWire: (ms) => {
        changeToWire(ms);
        this.#glass?.trends.changeToWire(ms);
      },
    };
    metrics.add(
      new ProcessMetrics({
        version: parts.version,
        startedAtSec: parts.clock.wallTime() / 1000,
        progress: parts.progress,
        datastore: () => parts.datastore(),
        isReady: () => this.#judge().isReady,
        isRecovering: () => this.#daemon?.isRecovering ?? true,
      }),
    );
  }

  /** The daemon runs: it counts, and can be looked into, from now on. */
  attach(daemon: Daemon, forwarding: Forwarding, context: ApiContext): void {
    this.#daemon = daemon;
    this.#glass = { context, trends: new Trends(this.#parts.clock, daemon, forwarding) };
    daemon.convergence = new Convergence(this.#parts.clock, forwarding, this.#durations);
    this.#metrics.add(new SessionMetrics(daemon, this.#options.isPerNeighbor));
    this.#metrics.add(new RouteMetrics(daemon.rib, forwarding));
  }

  async close(): Promise<void> {
    this.#heartbeat.stop();
    this.#glass?.trends.stop();
    if (this.#server) await closeServer(this.#server);
  }

  #pages(): WebPage[] {
    return [
      healthPage(this.#heartbeat),
      readyPage(() => this.#judge()),
      {
        path: '/metrics',
        answer: async () => {
          const { contentType: type } = this.#metrics;
          return { status: 200, type, body: await this.#metrics.text() };
        },
      },
    ];
  }

  #judge(): Readiness {
    const daemon = this.#daemon;
    const neighbors = daemon?.neighbors.list() ?? [];
    return judgeReadiness(this.#options.readiness, {
      uptimeMs: this.#parts.clock.now() - this.#startedAt,
      hasConfig: daemon !== undefined,
      isRecovering: daemon?.isRecovering ?? false,
      neighbors: neighbors.map(({ config, session }) => ({
        name: config.name,
        state: session.state,
      })),
    });
  }
}
