/** The body of an UPDATE in its parts: made sound, damaged part by part, written with lengths that may lie. */
import { concat, hex, u16 } from '../bgp/wire/build.ts';
import type { Dice } from './dice.ts';
import { mutateBytes } from './mutate-bytes.ts';

export interface Attribute {
  flags: number;
  type: number;
  value: Uint8Array;
  /** Added to the length that is written. */
  lie: number;
}

export interface UpdateParts {
  withdrawn: Uint8Array;
  attributes: Attribute[];
  nlri: Uint8Array;
  /** Added to Withdrawn Routes Length and Total Path Attribute Length. */
  lies: [number, number];
}

/** What the sound parts of a message must fit. */
export interface Shape {
  readonly asWidth: 2 | 4;
  readonly hasPathIds: boolean;
}

const EXTENDED_LENGTH = 0x10;
const V6_NEXT_HOP = hex('20010db8000000000000000000000001');

/** The body behind the header. */
export function writeUpdate({ withdrawn, attributes, nlri, lies }: UpdateParts): Uint8Array {
  const all = concat(...attributes.map(writeAttribute));
  const sizes = [withdrawn.length + lies[0], all.length + lies[1]].map((size) =>
    u16(size & 0xffff),
  );
  return concat(sizes[0]!, withdrawn, sizes[1]!, all, nlri);
}

function writeAttribute({ flags, type, value, lie }: Attribute): Uint8Array {
  const isLong = value.length > 255 || (flags & EXTENDED_LENGTH) !== 0;
  const size = value.length + lie;
  const head = Uint8Array.of(isLong ? flags | EXTENDED_LENGTH : flags, type);
  return concat(head, isLong ? u16(size & 0xffff) : Uint8Array.of(size & 255), value);
}

/** Reads a body whose lengths are true; undefined for others. */
export function readUpdate(body: Uint8Array): UpdateParts | undefined {
  const withdrawnEnd = 2 + wordAt(body, 0);
  const attributesEnd = withdrawnEnd + 2 + wordAt(body, withdrawnEnd);
  if (attributesEnd > body.length) return undefined;
  const attributes: Attribute[] = [];
  for (let at = withdrawnEnd + 2; at < attributesEnd; ) {
    const isLong = (body[at]! & EXTENDED_LENGTH) !== 0;
    const value = at + (isLong ? 4 : 3);
    const end = value + (isLong ? wordAt(body, at + 2) : body[at + 2]!);
    if (end > attributesEnd) return undefined;
    attributes.push({
      flags: body[at]!,
      type: body[at + 1]!,
      value: body.slice(value, end),
      lie: 0,
    });
    at = end;
  }
  const withdrawn = body.slice(2, withdrawnEnd);
  return { withdrawn, attributes, nlri: body.slice(attributesEnd), lies: [0, 0] };
}

function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Bodies with one part less, lengths kept true. */
export function* smallerUpdates(body: Uint8Array): Generator<Uint8Array> {
  const parts = readUpdate(body);
  if (!parts) return;
  const none = new Uint8Array(0);
  if (parts.withdrawn.length > 0) yield writeUpdate({ ...parts, withdrawn: none });
  if (parts.nlri.length > 0) yield writeUpdate({ ...parts, nlri: none });
  for (let i = 0; i < parts.attributes.length; i++) {
    yield writeUpdate({ ...parts, attributes: parts.attributes.toSpliced(i, 1) });
  }
  for (let i = 0; i < parts.attributes.length; i++) {
    const attribute = parts.attributes[i]!;
    for (let at = 0; at < attribute.value.length && attribute.value.length <= 64; at++) {
      const value = concat(attribute.value.subarray(0, at), attribute.value.subarray(at + 1));
      yield writeUpdate({
        ...parts,
        attributes: parts.attributes.with(i, { ...attribute, value }),
      });
    }
  }
}

/** A sound UPDATE: any mix of withdrawals, classic and MP routes, and all attributes we know. */
export function makeUpdate(dice: Dice, shape: Shape): UpdateParts {
  const nlri = dice.oneIn(3) ? new Uint8Array(0) : makeNlri(dice, 4, shape.hasPathIds);
  const attributes: Attribute[] = [];
  if (dice.oneIn(3)) attributes.push(makeReach(dice, shape));
  if (nlri.length > 0 || attributes.length > 0) attributes.push(...makeAttributes(dice, shape));
  if (dice.oneIn(4)) attributes.push(makeUnreach(dice, shape));
  const withdrawn = dice.oneIn(3) ? makeNlri(dice, 4, shape.hasPathIds) : new Uint8Array(0);
  return { withdrawn, attributes, nlri, lies: [0, 0] };
}

/** A few prefixes out of few, so that messages speak of the same ones. */
function makeNlri(dice: Dice, size: 4 | 16, hasPathIds: boolean): Uint8Array {
  const one = () => {
    const bits = dice.oneIn(4) ? dice.below(size * 8 + 1) : dice.pick([0, 8, 16, 24, size * 8]);
    const octets = new Uint8Array((bits + 7) >> 3).fill(dice.oneIn(8) ? dice.octet() : 0);
    if (octets.length > 0) octets[0] = size === 4 ? 11 : 0x20;
    if (octets.length > 1) octets[1] = dice.below(4);
    const pathId = hasPathIds ? Uint8Array.of(0, 0, 0, dice.below(3)) : new Uint8Array(0);
    return concat(pathId, Uint8Array.of(bits), octets);
  };
  return concat(one(), ...dice.many(30, one));
}

function makeReach(dice: Dice, { hasPathIds }: Shape): Attribute {
  const isV6 = !dice.oneIn(4);
  const hop = isV6 || dice.oneIn(2) ? makeIpv6Hop(dice) : hex('c0000202');
  const nlri = makeNlri(dice, isV6 ? 16 : 4, hasPathIds);
  const value = concat(Uint8Array.of(0, isV6 ? 2 : 1, 1, hop.length), hop, Uint8Array.of(0), nlri);
  return plain(0x80, 14, value);
}

/** Global or link-local, alone or in any pair; for IPv4 too (RFC 8950). */
function makeIpv6Hop(dice: Dice): Uint8Array {
  const linkLocal = hex(`fe80${'0'.repeat(27)}1`);
  if (dice.oneIn(2)) return dice.oneIn(4) ? linkLocal : V6_NEXT_HOP;
  const first = dice.oneIn(2) ? V6_NEXT_HOP : dice.pick([linkLocal, new Uint8Array(16)]);
  return concat(first, dice.oneIn(8) ? V6_NEXT_HOP : linkLocal);
}

function makeUnreach(dice: Dice, { hasPathIds }: Shape): Attribute {
  const isV6 = !dice.oneIn(4);
  const nlri = dice.oneIn(4) ? new Uint8Array(0) : makeNlri(dice, isV6 ? 16 : 4, hasPathIds);
  return plain(0x80, 15, concat(Uint8Array.of(0, isV6 ? 2 : 1, 1), nlri));
}

function plain(flags: number, type: number, value: Uint8Array): Attribute {
  return { flags, type, value, lie: 0 };
}

function makeAttributes(dice: Dice, { asWidth }: Shape): Attribute[] {
  const all = [
    plain(0x40, 1, Uint8Array.of(dice.below(3))),
    plain(0x40, 2, makePath(dice, asWidth)),
    plain(0x40, 3, Uint8Array.of(192, 0, 2, 1 + dice.below(3))),
  ];
  const optional: (() => Attribute)[] = [
    () => plain(0x80, 4, dice.octets(4)),
    () => plain(0x40, 5, Uint8Array.of(0, 0, 0, dice.octet())),
    () => plain(0x40, 6, new Uint8Array(0)),
    () => plain(0xc0, 7, concat(makeAsn(dice, asWidth), dice.octets(4))),
    () => plain(0xc0, 8, words(dice, 4)),
    () => plain(0x80, 9, dice.octets(4)),
    () => plain(0x80, 10, words(dice, 4)),
    () => plain(0xc0, 16, words(dice, 8)),
    () => plain(0xc0, 17, makePath(dice, 4)),
    () => plain(0xc0, 18, concat(makeAsn(dice, 4), dice.octets(4))),
    () => plain(0xc0, 25, words(dice, 20)),
    () => plain(0xc0, 32, words(dice, 12)),
    () => plain(0xc0, 35, makeAsn(dice, 4)),
    () => plain(0xc0, 11 + dice.below(240), dice.octets(dice.count(300))),
    () => plain(0x80, 40, dice.octets(dice.count(20))),
  ];
  for (const make of optional) if (dice.oneIn(4)) all.push(make());
  return all;
}

/** Few words as a rule, hundreds seldom. */
function words(dice: Dice, size: number): Uint8Array {
  const count = dice.oneIn(12) ? 1 + dice.below(200) : 1 + dice.below(4);
  return dice.oneIn(2)
    ? dice.octets(count * size)
    : new Uint8Array(count * size).fill(dice.octet());
}

function makeAsn(dice: Dice, width: 2 | 4): Uint8Array {
  if (width === 2) return dice.pick([hex('fde9'), hex('5ba0'), hex('0001')]);
  return dice.pick([hex('0000fde9'), hex('00015f90'), hex('fffffffe'), hex('00005ba0')]);
}

function makePath(dice: Dice, width: 2 | 4): Uint8Array {
  const segment = () => {
    const count = dice.oneIn(20) ? 255 : 1 + dice.below(4);
    const type = dice.oneIn(5) ? 1 + dice.below(4) : 2;
    const asns = Array.from({ length: count }, () => makeAsn(dice, width));
    return concat(Uint8Array.of(type, count), ...asns);
  };
  return concat(...Array.from({ length: dice.below(4) }, segment));
}

/** Damages a message part by part, then, seldom, its octets; answers the body. */
export function mutateUpdate(dice: Dice, parts: UpdateParts, other: UpdateParts): Uint8Array {
  for (let left = dice.count(3); left > 0; left--) dice.pick(MUTATIONS)(dice, parts, other);
  const body = writeUpdate(parts);
  return dice.oneIn(4) ? mutateBytes(dice, body, writeUpdate(other)) : body;
}

type Mutation = (dice: Dice, parts: UpdateParts, other: UpdateParts) => unknown;

const MUTATIONS: readonly Mutation[] = [
  (dice, parts) => withAttribute(dice, parts, (it) => (it.lie += dice.pick([-2, -1, 1, 2, 100]))),
  (dice, parts) => withAttribute(dice, parts, (it) => (it.flags ^= 1 << dice.below(8))),
  (dice, parts) => withAttribute(dice, parts, (it) => (it.flags |= EXTENDED_LENGTH)),
  (dice, parts) => withAttribute(dice, parts, (it) => (it.type = dice.below(40))),
  (dice, parts) => withAttribute(dice, parts, (it) => (it.value = new Uint8Array(0))),
  (dice, parts) =>
    withAttribute(dice, parts, (it) => (it.value = mutateBytes(dice, it.value.slice(0, 2000)))),
  (dice, parts) => withAttribute(dice, parts, (it) => (it.value = dice.octets(dice.below(600)))),
  (dice, parts) => parts.attributes.splice(dice.below(parts.attributes.length + 1), 1),
  (dice, parts, other) => insertAttribute(dice, parts, other.attributes),
  (dice, parts) => insertAttribute(dice, parts, parts.attributes),
  (_dice, parts) => parts.attributes.reverse(),
  (dice, parts) => (parts.lies[dice.below(2)]! += dice.pick([-3, -1, 1, 3, 1000])),
  (dice, parts) => (parts.nlri = mutateBytes(dice, parts.nlri)),
  (dice, parts) => (parts.withdrawn = mutateBytes(dice, parts.withdrawn)),
  (_dice, parts, other) => (parts.nlri = other.nlri),
];

function withAttribute(dice: Dice, parts: UpdateParts, change: (it: Attribute) => unknown): void {
  if (parts.attributes.length === 0) return;
  const at = dice.below(parts.attributes.length);
  const changed = { ...parts.attributes[at]! };
  change(changed);
  parts.attributes[at] = changed;
}

function insertAttribute(dice: Dice, parts: UpdateParts, from: readonly Attribute[]): void {
  if (from.length === 0) return;
  parts.attributes.splice(dice.below(parts.attributes.length + 1), 0, { ...dice.pick(from) });
}
