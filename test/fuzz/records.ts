/** Inputs that are a script: records of `kind, length (2 octets), octets`, in any number. */
import { concat, u16 } from '../bgp/wire/build.ts';

export interface Step {
  readonly kind: number;
  readonly octets: Uint8Array;
}

export function writeSteps(steps: readonly Step[]): Uint8Array {
  return concat(
    ...steps.map(({ kind, octets }) => concat(Uint8Array.of(kind), u16(octets.length), octets)),
  );
}

/** Reads any octets as a script; the last record may be cut short. */
export function readSteps(bytes: Uint8Array): Step[] {
  const steps: Step[] = [];
  for (let at = 0; at + 3 <= bytes.length; ) {
    const end = Math.min(bytes.length, at + 3 + ((bytes[at + 1]! << 8) | bytes[at + 2]!));
    steps.push({ kind: bytes[at]!, octets: bytes.slice(at + 3, end) });
    at = end;
  }
  return steps;
}

/** Scripts with fewer or smaller records. */
export function* smallerScripts(
  head: Uint8Array,
  steps: readonly Step[],
  smaller: (octets: Uint8Array) => Iterable<Uint8Array>,
): Generator<Uint8Array> {
  for (let size = steps.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at + size <= steps.length; at += size) {
      yield concat(head, writeSteps(steps.toSpliced(at, size)));
    }
  }
  for (const [i, { kind, octets }] of steps.entries()) {
    for (const less of smaller(octets)) {
      yield concat(head, writeSteps(steps.with(i, { kind, octets: less })));
    }
  }
}
