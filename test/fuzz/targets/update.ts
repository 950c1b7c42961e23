/**
 * UPDATE: walked, decoded and encoded again, on sessions of every kind.
 *
 * Holds: nothing is thrown; the walker and a naive reader see the same prefixes; what is around the
 * message does not count; decode∘encode is the identity on attributes that were accepted.
 */
import { formatAsPath, isConfederationSegment } from '../../../src/bgp/wire/as-path.ts';
import { decodePathAttributes } from '../../../src/bgp/wire/decode-path-attributes.ts';
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import { decodeMessage } from '../../../src/bgp/wire/message-view.ts';
import type { PathAttributes } from '../../../src/bgp/wire/path-attributes.ts';
import { isUpdateFault } from '../../../src/bgp/wire/update-fault.ts';
import { type DecodedUpdate, decodeUpdate } from '../../../src/bgp/wire/update-view.ts';
import type { WireOptions } from '../../../src/bgp/wire/wire-options.ts';
import { FAMILIES } from '../../../src/net/family.ts';
import { concat, message, toHex } from '../../bgp/wire/build.ts';
import type { Dice } from '../dice.ts';
import { naiveUpdate } from '../naive-update.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';
import { makeUpdate, mutateUpdate, smallerUpdates, type UpdateParts } from '../update-parts.ts';

const INTERNAL = 1;
const TWO_OCTET = 2;
const ADD_PATH = 4;
const TOLERANT = 8;
const SUBSET = 16;
const EXTENDED_NEXT_HOP = 32;
const MARKING = 64;
/** A body of more is no message. */
const LARGEST_BODY = 65_535 - 19;

/** The first octet of an input is the kind of session, the rest is the body of the message. */
export const UPDATE: FuzzTarget = {
  name: 'update',
  isText: false,
  make,
  run,
  *reductions(input) {
    for (const body of smallerUpdates(input.subarray(1))) yield concat(input.subarray(0, 1), body);
  },
};

function make(dice: Dice): Uint8Array {
  const mode = dice.below(128);
  const asWidth = (mode & TWO_OCTET) === 0 ? 4 : 2;
  const hasPathIds = (mode & ADD_PATH) !== 0 && (mode & SUBSET) === 0;
  const parts = (): UpdateParts => makeUpdate(dice, { asWidth, hasPathIds });
  return concat(Uint8Array.of(mode), mutateUpdate(dice, parts(), parts()));
}

/** The session an octet stands for. */
export function optionsOf(mode: number): WireOptions {
  const addPath = (mode & SUBSET) === 0 ? FAMILIES : FAMILIES.slice(1);
  return {
    asWidth: (mode & TWO_OCTET) === 0 ? 4 : 2,
    addPathReceive: (mode & ADD_PATH) === 0 ? [] : addPath,
    addPathSend: [],
    maximumMessageSize: 65_535,
    isInternal: (mode & INTERNAL) !== 0,
    toleratesAsZero: (mode & TOLERANT) !== 0,
    hasExtendedNextHop: (mode & EXTENDED_NEXT_HOP) !== 0,
    onlyToCustomer: (mode & MARKING) !== 0 ? 65_001 : undefined,
  };
}

function run(input: Uint8Array): void {
  if (input.length < 5) return; // the framer lets no shorter body pass
  const options = optionsOf(input[0]!);
  const bytes = message(2, input.slice(1, 1 + LARGEST_BODY));
  const before = bytes.slice();
  const decoded = decodeUpdate(bytes, 0, bytes.length, options);
  checkSame(toHex(bytes), toHex(before), 'the message was written to');
  checkAgainstNaive(bytes, options, decoded);
  checkSurroundings(bytes, options, decoded);
  check(
    (decoded.fault?.data.length ?? 0) <= bytes.length,
    'the data of the fault is larger than the message',
  );
  for (const { family, attributes } of decoded.reachable) {
    checkEncoding(attributes, options, family === 'ipv4-unicast');
  }
  JSON.stringify(decodeMessage(bytes, 0, bytes.length, options));
}

function checkAgainstNaive(bytes: Uint8Array, options: WireOptions, decoded: DecodedUpdate): void {
  const naive = naiveUpdate(bytes, options);
  const { fault } = decoded;
  const withdrawn = decoded.withdrawn.map(({ prefix, pathId }) => `${prefix}#${pathId}`);
  const groups = decoded.reachable.flatMap((group) => group.prefixes);
  const reachable = groups.map(({ prefix, pathId }) => `${prefix}#${pathId}`);
  if (fault?.action === 'session-reset') {
    checkSame([withdrawn, reachable], [[], []], 'a message that resets was delivered');
    if (naive) check(naive.reachable.length === 0, `a needless reset: ${fault.reason}`);
    return;
  }
  check(naive !== undefined, 'a broken message passed');
  check(!naive.hasOverrun || fault?.action === 'treat-as-withdraw', 'an overrun passed');
  if (fault?.action !== 'treat-as-withdraw') {
    checkSame(withdrawn, naive.withdrawn, 'withdrawn');
    checkSame(reachable, naive.reachable, 'reachable');
    return;
  }
  const all = [...naive.withdrawn, ...naive.reachable].sort();
  checkSame([...withdrawn, ...reachable].sort(), all, 'prefixes of a message with a fault');
}

/** The same message amid other octets means the same. */
function checkSurroundings(bytes: Uint8Array, options: WireOptions, decoded: DecodedUpdate): void {
  for (const filling of [0x00, 0x18]) {
    const around = new Uint8Array(40).fill(filling);
    const larger = concat(around, bytes, around);
    const again = decodeUpdate(larger, 40, 40 + bytes.length, options);
    checkSame(again, decoded, 'read amid other octets');
  }
}

function checkEncoding(set: PathAttributes, options: WireOptions, isClassic: boolean): void {
  const hasNextHop = isClassic && set.nextHop.length === 4;
  const family = hasNextHop ? 'ipv4-unicast' : 'ipv6-unicast';
  for (const asWidth of [2, 4] as const) {
    const encoded = encodePathAttributes(set, asWidth, hasNextHop);
    const nextHop = hasNextHop ? undefined : set.nextHop;
    const same = { ...options, asWidth };
    const again = decodePathAttributes(encoded, 0, encoded.length, family, nextHop, same);
    if (isUpdateFault(again)) throw new Error(`not read back with ${asWidth}: ${again.reason}`);
    if (asWidth === 2) {
      checkSame(narrow(again, set), narrow(set, set), 'read back with 2');
      continue;
    }
    checkSame(again, set, 'read back');
    checkSame(toHex(encodePathAttributes(again, 4, hasNextHop)), toHex(encoded), 'encoded twice');
  }
}

/** Over two octets segments may be joined, and confederations are lost from AS4_PATH (RFC 6793 §6). */
function narrow(set: PathAttributes, original: PathAttributes): object {
  const hasConfederation = original.asPath.segments.some(isConfederationSegment);
  return { ...set, asPath: hasConfederation ? '' : formatAsPath(set.asPath) };
}
