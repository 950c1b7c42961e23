/** Greedy reduction: leaves out what the failure does not need, until nothing more can go. */
import { concat } from '../bgp/wire/build.ts';
import { failureOf, signatureOf } from './runner.ts';
import type { FuzzTarget } from './target.ts';

/** Runs spent on one find. */
const MAXIMUM_RUNS = 4000;

/** The smallest input found that fails in the same way as `input`. */
export async function shrink(
  target: FuzzTarget,
  input: Uint8Array,
  signature: string,
): Promise<Uint8Array> {
  let smallest = input;
  let runs = 0;
  for (let isSmaller = true; isSmaller; ) {
    isSmaller = false;
    for (const candidate of candidates(target, smallest)) {
      if (++runs > MAXIMUM_RUNS) return smallest;
      const error = await failureOf(target, candidate);
      if (!error || signatureOf(error) !== signature) continue;
      smallest = candidate;
      isSmaller = true;
      break;
    }
  }
  return smallest;
}

/** Structure first, then ranges, large ones first, then simpler octets. */
function* candidates(target: FuzzTarget, input: Uint8Array): Generator<Uint8Array> {
  if (target.reductions) yield* target.reductions(input);
  for (let size = input.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= input.length; at += size) {
      yield concat(input.subarray(0, at), input.subarray(at + size));
    }
  }
  if (target.isText) return;
  for (let at = 0; at < input.length; at++) if (input[at] !== 0) yield input.with(at, 0);
}
