/**
 * Takes traffic off this router before it goes, in steps that can be taken back at any time:
 *
 *     idle ──start──▶ announcing ──wait over──▶ withdrawing ──nothing told any more──▶ drained
 *      ▲                  │ GRACEFUL_SHUTDOWN on all      │ sessions still up            │ Cease/2
 *      └──────abort───────┴───────────────────────────────┴──────────────────────────────┘
 *
 * Neighbours find other ways while ours still forwards (RFC 8326 §4); only then are routes withdrawn, and
 * sessions closed. A neighbour that does not read holds nothing up for long. The kernel's routes stay (START-3).
 */
import { CEASE_ADMINISTRATIVE_SHUTDOWN } from '../bgp/wire/constants.ts';
import type { Config, NeighborConfig } from '../config/model.ts';
import type { PolicyRule } from '../policy/model.ts';
import type { Rib } from '../rib/rib.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Neighbor } from './neighbor.ts';

export type DrainPhase = 'idle' | 'announcing' | 'withdrawing' | 'drained';

export interface DrainOrder {
  /** Between GRACEFUL_SHUTDOWN and the withdrawals; 0 leaves it out. */
  readonly waitSec: number;
  /** For the neighbours, in the Cease (RFC 9003). */
  readonly text?: string;
  /** Called once drained. */
  readonly done?: () => void;
}

export interface DrainPorts {
  readonly clock: Clock;
  readonly log: Log;
  readonly rib: Rib;
  neighbors(): readonly Neighbor[];
  /** Brings the sessions in line with {@link Drain.shape}. */
  reshape(): void;
}

/** Monotonic milliseconds, and what is left to do. */
export interface DrainProgress {
  readonly phase: DrainPhase;
  readonly since: number;
  readonly remainingSec: number;
  /** Sessions that are Established. */
  readonly sessions: number;
  /** Routes neighbours are told, over all of them. */
  readonly routes: number;
}

const POLICY = 'drained';
const REJECT: PolicyRule = { name: POLICY, match: {}, set: {}, action: 'reject' };
const LOOK_MS = 100;
/** A neighbour that does not take the withdrawals is left to its Cease. */
const WITHDRAW_LIMIT_MS = 10_000;

/** See the head of the file. */
export class Drain {
  readonly #ports: DrainPorts;
  #phase: DrainPhase = 'idle';
  #since = 0;
  #endsAt = 0;
  #order: DrainOrder = { waitSec: 0 };
  #timer: Timer | undefined;

  constructor(ports: DrainPorts) {
    this.#ports = ports;
  }

  get progress(): DrainProgress {
    const remainingMs = this.#phase === 'announcing' ? this.#endsAt - this.#ports.clock.now() : 0;
    return {
      phase: this.#phase,
      since: this.#since,
      remainingSec: Math.max(0, Math.ceil(remainingMs / 1000)),
      sessions: this.#established().length,
      routes: this.#routesTold(),
    };
  }

  /** Begins; under way, the new order replaces the old one and goes on from where it is. */
  start(order: DrainOrder): void {
    const { clock } = this.#ports;
    this.#order = order;
    if (this.#phase === 'drained') this.#finish();
    else if (this.#phase === 'withdrawing') return;
    else if (order.waitSec === 0) this.#withdraw();
    else {
      this.#become('announcing');
      this.#endsAt = clock.now() + order.waitSec * 1000;
      this.#timer?.cancel();
      this.#timer = clock.setTimer(order.waitSec * 1000, () => this.#withdraw());
    }
  }

  /** Back to normal: routes are announced again, sessions come up again. */
  abort(): void {
    this.#timer?.cancel();
    this.#become('idle');
  }

  /** Ends the wait; nothing is taken back. */
  stop(): void {
    this.#timer?.cancel();
  }

  /** What the configuration means to the neighbours in this phase. */
  shape(config: Config): Config {
    switch (this.#phase) {
      case 'idle':
        return config;
      case 'announcing':
        return { ...config, router: { ...config.router, gracefulShutdown: true } };
      case 'withdrawing':
        return tellNothing(config);
      case 'drained':
        return { ...config, neighbors: config.neighbors.map(onHold), neighborRanges: [] };
    }
  }

  #become(phase: DrainPhase): void {
    if (phase === this.#phase) return;
    this.#ports.log.info({ from: this.#phase, to: phase }, 'drain');
    this.#phase = phase;
    this.#since = this.#ports.clock.now();
    this.#ports.reshape();
  }

  #withdraw(): void {
    this.#timer?.cancel();
    this.#become('withdrawing');
    this.#endsAt = this.#ports.clock.now() + WITHDRAW_LIMIT_MS;
    this.#look();
  }

  #look(): void {
    const { clock, rib } = this.#ports;
    const isOver = clock.now() >= this.#endsAt;
    if (isOver || (!rib.hasWork && this.#routesTold() === 0)) this.#close();
    else this.#timer = clock.setTimer(LOOK_MS, () => this.#look());
  }

  #close(): void {
    const { text } = this.#order;
    const subcode = CEASE_ADMINISTRATIVE_SHUTDOWN;
    const reason = text === undefined ? { subcode } : { subcode, text };
    for (const neighbor of this.#ports.neighbors()) neighbor.stop(reason);
    this.#become('drained');
    this.#finish();
  }

  #finish(): void {
    this.#order.done?.();
  }

  #established(): Neighbor[] {
    return this.#ports.neighbors().filter(({ session }) => session.state === 'Established');
  }

  #routesTold(): number {
    const { rib } = this.#ports;
    const told = ({ peerId, session }: Neighbor) =>
      (session.negotiated?.families ?? []).map((family) => rib.counters(peerId, family).advertised);
    return this.#established()
      .flatMap(told)
      .reduce((sum, count) => sum + count, 0);
  }
}

/** Everything is withdrawn, and the sessions stay. */
function tellNothing(config: Config): Config {
  const silence = <T extends { readonly export: readonly string[] }>(session: T): T => ({
    ...session,
    export: [POLICY],
  });
  return {
    ...config,
    policies: { ...config.policies, [POLICY]: [REJECT] },
    neighbors: config.neighbors.map(silence),
    neighborRanges: config.neighborRanges.map(silence),
  };
}

function onHold(neighbor: NeighborConfig): NeighborConfig {
  return { ...neighbor, waitingFor: 'the end of the drain (catbird drain --abort)' };
}
