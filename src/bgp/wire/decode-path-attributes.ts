/** Decodes path attributes with the checks of RFC 7606 §7. */
import type { Family } from '../../net/family.ts';
import type { PathAttributes } from './path-attributes.ts';
import type { UpdateFault } from './update-fault.ts';
import type { WireOptions } from './wire-options.ts';

/**
 * Decodes the range that `UpdateSink.attributes` was given; the result owns all its data.
 *
 * @param nextHop from MP_REACH_NLRI; undefined when NEXT_HOP is among the attributes
 * @param onDiscard told of each fault that cost an attribute but not the route
 * @returns the attributes, or a `treat-as-withdraw` fault to be returned from the sink
 */
export declare function decodePathAttributes(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
  nextHop: Uint8Array | undefined,
  options: WireOptions,
  onDiscard?: (fault: UpdateFault) => void,
): PathAttributes | UpdateFault;
