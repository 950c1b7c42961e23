/**
 * One BFD session in asynchronous mode (RFC 5880 §6): three-way handshake, negotiated intervals, Poll
 * Sequences and detection time. It knows a clock and a way to send, no sockets and no addresses.
 *
 *              Down received               Init, Up received
 *     Down ───────────────────▶ Init ───────────────────────────▶ Up
 *      ▲ └────────────── Init received ───────────────────────────▲ │
 *      └───────────── detection time over, Down or AdminDown received ┘
 *
 * Detection costs no timer per packet: one timer looks at the time of the last packet. When it finds
 * silence it looks again after pending input, because a loop that was held up (a decision run, garbage
 * collection, a stopped process) runs its timers before it reads what has waited in the socket.
 */
import type { Clock, Timer } from '../runtime/clock.ts';
import { catchUpMs } from '../runtime/held-up.ts';
import type { Random } from '../runtime/random.ts';
import {
  type ControlPacket,
  DIAG_ADMINISTRATIVELY_DOWN,
  DIAG_DETECTION_TIME_EXPIRED,
  DIAG_NEIGHBOR_SIGNALED_DOWN,
  DIAG_NONE,
  encodeControl,
  STATE_ADMIN_DOWN,
  STATE_DOWN,
  STATE_INIT,
  STATE_UP,
  type WireState,
} from './control-packet.ts';

/** Transmit interval while not Up is at least this (RFC 5880 §6.8.3). */
const SLOW_INTERVAL_US = 1_000_000;

/** Answers to Poll need no timer, so they need a bound of their own. */
const FINAL_SPACING_MS = 10;

export interface SessionTimes {
  /** Desired transmit and required receive interval while Up. */
  readonly intervalMs: number;
  readonly multiplier: number;
}

export interface BfdSessionPorts {
  readonly clock: Clock;
  readonly random: Random;
  /** Puts a packet on the wire; owns the bytes. */
  send(bytes: Uint8Array): void;
  /** Called after every change of state but those of `start` and `stop`. */
  stateChanged(from: WireState, to: WireState): void;
}

/** See the head of the file. */
export class BfdSession {
  readonly localDiscriminator: number;
  readonly #ports: BfdSessionPorts;
  #times: SessionTimes;
  #state: WireState = STATE_ADMIN_DOWN;
  #diagnostic = DIAG_NONE;
  #remoteState: WireState = STATE_DOWN;
  #remoteDiscriminator = 0;
  #remoteMinRxUs = 1;
  #remoteMinTxUs = 0;
  #remoteMultiplier = 0;
  #isRemoteDemand = false;
  #isPolling = false;
  /** In force until a Poll Sequence ends (RFC 5880 §6.8.3); undefined when the settings are. */
  #oldTimes: SessionTimes | undefined;
  #lastReceivedAt = 0;
  #lastFinalAt = Number.NEGATIVE_INFINITY;
  #sendTimer: Timer | undefined;
  #detectTimer: Timer | undefined;
  #detectAt = 0;

  /** @param localDiscriminator nonzero and unique on this system */
  constructor(localDiscriminator: number, times: SessionTimes, ports: BfdSessionPorts) {
    this.localDiscriminator = localDiscriminator;
    this.#times = times;
    this.#ports = ports;
  }

  get state(): WireState {
    return this.#state;
  }

  get diagnostic(): number {
    return this.#diagnostic;
  }

  /** What the peer last said; AdminDown means a Down of ours is no failure (RFC 5882 §4.2). */
  get remoteState(): WireState {
    return this.#remoteState;
  }

  get remoteDiscriminator(): number {
    return this.#remoteDiscriminator;
  }

  /** Microseconds between our packets before jitter; 0 when the peer wants none. */
  get transmitIntervalUs(): number {
    if (this.#remoteMinRxUs === 0) return 0;
    const longest = Math.max(intervalUs(this.#times), intervalUs(this.#oldTimes ?? this.#times));
    const ownUs = this.#state === STATE_UP ? longest : this.#desiredMinTxUs;
    return Math.max(ownUs, this.#remoteMinRxUs);
  }

  /** Microseconds of silence after which the path counts as broken (RFC 5880 §6.8.4). */
  get detectionTimeUs(): number {
    const ownUs = Math.max(intervalUs(this.#times), intervalUs(this.#oldTimes ?? this.#times));
    return this.#remoteMultiplier * Math.max(ownUs, this.#remoteMinTxUs);
  }

  /** Leaves AdminDown and begins to send. Idempotent. */
  start(): void {
    if (this.#state !== STATE_ADMIN_DOWN) return;
    this.#state = STATE_DOWN;
    this.#diagnostic = DIAG_NONE;
    this.#transmit(false);
    this.#armSend();
  }

  /** Tells the peer that this end is taken down on purpose, and ends all timers. Idempotent. */
  stop(): void {
    if (this.#state === STATE_ADMIN_DOWN) return;
    this.#state = STATE_ADMIN_DOWN;
    this.#diagnostic = DIAG_ADMINISTRATIVELY_DOWN;
    this.#isPolling = false;
    this.#transmit(false);
    this.#sendTimer?.cancel();
    this.#detectTimer?.cancel();
    this.#detectTimer = undefined;
  }

  /** Changes intervals, of a session that is Up by a Poll Sequence (RFC 5880 §6.8.3). */
  setTimes(times: SessionTimes): void {
    const { intervalMs, multiplier } = this.#times;
    if (times.intervalMs === intervalMs && times.multiplier === multiplier) return;
    if (this.#state === STATE_UP) {
      this.#oldTimes ??= this.#times;
      this.#isPolling = true;
    }
    this.#times = times;
  }

  /** A valid packet of this session's peer (RFC 5880 §6.8.6, from the state check on). */
  receive(packet: ControlPacket): void {
    if (this.#state === STATE_ADMIN_DOWN) return;
    const sendBeforeUs = this.transmitIntervalUs;
    this.#learn(packet);
    if (packet.isFinal) this.#endPoll();
    this.#follow(packet.state);
    this.#armDetection();
    if (packet.isPoll) this.#answerPoll();
    // A shorter interval must not wait for a packet that was planned with the longer one.
    if (this.transmitIntervalUs !== sendBeforeUs) this.#armSend();
  }

  get #desiredMinTxUs(): number {
    const wantedUs = intervalUs(this.#times);
    return this.#state === STATE_UP ? wantedUs : Math.max(wantedUs, SLOW_INTERVAL_US);
  }

  #learn(packet: ControlPacket): void {
    this.#lastReceivedAt = this.#ports.clock.now();
    this.#remoteDiscriminator = packet.myDiscriminator;
    this.#remoteState = packet.state;
    this.#isRemoteDemand = packet.isDemand;
    this.#remoteMinRxUs = packet.requiredMinRxUs;
    this.#remoteMinTxUs = packet.desiredMinTxUs;
    this.#remoteMultiplier = packet.detectMultiplier;
  }

  #endPoll(): void {
    this.#isPolling = false;
    this.#oldTimes = undefined;
  }

  #follow(remote: WireState): void {
    if (remote === STATE_ADMIN_DOWN) {
      if (this.#state !== STATE_DOWN) this.#goDown(DIAG_NEIGHBOR_SIGNALED_DOWN);
    } else if (this.#state === STATE_DOWN) {
      if (remote === STATE_DOWN) this.#become(STATE_INIT);
      else if (remote === STATE_INIT) this.#goUp();
    } else if (this.#state === STATE_INIT) {
      if (remote !== STATE_DOWN) this.#goUp();
    } else if (remote === STATE_DOWN) {
      this.#goDown(DIAG_NEIGHBOR_SIGNALED_DOWN);
    }
  }

  #goUp(): void {
    this.#diagnostic = DIAG_NONE;
    this.#isPolling = true; // the interval changes from slow to wanted (RFC 5880 §6.8.3)
    this.#become(STATE_UP);
  }

  #goDown(diagnostic: number): void {
    this.#diagnostic = diagnostic;
    this.#endPoll();
    this.#become(STATE_DOWN);
  }

  /** A new state is told at once: the handshake and a failure should not wait for the timer. */
  #become(state: WireState): void {
    const from = this.#state;
    this.#state = state;
    this.#transmit(false);
    this.#armSend();
    this.#ports.stateChanged(from, state);
  }

  #answerPoll(): void {
    const now = this.#ports.clock.now();
    if (this.#state === STATE_ADMIN_DOWN || now - this.#lastFinalAt < FINAL_SPACING_MS) return;
    this.#lastFinalAt = now;
    this.#transmit(true);
  }

  #armSend(): void {
    this.#sendTimer?.cancel();
    this.#sendTimer = undefined;
    const intervalUs = this.transmitIntervalUs;
    if (this.#state === STATE_ADMIN_DOWN || intervalUs === 0) return;
    const delayMs = (intervalUs / 1000) * this.#jitter();
    this.#sendTimer = this.#ports.clock.setTimer(delayMs, () => {
      if (!this.#isQuiet) this.#transmit(false);
      this.#armSend();
    });
  }

  /** 75 % to 100 %, and at most 90 % when one lost packet is a failure (RFC 5880 §6.8.7). */
  #jitter(): number {
    const span = this.#times.multiplier === 1 ? 0.15 : 0.25;
    return 0.75 + span * this.#ports.random.uniform();
  }

  /** A peer in Demand mode wants no periodic packets while both are Up (RFC 5880 §6.8.7). */
  get #isQuiet(): boolean {
    const areUp = this.#state === STATE_UP && this.#remoteState === STATE_UP;
    return this.#isRemoteDemand && areUp && !this.#isPolling;
  }

  #transmit(isFinal: boolean): void {
    const { multiplier } = this.#times;
    this.#ports.send(
      encodeControl({
        diagnostic: this.#diagnostic,
        state: this.#state,
        isPoll: this.#isPolling && !isFinal,
        isFinal,
        isControlPlaneIndependent: false,
        isDemand: false,
        detectMultiplier: multiplier,
        myDiscriminator: this.localDiscriminator,
        yourDiscriminator: this.#remoteDiscriminator,
        desiredMinTxUs: this.#desiredMinTxUs,
        requiredMinRxUs: intervalUs(this.#times),
        requiredMinEchoRxUs: 0,
      }),
    );
  }

  /** The timer in flight is kept unless the detection time now ends before it. */
  #armDetection(): void {
    if (this.#state === STATE_ADMIN_DOWN) return;
    const endsAt = this.#ports.clock.now() + this.#silenceLeftMs;
    if (this.#detectTimer === undefined || endsAt < this.#detectAt) this.#setDetectTimer();
  }

  #setDetectTimer(): void {
    const leftMs = this.#silenceLeftMs;
    this.#detectTimer?.cancel();
    this.#detectAt = this.#ports.clock.now() + leftMs;
    this.#detectTimer = this.#ports.clock.setTimer(leftMs, () => this.#suspectSilence());
  }

  get #silenceLeftMs(): number {
    const silentMs = this.#ports.clock.now() - this.#lastReceivedAt;
    return Math.max(0, this.detectionTimeUs / 1000 - silentMs);
  }

  #suspectSilence(): void {
    const { clock } = this.#ports;
    const delayMs = catchUpMs(clock.now() - this.#detectAt);
    const timer = clock.setTimer(delayMs, () => clock.defer(() => this.#judgeSilence(timer)));
    this.#detectTimer = timer;
  }

  #judgeSilence(timer: Timer): void {
    if (this.#detectTimer !== timer) return;
    if (this.#silenceLeftMs > 0) this.#setDetectTimer();
    else this.#detectSilence();
  }

  /** Forgets the peer (RFC 5880 §6.8.1, bfd.RemoteDiscr) and goes Down. */
  #detectSilence(): void {
    this.#detectTimer = undefined;
    this.#remoteDiscriminator = 0;
    this.#remoteState = STATE_DOWN;
    this.#remoteMinRxUs = 1;
    this.#isRemoteDemand = false;
    if (this.#state !== STATE_DOWN) this.#goDown(DIAG_DETECTION_TIME_EXPIRED);
    else this.#armSend();
  }
}

function intervalUs({ intervalMs }: SessionTimes): number {
  return intervalMs * 1000;
}
