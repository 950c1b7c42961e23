/** Who we are, as far as routes carry it; a change re-evaluates what was imported and exported. */
import type { Family } from '../net/family.ts';

export interface RibIdentity {
  /** Unsigned 32-bit, as is the cluster id. */
  readonly routerId: number;
  /** The router id where no cluster id is configured (RFC 4456 §8). */
  readonly clusterId: number;
  readonly defaultLocalPref: number;
  /** Kernel metric of ordinary routes (PRIO, N). */
  readonly normalPriority: Readonly<Record<Family, number>>;
}
