/** Sets of path attributes for property tests. */
import fc from 'fast-check';
import { AS_SEQUENCE, AS_SET, type AsPath } from '../../../src/bgp/wire/as-path.ts';
import { sortCommunities, sortLargeCommunities } from '../../../src/bgp/wire/communities.ts';
import { type PathAttributes, partialBit } from '../../../src/bgp/wire/path-attributes.ts';
import { concat, hex } from './build.ts';

const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const asn = fc.oneof(fc.integer({ min: 1, max: 65535 }), fc.integer({ min: 1, max: 0xffff_ffff }));
const words = (maxLength: number) =>
  fc.array(u32, { maxLength }).map((each) => Uint32Array.from(each));
const multiple = (size: number) =>
  fc.array(fc.uint8Array({ minLength: size, maxLength: size }), { maxLength: 5 }).map((each) => {
    return concat(...each);
  });
const asPath: fc.Arbitrary<AsPath> = fc
  .array(
    fc.record({
      type: fc.constantFrom(AS_SEQUENCE, AS_SET),
      asns: fc.array(asn, { minLength: 1, maxLength: 255 }).map((each) => Uint32Array.from(each)),
    }),
    { maxLength: 3 },
  )
  .map((segments) => ({ segments }));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Any set that decodes from an internal session, with a fixed next hop. */
export const anyAttributes: fc.Arbitrary<PathAttributes> = fc
  .record({
    origin: fc.integer({ min: 0, max: 2 }),
    asPath,
    nextHop: fc.constant(hex('c0000201')),
    med: optional(u32),
    localPref: optional(u32),
    atomicAggregate: fc.boolean(),
    aggregator: optional(fc.record({ asn, address: u32 })),
    communities: words(80).map(sortCommunities),
    extendedCommunities: multiple(8),
    ipv6ExtendedCommunities: multiple(20),
    largeCommunities: fc
      .array(fc.tuple(u32, u32, u32), { maxLength: 30 })
      .map((each) => sortLargeCommunities(Uint32Array.from(each.flat()))),
    originatorId: optional(u32),
    clusterList: words(5),
    onlyToCustomer: optional(u32),
    unknown: fc
      .uniqueArray(
        fc.record({
          flags: fc.constant(0xe0),
          type: fc.constantFrom(0, 11, 12, 13, 19, 24, 26, 31, 33, 40, 128, 255),
          value: fc.uint8Array({ maxLength: 400 }),
        }),
        { maxLength: 4, selector: ({ type }) => type },
      )
      .map((each) => each.sort((a, b) => a.type - b.type)),
  })
  .chain((each) => fc.integer().map((bits) => ({ ...each, partial: bits & partialBits(each) })))
  .map((each) => structuredClone(each));

/** Bits of the attributes that are there and may be Partial. */
function partialBits(set: Omit<PathAttributes, 'partial'>): number {
  const sizes: readonly (readonly [number, number])[] = [
    [7, set.aggregator ? 1 : 0],
    [8, set.communities.length],
    [16, set.extendedCommunities.length],
    [25, set.ipv6ExtendedCommunities.length],
    [32, set.largeCommunities.length],
    [35, set.onlyToCustomer === undefined ? 0 : 1],
  ];
  return sizes.reduce((bits, [type, size]) => (size > 0 ? bits | partialBit(type) : bits), 0);
}
