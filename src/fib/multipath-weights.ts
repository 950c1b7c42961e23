/** Shares of the traffic among next hops, from the bandwidth each says it has. */

/** The largest weight a kernel next hop takes. */
const HEAVIEST = 256;
/** So fine are shares told apart. */
const STEPS = 100;

/**
 * Weights in proportion to bandwidths, reduced to small numbers.
 *
 * @param bandwidths one for each next hop; undefined where nothing is known
 * @returns undefined, for equal shares, when one of them is not known
 */
export function weightsOf(bandwidths: readonly (number | undefined)[]): number[] | undefined {
  const known = bandwidths.filter((bandwidth) => bandwidth !== undefined);
  if (known.length < bandwidths.length || known.length === 0) return undefined;
  const most = Math.max(...known);
  const shares = known.map((bandwidth) => Math.max(1, Math.round((bandwidth / most) * STEPS)));
  const divisor = shares.reduce(greatestCommonDivisor);
  return shares.map((share) => share / divisor);
}

/** The weight of next hops that turn out to be one. */
export function sumOfWeights(a: number, b: number): number {
  return Math.min(a + b, HEAVIEST);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
