/** The survey of encoded sets: it says yes to canonical octets only, and then what decoding says. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { decodePathAttributes } from '../../src/bgp/wire/decode-path-attributes.ts';
import { encodePathAttributes } from '../../src/bgp/wire/encode-path-attributes.ts';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import {
  ATTRS_IS_ORDINARY,
  type AttributeSummary,
  summaryOf,
} from '../../src/rib/attribute-columns.ts';
import { CanonicalSurvey } from '../../src/rib/canonical-survey.ts';
import { anyAttributes } from '../bgp/wire/arbitrary-attributes.ts';
import { EXTERNAL, hex, OPTIONS } from '../bgp/wire/build.ts';

const survey = new CanonicalSurvey();

/** The fields read, undefined for a "no". */
function read(
  bytes: Uint8Array,
  isInternal = true,
  mpNextHop?: Uint8Array,
): AttributeSummary | undefined {
  if (!survey.read(bytes, 0, bytes.length, mpNextHop, isInternal)) return undefined;
  const { origin, asPathLength, neighborAs, asBloom, med, localPref, originatorId } = survey;
  const { clusterCount, flags } = survey;
  const rest = { asBloom, med, localPref, originatorId, clusterCount, flags };
  return { origin, asPathLength, neighborAs, ...rest };
}

function expected(set: PathAttributes): AttributeSummary {
  const summary = summaryOf(set);
  return { ...summary, flags: summary.flags | ATTRS_IS_ORDINARY };
}

const known = anyAttributes.map((set): PathAttributes => ({ ...set, unknown: [] }));
const externalOnly = known.map(
  (set): PathAttributes => ({
    ...set,
    localPref: undefined,
    originatorId: undefined,
    clusterList: new Uint32Array(0),
  }),
);

t.test('canonical octets give the fields that decoding gives', async () => {
  fc.assert(
    fc.property(known, (set) =>
      isDeepStrictEqual(read(encodePathAttributes(set, 4, true)), expected(set)),
    ),
    { numRuns: 300 },
  );
  fc.assert(
    fc.property(externalOnly, (set) =>
      isDeepStrictEqual(read(encodePathAttributes(set, 4, true), false), expected(set)),
    ),
    { numRuns: 100 },
  );
});

t.test('of an IPv6 set the next hop is not among the attributes', async (t) => {
  const nextHop = hex('20010db8000000000000000000000001');
  const withNextHop = encodePathAttributes(fc.sample(known, { numRuns: 1, seed: 1 })[0]!, 4, true);
  const set = fc.sample(known, { numRuns: 1, seed: 1 })[0]!;
  t.same(read(encodePathAttributes(set, 4, false), true, nextHop), expected(set));
  t.equal(read(encodePathAttributes(set, 4, false)), undefined, 'IPv4 without a next hop');
  t.equal(read(withNextHop, true, nextHop), undefined, 'IPv6 with a NEXT_HOP');
  const multicast = hex('ff020000000000000000000000000001');
  t.equal(read(encodePathAttributes(set, 4, false), true, multicast), undefined);
});

t.test('whatever it says yes to decodes without fault to the same set', async () => {
  const damaged = fc
    .tuple(known, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 2 }))
    .map(([set, damages]) => {
      const bytes = encodePathAttributes(
        { ...set, asPath: { segments: set.asPath.segments.slice(0, 1) } },
        4,
        true,
      );
      for (const [place, value] of damages) bytes[place % Math.min(bytes.length, 120)] = value;
      return bytes;
    });
  fc.assert(
    fc.property(damaged, fc.boolean(), (bytes, isInternal) => {
      const fields = read(bytes, isInternal);
      if (!fields) return true;
      const options = isInternal ? OPTIONS : EXTERNAL;
      const set = decodePathAttributes(bytes, 0, bytes.length, 'ipv4-unicast', undefined, options);
      if ('action' in set) return false;
      const isCanonical = Buffer.from(encodePathAttributes(set, 4, true)).equals(bytes);
      return isCanonical && isDeepStrictEqual(fields, expected(set));
    }),
    { numRuns: 5000 },
  );
});

t.test('AS 0 and confederation segments are left to the decoder', async (t) => {
  const mandatory = (path: string) => hex(`400101 00 4002${path} 400304c0000201`);
  t.ok(read(mandatory('06 0201 0000fde9')));
  t.notOk(read(mandatory('06 0201 00000000')));
  t.notOk(read(mandatory('06 0301 0000fde9')));
  t.notOk(read(mandatory('06 0202 0000fde9')));
});
