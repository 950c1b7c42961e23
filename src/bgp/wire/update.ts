/** Walks an UPDATE message (RFC 4271 §4.3, RFC 4760) under the rules of RFC 7606. */
import type { UpdateFault } from './update-fault.ts';
import type { UpdateSink } from './update-sink.ts';
import type { WireOptions } from './wire-options.ts';

/**
 * Walks the whole message at `[at, end)`, header included.
 *
 * @returns the strongest fault. `session-reset`: the sink was not called. `treat-as-withdraw`: the
 *   prefixes went to `sink.withdraw`, the session goes on.
 */
export declare function walkUpdate(
  bytes: Uint8Array,
  at: number,
  end: number,
  options: WireOptions,
  sink: UpdateSink,
): UpdateFault | undefined;
