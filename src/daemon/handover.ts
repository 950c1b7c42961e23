/**
 * Make before break: sessions that a change of the topology takes away go on until others have taken over.
 *
 * They stay as they are, and dial no more once lost. They end together when every newcomer has delivered its
 * routes and each prefix they bring is brought by somebody else too, some seconds after that, so that the
 * other ends get as far as well; or when the time for it is over.
 */
import { FAMILIES } from '../net/family.ts';
import type { PrefixId } from '../rib/ids.ts';
import type { Rib } from '../rib/rib.ts';
import type { Clock, Timer } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { Neighbor } from './neighbor.ts';

/** The newcomers get no more time than this. */
export const LONGEST_HANDOVER_MS = 30_000;
/** Between our end having taken over and the end of the old sessions. */
const GRACE_MS = 5_000;
const LOOK_MS = 250;
/** Prefixes one look goes through. */
const PREFIXES_PER_LOOK = 50_000;

export interface HandoverPorts {
  readonly clock: Clock;
  readonly rib: Rib;
  readonly log: Log;
}

/** See the head of the file. */
export class Handover {
  readonly #ports: HandoverPorts;
  readonly #remove: (neighbor: Neighbor) => void;
  readonly #leaving = new Map<string, Neighbor>();
  /** By identity, as they may be gone before they come. */
  #newcomers: () => readonly Neighbor[] = () => [];
  #since = 0;
  #readySince: number | undefined;
  #timer: Timer | undefined;
  /** How far the look for prefixes nobody else brings has come. */
  #family = 0;
  #next = 1 as PrefixId;

  /** @param remove ends the session and forgets the neighbor */
  constructor(ports: HandoverPorts, remove: (neighbor: Neighbor) => void) {
    this.#ports = ports;
    this.#remove = remove;
  }

  /** Sessions on their way out. */
  list(): Neighbor[] {
    return [...this.#leaving.values()];
  }

  /**
   * Lets sessions end later. The time for it begins anew.
   *
   * @param newcomers those who take over and are still wanted, asked again and again
   */
  begin(leaving: ReadonlyMap<string, Neighbor>, newcomers: () => readonly Neighbor[]): void {
    for (const [identity, neighbor] of leaving) this.#leaving.set(identity, neighbor);
    this.#newcomers = newcomers;
    this.#since = this.#ports.clock.now();
    this.#startOver();
    const names = [...leaving.values()].map(({ config }) => config.name);
    this.#ports.log.info({ neighbors: names }, 'sessions end when others have taken over');
    this.#timer ??= this.#lookLater();
  }

  /** Somebody wants the session again. */
  takeBack(identity: string): Neighbor | undefined {
    const neighbor = this.#leaving.get(identity);
    this.#leaving.delete(identity);
    return neighbor;
  }

  /** Nothing is waited for any more; the sessions are the caller's to end. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #lookLater(): Timer {
    return this.#ports.clock.setTimer(LOOK_MS, () => {
      this.#timer = undefined;
      this.#look();
      if (this.#leaving.size > 0) this.#timer = this.#lookLater();
    });
  }

  #look(): void {
    for (const [identity, neighbor] of this.#leaving) {
      if (neighbor.session.state !== 'Established') this.#end(identity, neighbor);
    }
    if (this.#leaving.size === 0) return;
    const now = this.#ports.clock.now();
    if (now - this.#since >= LONGEST_HANDOVER_MS) {
      this.#endAll('the time for it is over');
      return;
    }
    if (this.#isTakenOver()) this.#readySince ??= now;
    else if (this.#readySince !== undefined) this.#startOver();
    if (this.#readySince === undefined || now - this.#readySince < GRACE_MS) return;
    this.#endAll('others have taken over');
  }

  #isTakenOver(): boolean {
    if (!this.#newcomers().every(({ hasDelivered }) => hasDelivered)) return false;
    return this.#readySince !== undefined || this.#isCovered();
  }

  /** Whether the look has gone through every prefix; it goes on where it stopped. */
  #isCovered(): boolean {
    const leaving = new Set(this.list().map(({ peerId }) => peerId));
    let left = PREFIXES_PER_LOOK;
    for (; this.#family < FAMILIES.length; this.#family++, this.#next = 1 as PrefixId) {
      const { views } = this.#ports.rib;
      const family = FAMILIES[this.#family]!;
      const stop = views.firstBroughtOnlyBy(family, leaving, this.#next, left);
      left -= (stop ?? 0) - this.#next;
      if (stop === undefined) continue;
      this.#next = stop;
      return false;
    }
    return true;
  }

  #startOver(): void {
    this.#readySince = undefined;
    this.#family = 0;
    this.#next = 1 as PrefixId;
  }

  #endAll(reason: string): void {
    const neighbors = this.list().map(({ config }) => config.name);
    this.#ports.log.info({ neighbors, reason }, 'old sessions end');
    for (const [identity, neighbor] of this.#leaving) this.#end(identity, neighbor);
  }

  #end(identity: string, neighbor: Neighbor): void {
    this.#leaving.delete(identity);
    this.#remove(neighbor);
  }
}
