/** How far configurations have come: delivered by their source, and in force. */
import type { Clock } from '../runtime/clock.ts';
import type { ConfigDelivery } from './config-source.ts';

/** Plain numbers, read at scrape time. */
export interface ConfigProgress {
  /** Deliveries of the source so far; those with faults only included. */
  desired: number;
  /** The delivery that is in force. */
  applied: number;
  /** Wall time, seconds since 1970; 0 for never. */
  deliveredAtSec: number;
  appliedAtSec: number;
  /** Everything wrong with the newest delivery. */
  faults: number;
  /** What runs is kept: the brake holds the newest delivery, or it has nothing for this node. */
  isHeld: boolean;
  /** Users' templates that were not taken, since the start. */
  templateRejections: number;
}

/** Nothing has come yet. */
export function makeProgress(): ConfigProgress {
  const never = { deliveredAtSec: 0, appliedAtSec: 0 };
  return { desired: 0, applied: 0, ...never, faults: 0, isHeld: false, templateRejections: 0 };
}

/** @returns the number of this delivery */
export function noteDelivery(
  progress: ConfigProgress,
  { faults, templates, isHeld = false }: ConfigDelivery,
  clock: Clock,
): number {
  progress.deliveredAtSec = clock.wallTime() / 1000;
  progress.faults = faults.length;
  progress.isHeld = isHeld;
  if (templates) progress.templateRejections = templates.rejectedTotal;
  return ++progress.desired;
}

/** A delivery is in force. */
export function noteApplied(progress: ConfigProgress, generation: number, clock: Clock): void {
  progress.applied = generation;
  progress.appliedAtSec = clock.wallTime() / 1000;
}
