/**
 * Messages up to 65535 octets (RFC 8654): the longest legal attributes go through every reader, and
 * what has grown too long for a message is withdrawn, never truncated.
 */
import t from 'tap';
import { asPathLength } from '../../src/bgp/wire/as-path.ts';
import { decodeMessage } from '../../src/bgp/wire/message-view.ts';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import type { PolicyMatch, PolicyRule } from '../../src/policy/model.ts';
import { concat, EXTERNAL, message, u16 } from '../bgp/wire/build.ts';
import { asPath, attributes, RibLab, reach } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';
const EXTENDED = { maximumMessageSize: 65_535 };
const CLIENT = { isRouteReflectorClient: true };
/** Octets of header, lengths, ORIGIN, NEXT_HOP, the header of AS_PATH, and one /24. */
const OTHER_OCTETS = 23 + 4 + 7 + 4 + 4;

/** The longest path that fits a message: full segments, and one that takes what is left. */
function longestPath(asWidth: 2 | 4): PathAttributes['asPath'] {
  const segments = [];
  let room = 65_535 - OTHER_OCTETS;
  for (let asn = 1; room >= 2 + asWidth; asn += 255) {
    const count = Math.min(255, Math.floor((room - 2) / asWidth));
    segments.push({
      type: 2,
      asns: Uint32Array.from({ length: count }, (_, i) => 1 + ((asn + i) % 60_000)),
    });
    room -= 2 + count * asWidth;
  }
  return { segments };
}

const LONGEST = longestPath(4);
const LENGTH = asPathLength(LONGEST);

t.test('the longest path reaches peers that take long messages, unchanged', async (t) => {
  const lab = new RibLab();
  const client = lab.upPeer('c', { ...CLIENT, ...EXTENDED });
  const small = lab.upPeer('small', CLIENT);
  const from = lab.upPeer('from', { isInternal: false, asNumber: 1, ...EXTENDED });
  from.announce([TO], { asPath: asPath(7) });
  lab.settle();
  t.equal(small.routes.size, 1);
  // What goes to internal peers has LOCAL_PREF, seven octets: two numbers less.
  const { segments } = LONGEST;
  const last = segments.at(-1)!;
  const almost = { segments: [...segments.slice(0, -1), { ...last, asns: last.asns.subarray(2) }] };
  const update = reach([TO], attributes({ asPath: almost }));
  t.ok(update.length > 65_520);
  t.equal(from.deliver(update), undefined);
  lab.settle();
  t.same(client.routes.get(TO)?.asPath, almost);
  t.equal(small.routes.size, 0, 'withdrawn where it does not fit, not cut (RFC 8654 §4)');
  from.announce([TO], { asPath: asPath(7) });
  lab.settle();
  t.equal(small.routes.size, 1);
});

t.test(
  'a path that outgrows the message on its way out is withdrawn (RFC 4271 §9.2)',
  async (t) => {
    const lab = new RibLab();
    const external = lab.upPeer('e', { isInternal: false, asNumber: 65009, ...EXTENDED });
    const prepending: PolicyRule = {
      name: 'p',
      match: {},
      set: { prepend: new Array(300).fill(9) },
      action: 'accept',
    };
    const policed = lab.upPeer('p', {
      isInternal: false,
      asNumber: 65010,
      exportRules: [prepending],
      ...EXTENDED,
    });
    const from = lab.upPeer('from', { isInternal: false, asNumber: 1, ...EXTENDED });
    for (const length of [10, LENGTH, 11]) {
      const path = length === LENGTH ? LONGEST : asPath(...new Array(length).fill(3));
      t.equal(from.deliver(reach([TO], attributes({ asPath: path }))), undefined);
      lab.settle();
      const isLong = length === LENGTH;
      t.equal(external.routes.size, isLong ? 0 : 1);
      t.equal(policed.routes.size, isLong ? 0 : 1);
    }
  },
);

t.test(
  'a two-octet path that no four-octet message can hold is known, and goes to nobody',
  async (t) => {
    const lab = new RibLab();
    const client = lab.upPeer('c', { ...CLIENT, ...EXTENDED });
    const external = lab.upPeer('e', { isInternal: false, asNumber: 65009, ...EXTENDED });
    const from = lab.upPeer('from', { isInternal: false, asNumber: 1, asWidth: 2, ...EXTENDED });
    const path = longestPath(2);
    const octets = concat(
      ...path.segments.map(({ type, asns }) =>
        concat(Uint8Array.of(type, asns.length), ...Array.from(asns, (asn) => u16(asn))),
      ),
    );
    const others = Uint8Array.of(0x40, 1, 1, 0, 0x40, 3, 4, 192, 0, 2, 1, 0x50, 2);
    const all = concat(others, u16(octets.length), octets);
    const update = message(2, concat(u16(0), u16(all.length), all, Uint8Array.of(24, 10, 1, 0)));
    t.ok(update.length > 65_530);
    for (let round = 0; round < 2; round++) {
      t.equal(from.deliver(update), undefined);
      lab.settle();
      const [view] = lab.rib.views.adjIn(from.id);
      t.equal(asPathLength(lab.rib.views.attributes(view!.attrs).asPath), asPathLength(path));
      t.same([client.routes.size, external.routes.size], [0, 0]);
      from.withdraws([TO]);
      lab.settle();
    }
    t.match(decodeMessage(update, 0, update.length, { ...EXTERNAL, asWidth: 2 }), {
      type: 'UPDATE',
    });
  },
);

t.test('every question about paths at the longest one', async (t) => {
  const first = LONGEST.segments[0]!.asns[0]!;
  const last = LONGEST.segments.at(-1)!.asns.at(-1)!;
  const around = [...LONGEST.segments[0]!.asns.slice(-2), ...LONGEST.segments[1]!.asns.slice(0, 2)];
  const all = LONGEST.segments.flatMap(({ asns }) => [...asns]);
  const questions: readonly [PolicyMatch, boolean][] = [
    [{ asPathPrefix: all }, true],
    [{ asPathPrefix: [...all, 1] }, false],
    [{ asPathContains: around }, true],
    [{ asPathContains: all }, true],
    [{ asPathContains: [last, first] }, false],
    [{ asPathOrigin: [last] }, true],
    [{ asPathOrigin: [first + 60_000] }, false],
    [{ asPathFirst: [first] }, true],
    [{ asPathLength: { min: LENGTH, max: LENGTH } }, true],
  ];
  for (const [match, isMatch] of questions) {
    const lab = new RibLab();
    const rule: PolicyRule = { name: 'r', match, set: {}, action: 'reject' };
    const from = lab.upPeer('from', {
      isInternal: false,
      asNumber: 1,
      importRules: [rule],
      ...EXTENDED,
    });
    t.equal(from.deliver(reach([TO], attributes({ asPath: LONGEST }))), undefined);
    const [view] = lab.rib.views.adjIn(from.id);
    t.equal(view!.reason, isMatch ? 'policy' : 'none', Object.keys(match).join());
  }
});

t.test('more communities than an attribute holds', async (t) => {
  const lab = new RibLab();
  const adds: PolicyRule = {
    name: 'a',
    match: {},
    set: { addCommunities: Array.from({ length: 30 }, (_, i) => i) },
    action: 'accept',
  };
  const client = lab.upPeer('c', { ...CLIENT, ...EXTENDED });
  const policed = lab.upPeer('p', { ...CLIENT, ...EXTENDED, exportRules: [adds] });
  const from = lab.upPeer('from', EXTENDED);
  const communities = Uint32Array.from({ length: 16_365 }, (_, i) => 100 + i);
  t.equal(from.deliver(reach([TO], attributes({ communities, localPref: 100 }))), undefined);
  lab.settle();
  t.equal(client.routes.get(TO)?.communities.length, 16_365);
  t.equal(policed.routes.size, 0);
});

t.test('many prefixes share one long message', async (t) => {
  const lab = new RibLab();
  const client = lab.upPeer('c', { ...CLIENT, ...EXTENDED });
  const small = lab.upPeer('s', CLIENT);
  const prefixes = Array.from({ length: 12_000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  const from = lab.upPeer('from', EXTENDED);
  client.messages = 0;
  small.messages = 0;
  from.announce(prefixes, { localPref: 100 });
  lab.settle();
  t.ok(client.messages <= 4, 'as many as decision runs');
  t.ok(small.messages >= 12);
  t.same([client.routes.size, small.routes.size], [12_000, 12_000]);
});
