/** Path attributes: decoding each, canonical encoding, and AS numbers over two-octet sessions. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { formatAsPath } from '../../../src/bgp/wire/as-path.ts';
import { attributesView } from '../../../src/bgp/wire/attributes-view.ts';
import { decodePathAttributes } from '../../../src/bgp/wire/decode-path-attributes.ts';
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import { isUpdateFault } from '../../../src/bgp/wire/update-fault.ts';
import type { WireOptions } from '../../../src/bgp/wire/wire-options.ts';
import { anyAttributes } from './arbitrary-attributes.ts';
import {
  attribute,
  concat,
  hex,
  MANDATORY,
  NEXT_HOP,
  OPTIONS,
  ORIGIN,
  TWO_OCTET,
  toHex,
} from './build.ts';

function decode(bytes: Uint8Array, options: WireOptions = OPTIONS, nextHop?: Uint8Array) {
  const family = nextHop ? 'ipv6-unicast' : 'ipv4-unicast';
  const result = decodePathAttributes(bytes, 0, bytes.length, family, nextHop, options);
  if (isUpdateFault(result)) throw new Error(result.reason);
  return result;
}

const ALL: readonly Uint8Array[] = [
  attribute(0x40, 1, '02'),
  attribute(0x40, 2, '0202 0000fde9 00010000 0102 00000001 00000002'),
  attribute(0x40, 3, 'c0000201'),
  attribute(0x80, 4, '0000000a'),
  attribute(0x40, 5, '00000064'),
  attribute(0x40, 6, ''),
  attribute(0xc0, 7, '0000fde9 c0000202'),
  attribute(0xc0, 8, '0000fde9 ffffff01'),
  attribute(0x80, 9, 'c0000203'),
  attribute(0x80, 10, 'c0000204 c0000205'),
  attribute(0xe0, 13, 'aabb'),
  attribute(0xc0, 16, '0002fde900000001 4300000000000000'),
  attribute(0xc0, 25, '0002 20010db8000000000000000000000001 0007'),
  attribute(0xe0, 28, ''),
  attribute(0xc0, 32, '0000fde9 00000001 00000002'),
  attribute(0xe0, 99, '01'),
];

t.test('every attribute decodes, and encodes to the same octets', async (t) => {
  const bytes = concat(...ALL);
  const attributes = decode(bytes);
  t.same(attributesView(attributes), {
    origin: 'incomplete',
    asPath: '65001 65536 {1 2}',
    nextHop: '192.0.2.1',
    med: 10,
    localPref: 100,
    atomicAggregate: true,
    aggregator: { asNumber: 65001, address: '192.0.2.2' },
    communities: ['0:65001', 'no-export'],
    originatorId: '192.0.2.3',
    clusterList: ['192.0.2.4', '192.0.2.5'],
    extendedCommunities: ['rt:65001:1', '0x4300000000000000'],
    ipv6ExtendedCommunities: ['0x000220010db80000000000000000000000010007'],
    largeCommunities: ['65001:1:2'],
    unknown: [
      { type: 13, flags: 0xe0, value: 'aabb' },
      { type: 28, flags: 0xe0, value: '' },
      { type: 99, flags: 0xe0, value: '01' },
    ],
  });
  t.equal(toHex(encodePathAttributes(attributes, 4, true)), toHex(bytes));
});

t.test('the Partial bit of attributes we understand is kept (RFC 4271 §5)', async (t) => {
  const optional: readonly (readonly [number, string])[] = [
    [7, '0000fde9 c0000201'],
    [8, 'fde90001'],
    [16, '0002fde900000001'],
    [25, `0002${'20010db8'.repeat(4)}0001`],
    [32, '0000fde90000000100000002'],
    [35, '0000fde9'],
  ];
  for (const [type, value] of optional) {
    for (const flags of [0xc0, 0xe0]) {
      const octets = concat(...MANDATORY, attribute(flags, type, value));
      const set = decode(octets);
      t.equal(toHex(encodePathAttributes(set, 4, true)), toHex(octets), `${type}, ${flags}`);
      const { partial, ...others } = set;
      t.equal(partial !== 0, flags === 0xe0);
      t.equal(encodePathAttributes({ ...others, partial: 0 }, 4, true).length, octets.length);
    }
  }
});

t.test('any order on the wire gives the same canonical octets', async (t) => {
  const canonical = toHex(concat(...ALL));
  t.equal(toHex(encodePathAttributes(decode(concat(...ALL.toReversed())), 4, true)), canonical);
});

t.test('communities come out sorted and without repeats', async (t) => {
  const bytes = concat(
    ...MANDATORY,
    attribute(0xc0, 8, '00000003 00000001 00000003'),
    attribute(0xc0, 32, `${'00000002'.repeat(3)}${'00000001'.repeat(3)}${'00000002'.repeat(3)}`),
  );
  const { communities, largeCommunities } = decode(bytes);
  t.same([...communities], [1, 3]);
  t.same([...largeCommunities], [1, 1, 1, 2, 2, 2]);
});

t.test(
  'unknown transitive attributes get Partial, non-transitive ones are dropped (RFC 4271 §5)',
  async (t) => {
    const bytes = concat(...MANDATORY, attribute(0xc0, 99, '01'), attribute(0x80, 98, '02'));
    const attributes = decode(bytes);
    t.same(attributes.unknown, [{ flags: 0xe0, type: 99, value: hex('01') }]);
    const again = encodePathAttributes(attributes, 4, true);
    t.equal(toHex(again), toHex(concat(...MANDATORY, attribute(0xe0, 99, '01'))));
  },
);

t.test('Extended Length is used when needed, and only then', async (t) => {
  const long = attribute(
    0xd0,
    8,
    new Uint8Array(256).map((_, i) => (i % 4 === 3 ? i >> 2 : 0)),
  );
  const bytes = concat(...MANDATORY, long);
  t.equal(toHex(encodePathAttributes(decode(bytes), 4, true)), toHex(bytes));
  const short = concat(attribute(0x50, 1, '00'), ...MANDATORY.slice(1));
  t.equal(toHex(encodePathAttributes(decode(short), 4, true)), toHex(concat(...MANDATORY)));
});

t.test('NEXT_HOP is left out when told, and when there is none', async (t) => {
  const without = toHex(concat(ORIGIN, MANDATORY[1]!));
  const attributes = decode(concat(...MANDATORY));
  t.equal(toHex(encodePathAttributes(attributes, 4, false)), without);
  const local = { ...attributes, nextHop: new Uint8Array(0) };
  t.equal(toHex(encodePathAttributes(local, 4, true)), without);
});

t.test('the next hop of MP_REACH_NLRI wins over NEXT_HOP (RFC 4760 §3)', async (t) => {
  const nextHop = hex('20010db8000000000000000000000001');
  t.same(decode(concat(...MANDATORY), OPTIONS, nextHop).nextHop, nextHop);
  const zero = concat(ORIGIN, MANDATORY[1]!, attribute(0x40, 3, '00000000'));
  t.same(decode(zero, OPTIONS, nextHop).nextHop, nextHop, 'whatever that one says');
});

t.test('IPv6 prefixes never take an IPv4 NEXT_HOP', async (t) => {
  const bytes = concat(...MANDATORY);
  t.match(decodePathAttributes(bytes, 0, bytes.length, 'ipv6-unicast', undefined, OPTIONS), {
    action: 'treat-as-withdraw',
    subcode: 3,
  });
});

t.test(
  'two octets: AS_TRANS, AS4_PATH and AS4_AGGREGATOR are written (RFC 6793 §4.2.2)',
  async (t) => {
    const four = concat(
      ORIGIN,
      attribute(0x40, 2, '0202 0000fde9 00010000'),
      NEXT_HOP,
      attribute(0xc0, 7, '00010000 c0000202'),
    );
    const two = concat(
      ORIGIN,
      attribute(0x40, 2, '0202 fde9 5ba0'),
      NEXT_HOP,
      attribute(0xc0, 7, '5ba0 c0000202'),
      attribute(0xc0, 17, '0202 0000fde9 00010000'),
      attribute(0xc0, 18, '00010000 c0000202'),
    );
    t.equal(toHex(encodePathAttributes(decode(four), 2, true)), toHex(two));
    t.equal(toHex(encodePathAttributes(decode(two, TWO_OCTET), 4, true)), toHex(four));
    const small = concat(...MANDATORY);
    const narrow = concat(ORIGIN, attribute(0x40, 2, '0201fde9'), NEXT_HOP);
    t.equal(toHex(encodePathAttributes(decode(small), 2, true)), toHex(narrow), 'not needed');
  },
);

t.test('merging AS4_PATH (RFC 6793 §4.2.3)', async (t) => {
  const rows: [string, string, string, string][] = [
    ['as long', '0202 5ba0 5ba0', '0202 00010000 00010001', '65536 65537'],
    ['longer AS_PATH', '0203 fde9 5ba0 5ba0', '0202 00010000 00010001', '65001 65536 65537'],
    ['longer AS4_PATH is ignored', '0201 fde9', '0202 00010000 00010001', '65001'],
    ['a set counts 1', '0201 fde9 0102 0001 0002', '0201 00010000', '65001 65536'],
    ['a set is kept whole', '0102 0001 0002 0201 5ba0', '0201 00010000', '{1 2} 65536'],
    ['a set in AS4_PATH', '0201 fde9 0101 5ba0', '0101 00010000', '65001 {65536}'],
    ['confederation in AS4_PATH', '0202 fde9 5ba0', '0301 00000009 0201 00010000', '65001 65536'],
    ['confederation in front', '0301 0009 0201 5ba0', '0201 00010000', '(9) 65536'],
  ];
  for (const [name, path, as4, expected] of rows) {
    const bytes = concat(ORIGIN, attribute(0x40, 2, path), NEXT_HOP, attribute(0xc0, 17, as4));
    t.equal(formatAsPath(decode(bytes, TWO_OCTET).asPath), expected, name);
  }
});

t.test('an AGGREGATOR other than AS_TRANS voids both AS4 attributes', async (t) => {
  const parts = (aggregator: string) =>
    concat(
      ORIGIN,
      attribute(0x40, 2, '0201 5ba0'),
      NEXT_HOP,
      attribute(0xc0, 7, aggregator),
      attribute(0xc0, 17, '0201 00010000'),
      attribute(0xc0, 18, '00010001 c0000202'),
    );
  const stale = decode(parts('fde9 c0000203'), TWO_OCTET);
  t.equal(formatAsPath(stale.asPath), '23456');
  t.same(stale.aggregator, { asn: 65001, address: 0xc0000203 });
  const fresh = decode(parts('5ba0 c0000203'), TWO_OCTET);
  t.equal(formatAsPath(fresh.asPath), '65536');
  t.same(fresh.aggregator, { asn: 65537, address: 0xc0000202 });
});

t.test('decode(encode(x)) = x with four octets', async () => {
  fc.assert(
    fc.property(anyAttributes, (attributes) => {
      return isDeepStrictEqual(decode(encodePathAttributes(attributes, 4, true)), attributes);
    }),
    { numRuns: 300 },
  );
});

t.test('decode(encode(x)) = x with two octets, adjacent sequences joined', async () => {
  fc.assert(
    fc.property(anyAttributes, (attributes) => {
      const again = decode(encodePathAttributes(attributes, 2, true), TWO_OCTET);
      return (
        formatAsPath(again.asPath) === formatAsPath(attributes.asPath) &&
        isDeepStrictEqual({ ...again, asPath: attributes.asPath }, attributes)
      );
    }),
    { numRuns: 300 },
  );
});

t.test('random octets decode or give a fault, never throw', async () => {
  const options = fc.constantFrom(OPTIONS, TWO_OCTET);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), options, (bytes, wire) => {
      decodePathAttributes(bytes, 0, bytes.length, 'ipv4-unicast', undefined, wire);
    }),
    { numRuns: 2000 },
  );
});

t.test('AS 0 is tolerated in AS4_PATH where it is in AS_PATH (fuzz seed 4056)', async (t) => {
  const tolerant = { ...TWO_OCTET, toleratesAsZero: true };
  const path = { segments: [{ type: 2, asns: Uint32Array.of(0, 65536) }] };
  const set = decode(concat(...MANDATORY), OPTIONS);
  const again = decode(encodePathAttributes({ ...set, asPath: path }, 2, true), tolerant);
  t.same(again.asPath, path);
});
