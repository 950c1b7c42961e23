/** Framing of UPDATE messages around NLRI, read back by the walk. */
import fc from 'fast-check';
import t from 'tap';
import { writeNlri, writePathId } from '../../../src/bgp/wire/nlri.ts';
import {
  beginReach,
  beginUnreach,
  encodeEndOfRib,
  finishReach,
  finishUnreach,
  reachOverhead,
  UNREACH_OVERHEAD,
} from '../../../src/bgp/wire/update-writer.ts';
import { FAMILIES, type Family } from '../../../src/net/family.ts';
import { makePrefix, type Prefix } from '../../../src/net/prefix.ts';
import { formatPrefix } from '../../../src/net/text.ts';
import {
  ADD_PATH,
  AS_PATH,
  concat,
  decoded,
  hex,
  NEXT_HOP,
  OPTIONS,
  ORIGIN,
  toHex,
} from './build.ts';

const IPV6_HOP = hex('20010db8000000000000000000000001');
/** Families and next hops; the last is of RFC 8950. */
const FORMS = [
  ['ipv4-unicast', hex('c0000201')],
  ['ipv6-unicast', IPV6_HOP],
  ['ipv6-unicast', concat(IPV6_HOP, hex('fe800000000000000000000000000001'))],
  ['ipv4-unicast', IPV6_HOP],
] as const;

const anyPrefixes = (family: Family) => {
  const size = family === 'ipv4-unicast' ? 4 : 16;
  const one = fc
    .tuple(fc.uint8Array({ minLength: size, maxLength: size }), fc.nat(size * 8))
    .map(([address, length]) => makePrefix(address, length));
  return fc.array(one, { minLength: 1, maxLength: 50 });
};

/** Offset behind all NLRI; path ids count up when asked for. */
function write(bytes: Uint8Array, at: number, prefixes: readonly Prefix[], ids: boolean): number {
  let next = at;
  prefixes.forEach(({ address, length }, i) => {
    if (ids) next = writePathId(bytes, next, i);
    next = writeNlri(bytes, next, address, 0, length);
  });
  return next;
}

for (const [family, nextHop] of FORMS) {
  t.test(`${family}: what is written is what the walk reads`, async () => {
    const property = fc.property(
      anyPrefixes(family),
      fc.boolean(),
      fc.nat(9),
      (prefixes, ids, at) => {
        const options = { ...(ids ? ADD_PATH : OPTIONS), hasExtendedNextHop: true };
        const buffer = new Uint8Array(8192);
        const isClassic = nextHop.length === 4;
        const attributes = concat(ORIGIN, AS_PATH, ...(isClassic ? [NEXT_HOP] : []));
        const first = beginReach(buffer, at, family, attributes, nextHop);
        const nlriEnd = write(buffer, first, prefixes, ids);
        const end = finishReach(buffer, at, nlriEnd, attributes, nextHop);
        const { reachable, fault } = decoded(buffer.slice(at, end), options);
        const overhead = reachOverhead(attributes.length, nextHop.length);
        return (
          fault === undefined &&
          end - at === overhead + nlriEnd - first &&
          toHex(reachable[0]!.attributes.nextHop) === toHex(nextHop) &&
          reachable[0]!.prefixes.map(({ prefix }) => prefix).join() ===
            prefixes.map(formatPrefix).join() &&
          reachable[0]!.prefixes.every(({ pathId }, i) => pathId === (ids ? i : 0))
        );
      },
    );
    fc.assert(property);
  });
}

for (const family of FAMILIES) {
  t.test(`${family}: withdrawals`, async () => {
    const property = fc.property(anyPrefixes(family), fc.boolean(), (prefixes, ids) => {
      const buffer = new Uint8Array(8192);
      const first = beginUnreach(buffer, 0, family);
      const nlriEnd = write(buffer, first, prefixes, ids);
      const end = finishUnreach(buffer, 0, family, nlriEnd);
      const { withdrawn, fault } = decoded(buffer.slice(0, end), ids ? ADD_PATH : OPTIONS);
      return (
        fault === undefined &&
        end === UNREACH_OVERHEAD[family] + nlriEnd - first &&
        withdrawn.map(({ prefix }) => prefix).join() === prefixes.map(formatPrefix).join()
      );
    });
    fc.assert(property);
  });

  t.test(`${family}: End-of-RIB`, async (t) => {
    t.equal(decoded(encodeEndOfRib(family)).endOfRib, family);
  });
}
