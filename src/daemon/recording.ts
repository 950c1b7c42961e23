/**
 * The flight recorder of this daemon: a tape per neighbor while it is configured, written out when a session
 * ended with a NOTIFICATION nobody wanted, when the process crashes, or when somebody asks.
 */
import type { SessionState } from '../bgp/session/fsm.ts';
import type { SessionLink } from '../bgp/session/session.ts';
import type { Config, RecorderConfig } from '../config/model.ts';
import { CatbirdError } from '../net/error.ts';
import { FlightRecorder } from '../recorder/flight-recorder.ts';
import type { PeerTape } from '../recorder/peer-tape.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Neighbor } from './neighbor.ts';

/** Where recordings go: a directory with a bound on files and octets. */
export interface RecordingStore {
  /** @returns the path. @throws Error of the file system */
  write(label: string, pieces: Iterable<Uint8Array>): Promise<string>;
  /** At once, because the process is about to end. */
  writeNow(label: string, pieces: Iterable<Uint8Array>): string;
}

export interface RecordingPorts {
  readonly clock: Clock;
  readonly log: Log;
  openRecordings(config: RecorderConfig): RecordingStore;
}

const MIB = 1024 * 1024;
/** A peer that is refused again and again must not drive all other recordings out. */
const REST_MS = 60_000;

/** See the head of the file. */
export class Recording {
  readonly #ports: RecordingPorts;
  readonly #tapes = new Map<Neighbor, PeerTape>();
  /** When the last recording of a tape was written. */
  readonly #writtenAt = new WeakMap<PeerTape, number>();
  #config: RecorderConfig | undefined;
  #recorder: FlightRecorder | undefined;
  #store: RecordingStore | undefined;

  constructor(ports: RecordingPorts) {
    this.#ports = ports;
  }

  /** What is recorded begins anew when any key changes. */
  apply({ router }: Config, neighbors: readonly Neighbor[]): void {
    const { recorder } = router;
    if (JSON.stringify(recorder) === JSON.stringify(this.#config)) return;
    for (const neighbor of this.#tapes.keys()) this.forget(neighbor);
    this.#config = recorder;
    this.#recorder = recorder && this.#makeRecorder(recorder);
    this.#store = recorder && this.#ports.openRecordings(recorder);
    for (const neighbor of neighbors) this.#tapeOf(neighbor);
  }

  changed(neighbor: Neighbor, from: SessionState, to: SessionState): void {
    this.#tapeOf(neighbor)?.stateChanged(from, to);
  }

  sessionUp(neighbor: Neighbor, { localAddress }: SessionLink): void {
    const tape = this.#tapeOf(neighbor);
    if (tape) tape.peer = { ...tape.peer, localAddress };
  }

  forget(neighbor: Neighbor): void {
    const tape = this.#tapes.get(neighbor);
    if (!tape) return;
    neighbor.session.tap.current = undefined;
    this.#tapes.delete(neighbor);
    this.#recorder?.forget(tape);
  }

  /** All that is recorded, as MRT. @throws CatbirdError when nothing is */
  messages(): Iterable<Uint8Array> {
    if (this.#recorder) return this.#recorder.recording();
    const reason = 'nothing is recorded: router.recorder switches the flight recorder on';
    throw new CatbirdError('CATBIRD_API_REQUEST', reason);
  }

  /** Writes all of it into the directory. @returns the path. @throws CatbirdError when that cannot be done */
  async save(): Promise<string> {
    const pieces = this.messages();
    try {
      return await this.#store!.write('saved', pieces);
    } catch (cause) {
      throw new CatbirdError('CATBIRD_RECORDING', `not written: ${textOf(cause)}`, { cause });
    }
  }

  /** The process is about to end for a reason nobody foresaw. Never throws. */
  crash(): void {
    if (!this.#recorder || !this.#store) return;
    try {
      const path = this.#store.writeNow('crash', this.#recorder.recording());
      this.#ports.log.error({ path }, 'recording written');
    } catch (error) {
      this.#ports.log.error({ reason: textOf(error) }, 'recording not written');
    }
  }

  #makeRecorder(config: RecorderConfig): FlightRecorder {
    const limits = {
      periodMs: config.periodSec * 1000,
      memoryBytes: config.memory * MIB,
      bytesPerPeer: config.memoryPerNeighbor * MIB,
      keepsSent: config.sent,
    };
    const { clock } = this.#ports;
    // Later: the message that came is yet to be acted upon, and what that says belongs to the story.
    const notified = (tape: PeerTape) => clock.defer(() => this.#writeOut(tape));
    return new FlightRecorder(limits, { wallTime: () => clock.wallTime(), notified });
  }

  #tapeOf(neighbor: Neighbor): PeerTape | undefined {
    const known = this.#tapes.get(neighbor);
    if (known || !this.#recorder) return known;
    const { name, address, asNumber, localAsNumber, sourceAddress } = neighbor.config;
    const { localAddress } = neighbor.session;
    const local = localAddress ?? sourceAddress ?? new Uint8Array(address.length);
    const peer = { address, asNumber, localAsNumber, localAddress: local };
    const tape = this.#recorder.tape(name, peer);
    this.#tapes.set(neighbor, tape);
    neighbor.session.tap.current = tape;
    return tape;
  }

  #writeOut(tape: PeerTape): void {
    const now = this.#ports.clock.now();
    const last = this.#writtenAt.get(tape) ?? Number.NEGATIVE_INFINITY;
    if (!this.#recorder || !this.#store || now - last < REST_MS) return;
    this.#writtenAt.set(tape, now);
    const { log } = this.#ports;
    this.#store.write(tape.name, this.#recorder.recording(tape)).then(
      (path) => log.info({ neighbor: tape.name, path }, 'recording written'),
      (error) => log.warn({ neighbor: tape.name, reason: textOf(error) }, 'recording not written'),
    );
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
