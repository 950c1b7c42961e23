/**
 * Plays a small network to a daemon of its own before the first neighbour comes. Node.js compiles what has run a
 * few times; so the routes of a restart meet code that is compiled already, and reach the kernel and other
 * neighbours in a third of the time (docs/performance.md).
 *
 * Nothing of it is seen outside: no socket, no kernel, no log, no metric. It runs in small steps, and ends for good
 * as soon as there is real work.
 */
import type { SessionState } from '../bgp/session/fsm.ts';
import { checkConfig } from '../config/check.ts';
import type { Config } from '../config/model.ts';
import { Daemon } from '../daemon/daemon.ts';
import { KernelForwarding } from '../daemon/kernel-forwarding.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Random } from '../runtime/random.ts';
import type { Connection, Listener, Transport } from '../runtime/transport.ts';
import { type Log, silentLog } from '../telemetry/log.ts';
import { RehearsalKernel } from './rehearsal-kernel.ts';
import { RehearsalPeer } from './rehearsal-peer.ts';

const AS_NUMBER = 64512;
/** Half of them clients of a reflector, half of a mesh. */
const PEERS = 4;
const BLOCKS = 64;
const ROUNDS = 16;
/** Between two steps. */
const PAUSE_MS = 1;
/** For documentation (RFC 5737). */
const NETWORK = [192, 0, 2] as const;
const SELF = Uint8Array.of(...NETWORK, 1);

/** Neighbours that wait for us come sooner. */
const AFTER_MS = 200;
/** States of a session that is on its way, or there. */
const BUSY: ReadonlySet<SessionState> = new Set(['OpenSent', 'OpenConfirm', 'Established']);

/**
 * Plays it once, soon, unless a neighbour of the daemon comes first.
 *
 * @returns ends it at the next step
 */
export function planRehearsal(
  { config, neighbors }: Daemon,
  { clock, random, log }: { clock: Clock; random: Random; log: Pick<Log, 'debug' | 'warn'> },
): () => void {
  if (config.neighbors.length + config.neighborRanges.length === 0) return () => undefined;
  let isStopped = false;
  const isOver = () => isStopped || neighbors.list().some(({ session }) => BUSY.has(session.state));
  const timer = clock.setTimer(AFTER_MS, () => {
    rehearse({ clock, random, isOver }).then(
      (outcome) => log.debug(outcome, 'rehearsed'),
      (error: unknown) => log.warn({ error }, 'the rehearsal failed'), // it is only for speed
    );
  });
  return () => {
    isStopped = true;
    timer.cancel();
  };
}

export interface RehearsalPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** True when there is real work. */
  readonly isOver: () => boolean;
}

/** What was played. */
export interface Rehearsed {
  readonly steps: number;
  /** Changes to the kernel that were not made. */
  readonly kernelRoutes: number;
}

/** Plays it once. */
export async function rehearse({ clock, random, isOver }: RehearsalPorts): Promise<Rehearsed> {
  const config = configOf();
  const kernel = new RehearsalKernel(SELF);
  const forwarding = new KernelForwarding({ kernel, clock, log: silentLog, config });
  const stage = new Stage();
  const daemon = new Daemon(config, {
    clock,
    random,
    forwarding,
    transport: stage,
    udp: { open: () => Promise.reject(new Error('nobody asks for UDP here')) },
    discovery: { follow: () => undefined, close: () => undefined },
    ownAddresses: () => [],
    openRecordings: () => {
      throw new Error('nothing is recorded here');
    },
    log: silentLog,
  });
  await daemon.start();
  let played = 0;
  for (const step of steps(stage)) {
    if (isOver()) break;
    step();
    played++;
    await new Promise<void>((resolve) => clock.setTimer(PAUSE_MS, resolve));
  }
  await daemon.stop('silent');
  return { steps: played, kernelRoutes: kernel.routes };
}

/** All sessions come up, then everyone announces, changes and withdraws. */
function* steps(stage: Stage): Generator<() => void> {
  const peers = Array.from({ length: PEERS }, (_, i) => new RehearsalPeer(SELF, addressOf(i)));
  for (const peer of peers) {
    yield () => {
      stage.accept(peer);
      peer.open(AS_NUMBER);
    };
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, peer] of peers.entries()) yield () => play(peer, i * BLOCKS, round);
  }
}

function play(peer: RehearsalPeer, block: number, round: number): void {
  if (round % 4 === 3) peer.withdraw(block, BLOCKS);
  else peer.announce(block, BLOCKS, 100 + round);
}

/** Where connections come from. */
class Stage implements Transport {
  accept: (connection: Connection) => void = () => undefined;

  connect(): Connection {
    throw new Error('all neighbors are passive here');
  }

  async listen(_on: unknown, accept: (connection: Connection) => void): Promise<Listener> {
    this.accept = accept;
    return { port: 179, setPassword: () => undefined, close: () => undefined };
  }
}

function configOf(): Config {
  const outcome = checkConfig({
    router: { asNumber: AS_NUMBER, routerId: '192.0.2.1', clusterId: '192.0.2.1' },
    neighbors: Array.from({ length: PEERS }, (_, i) => ({
      name: `rehearsal${i}`,
      address: addressOf(i).join('.'),
      asNumber: AS_NUMBER,
      passive: true,
      routeReflectorClient: i % 2 === 0,
    })),
  });
  if ('config' in outcome) return outcome.config;
  throw new Error(`the rehearsal has no valid configuration: ${JSON.stringify(outcome.issues)}`);
}

function addressOf(peer: number): Uint8Array {
  return Uint8Array.of(...NETWORK, 2 + peer);
}
