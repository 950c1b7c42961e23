/** Editing encoded attributes is the same as decoding, changing and encoding them. */
import fc from 'fast-check';
import t from 'tap';
import { countAsInAttributes, prepend } from '../../../src/bgp/wire/as-path.ts';
import {
  type AttributeEdits,
  EDIT_GROWTH,
  editAttributes,
} from '../../../src/bgp/wire/edit-attributes.ts';
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import type { PathAttributes } from '../../../src/bgp/wire/path-attributes.ts';
import { anyAttributes } from './arbitrary-attributes.ts';
import { attribute, concat, MANDATORY, toHex } from './build.ts';

const NOTHING: AttributeEdits = {
  prependedAs: 0,
  nextHop: undefined,
  keepsMed: true,
  keepsInternal: true,
  localPref: -1,
  isReflected: false,
  originatorId: 0,
  clusterId: 0,
};
const TO_EXTERNAL: AttributeEdits = {
  ...NOTHING,
  prependedAs: 4_200_000_000,
  nextHop: Uint8Array.of(198, 51, 100, 1),
  keepsMed: false,
  keepsInternal: false,
};
const REFLECTED: AttributeEdits = {
  ...NOTHING,
  localPref: 100,
  isReflected: true,
  originatorId: 0xc0000201,
  clusterId: 0xffff_fffe,
};

function edit(bytes: Uint8Array, edits: AttributeEdits): string | undefined {
  const into = new Uint8Array(bytes.length + EDIT_GROWTH);
  const size = editAttributes(bytes, 0, bytes.length, edits, into);
  return size < 0 ? undefined : toHex(into.subarray(0, size));
}

/** Whether editing gives what encoding the set that `change` makes gives. */
function isLike(edits: AttributeEdits, change: (set: PathAttributes) => PathAttributes): void {
  fc.assert(
    fc.property(anyAttributes, (set) => {
      const expected = toHex(encodePathAttributes(change(set), 4, true));
      return edit(encodePathAttributes(set, 4, true), edits) === expected;
    }),
    { numRuns: 300 },
  );
}

t.test('without edits the octets stay', async () => isLike(NOTHING, (set) => set));

t.test('to an external peer: own AS in front, own next hop, nothing internal', async () =>
  isLike(TO_EXTERNAL, (set) => ({
    ...set,
    asPath: prepend(set.asPath, [TO_EXTERNAL.prependedAs]),
    nextHop: TO_EXTERNAL.nextHop!,
    med: undefined,
    localPref: undefined,
    originatorId: undefined,
    clusterList: new Uint32Array(0),
  })),
);

t.test('reflection names originator and cluster and has a LOCAL_PREF (RFC 4456 §8)', async () =>
  isLike(REFLECTED, (set) => ({
    ...set,
    localPref: set.localPref ?? REFLECTED.localPref,
    originatorId: set.originatorId ?? REFLECTED.originatorId,
    clusterList: Uint32Array.of(REFLECTED.clusterId, ...set.clusterList),
  })),
);

t.test('confederation segments that must go are left to the decoder (RFC 5065 §5)', async (t) => {
  const confederated = attribute(0x40, 2, '0301 0000fde9');
  const bytes = concat(MANDATORY[0]!, confederated, MANDATORY[2]!);
  t.equal(edit(bytes, TO_EXTERNAL), undefined);
  t.equal(edit(bytes, NOTHING), toHex(bytes));
});

t.test('an AS is counted in the octets as in the path', async () => {
  fc.assert(
    fc.property(anyAttributes, fc.nat(), (set, pick) => {
      const bytes = encodePathAttributes(set, 4, true);
      const all = set.asPath.segments.flatMap(({ asns }) => [...asns]);
      const asn = all[pick % (all.length + 1)] ?? 65001;
      const occurrences = all.filter((each) => each === asn).length;
      return countAsInAttributes(bytes, 0, bytes.length, asn) === occurrences;
    }),
  );
});
