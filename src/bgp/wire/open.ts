/**
 * The OPEN message (RFC 4271 §4.2) with its optional parameters in both length forms (RFC 9072).
 */
import type { Capability } from './capabilities.ts';

export interface Open {
  /** The AS of the speaker: from the four-octet capability when there is one, else the field. */
  readonly asNumber: number;
  /** As announced: 0, or at least 3. */
  readonly holdTimeSec: number;
  /** BGP identifier, unsigned 32-bit, not 0. */
  readonly routerId: number;
  /** In wire order, over all parameters. */
  readonly capabilities: readonly Capability[];
}

/**
 * Decodes the whole OPEN message at `[at, end)`.
 *
 * @throws NotificationError 2/x as RFC 4271 §6.2 asks: 2/1 version; 2/2 AS 0; 2/3 identifier 0; 2/6 hold
 *   time 1 or 2; 2/4 parameter other than capabilities; 2/0 lengths that do not add up. What needs
 *   configuration (expected AS, our own identifier, required families) is the session's to check.
 */
export declare function decodeOpen(bytes: Uint8Array, at: number, end: number): Open;

/** Encodes a whole OPEN message; a new buffer. Capabilities beyond 253 octets use RFC 9072. */
export declare function encodeOpen(open: Open): Uint8Array;
