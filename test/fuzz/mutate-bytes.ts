/** Damage that knows nothing of structure. */
import { concat } from '../bgp/wire/build.ts';
import type { Dice } from './dice.ts';

/** Damages `bytes` once to four times; a new array. `other` is what pieces are borrowed from. */
export function mutateBytes(dice: Dice, bytes: Uint8Array, other: Uint8Array = bytes): Uint8Array {
  let mutated: Uint8Array = bytes.slice();
  for (let left = 1 + dice.count(3); left > 0; left--) {
    mutated = dice.pick(MUTATIONS)(dice, mutated, other);
  }
  return mutated;
}

type Mutation = (dice: Dice, bytes: Uint8Array, other: Uint8Array) => Uint8Array;

const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setOctet,
  setOctet,
  nudge,
  nudge,
  setWord,
  (dice, bytes) => bytes.slice(0, dice.below(bytes.length + 1)),
  (dice, bytes) => {
    const [at, end] = range(dice, bytes);
    return concat(bytes.subarray(0, at), bytes.subarray(end));
  },
  (dice, bytes) => {
    const [at, end] = range(dice, bytes);
    return concat(bytes.subarray(0, end), bytes.subarray(at));
  },
  (dice, bytes) => insert(dice, bytes, dice.octets(dice.count(12))),
  (dice, bytes) => insert(dice, bytes, new Uint8Array(dice.count(300)).fill(dice.octet())),
  (dice, bytes, other) => insert(dice, bytes, other.subarray(...range(dice, other))),
  (dice, bytes, other) =>
    concat(bytes.subarray(0, dice.below(bytes.length + 1)), other.subarray(...range(dice, other))),
];

function flipBit(dice: Dice, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) bytes[dice.below(bytes.length)]! ^= 1 << dice.below(8);
  return bytes;
}

function setOctet(dice: Dice, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) bytes[dice.below(bytes.length)] = dice.octet();
  return bytes;
}

/** Lengths that are off by a little. */
function nudge(dice: Dice, bytes: Uint8Array): Uint8Array {
  if (bytes.length > 0) bytes[dice.below(bytes.length)]! += dice.pick([-4, -2, -1, 1, 2, 4]);
  return bytes;
}

function setWord(dice: Dice, bytes: Uint8Array): Uint8Array {
  const value = dice.pick([0, 0xffff, 0x7fff, 0x8000, 255, 256, 4096, bytes.length]);
  const at = dice.below(bytes.length);
  if (at + 1 < bytes.length) bytes.set([value >>> 8, value & 255], at);
  return bytes;
}

function insert(dice: Dice, bytes: Uint8Array, piece: Uint8Array): Uint8Array {
  const at = dice.below(bytes.length + 1);
  return concat(bytes.subarray(0, at), piece, bytes.subarray(at));
}

/** A short range mostly, any range seldom. */
function range(dice: Dice, bytes: Uint8Array): [number, number] {
  const at = dice.below(bytes.length + 1);
  const most = bytes.length - at;
  return [at, at + (dice.oneIn(4) ? dice.below(most + 1) : Math.min(most, dice.below(9)))];
}
