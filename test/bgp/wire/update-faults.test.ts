/** What each fault of an UPDATE costs: RFC 7606, row by row. */
import t from 'tap';
import {
  AS_PATH,
  attribute,
  concat,
  decoded,
  EXTERNAL,
  hex,
  MANDATORY,
  MP_REACH,
  MP_UNREACH,
  message,
  NEXT_HOP,
  NLRI,
  OPTIONS,
  ORIGIN,
  TWO_OCTET,
  toHex,
  update,
  verdict,
} from './build.ts';

const WITHDRAW = 'treat-as-withdraw';
const DISCARD = 'attribute-discard';
const RESET = 'session-reset';

/** An otherwise sound message that announces 10.1.0.0/16 with one more attribute. */
function plus(...extra: readonly Uint8Array[]): Uint8Array {
  return update({ attributes: [...MANDATORY, ...extra], nlri: NLRI });
}

/** MANDATORY with the attribute of the same type replaced. */
function instead(replacement: Uint8Array): Uint8Array {
  const attributes = MANDATORY.map((each) => (each[1] === replacement[1] ? replacement : each));
  return update({ attributes, nlri: NLRI });
}

t.test('lengths and prefixes (§3 b, §5.3)', async (t) => {
  const body = (text: string) => message(2, hex(text));
  const rows: [string, Uint8Array, string][] = [
    ['withdrawn length past the message', body('0001 0000'), `${RESET} 3/1`],
    ['withdrawn length takes the attribute length', body('0002 0000'), `${RESET} 3/1`],
    ['attribute length past the message', body('0000 0001'), `${RESET} 3/1`],
    ['withdrawn prefix of 33 bits', update({ withdrawn: '210a01010101' }), `${RESET} 3/10`],
    ['withdrawn prefix cut short', update({ withdrawn: '180a01' }), `${RESET} 3/10`],
    ['prefix of 33 bits', update({ attributes: MANDATORY, nlri: '210a01010101' }), `${RESET} 3/10`],
    ['prefix cut short', update({ attributes: MANDATORY, nlri: '180a01' }), `${RESET} 3/10`],
    ['a message without anything', body('0000 00'), `${RESET} 3/1`],
  ];
  for (const [name, bytes, expected] of rows) t.equal(verdict(bytes), expected, name);
});

t.test('MP attributes (§3 d, §5.3, §7.11)', async (t) => {
  const reach = (value: string) =>
    update({ attributes: [attribute(0x80, 14, value), ORIGIN, AS_PATH] });
  const unreach = (value: string) => update({ attributes: [attribute(0x80, 15, value)] });
  const hop = '20010db8000000000000000000000001';
  const rows: [string, Uint8Array, string][] = [
    ['reach of 4 octets', reach('00020100'), `${RESET} 3/9`],
    ['reach without octets', reach(''), `${RESET} 3/9`],
    ['unreach of 2 octets', unreach('0002'), `${RESET} 3/9`],
    ['next hop of 15 octets', reach(`0002010f ${hop.slice(2)} 00`), `${RESET} 3/9`],
    ['next hop of 4 octets for IPv6', reach('00020104 c0000201 00'), `${RESET} 3/9`],
    ['next hop of 16 octets for IPv4', reach(`00010110 ${hop} 00`), `${RESET} 3/9`],
    ['next hop past the attribute', reach(`00020120 ${hop} 00`), `${RESET} 3/9`],
    ['no room for the reserved octet', reach(`00020110 ${hop}`), `${RESET} 3/9`],
    ['reach prefix of 129 bits', reach(`00020110 ${hop} 00 81${hop}00`), `${RESET} 3/9`],
    ['reach prefix cut short', reach(`00020110 ${hop} 00 4020010db8`), `${RESET} 3/9`],
    ['unreach prefix of 129 bits', unreach(`000201 81${hop}00`), `${RESET} 3/9`],
    ['unreach prefix cut short', unreach('000201 2020'), `${RESET} 3/9`],
    ['reach twice', update({ attributes: [MP_REACH, MP_REACH, ORIGIN, AS_PATH] }), `${RESET} 3/1`],
    ['unreach twice', update({ attributes: [MP_UNREACH, MP_UNREACH] }), `${RESET} 3/1`],
    ['unknown family', reach('00190046 00 00 1234'), 'fine'],
    ['unknown family with an impossible next hop', reach('001900 46 ff'), 'fine'],
    ['unreach of an unknown family', unreach('001946 ffff'), 'fine'],
    ['reserved octet set', reach(`00020110 ${hop} 07 2020010db8`), 'fine'],
    ['next hop ::', reach(`00020110 ${'00'.repeat(16)} 00 2020010db8`), `${WITHDRAW} 3/8`],
    ['next hop ff02::1', reach(`00020110 ff02${'00'.repeat(14)} 00 2020010db8`), `${WITHDRAW} 3/8`],
    [
      'reach runs past the attributes',
      update({ attributes: [ORIGIN, hex('800e ff 0002')], nlri: NLRI }),
      `${RESET} 3/9`,
    ],
    [
      'unreach runs past the attributes',
      update({ attributes: [hex('800f 08 0002')] }),
      `${RESET} 3/9`,
    ],
  ];
  for (const [name, bytes, expected] of rows) t.equal(verdict(bytes), expected, name);
});

t.test('attribute section (§3 g, §4)', async (t) => {
  const rows: [string, Uint8Array, string][] = [
    ['an attribute runs past', plus(hex('4005 05 00000064')), `${WITHDRAW} 3/1`],
    ['one octet is left', plus(hex('40')), `${WITHDRAW} 3/1`],
    ['two octets are left', plus(hex('4005')), `${WITHDRAW} 3/1`],
    ['three octets with Extended Length are left', plus(hex('5005 00')), `${WITHDRAW} 3/1`],
    ['a repeated attribute', plus(attribute(0x40, 1, '02')), 'fine'],
    ['a repeated broken attribute', plus(attribute(0x40, 1, '07')), 'fine'],
  ];
  for (const [name, bytes, expected] of rows) t.equal(verdict(bytes), expected, name);
  const repeated = decoded(plus(attribute(0x40, 1, '02')));
  t.equal(repeated.reachable[0]?.attributes.origin, 0, 'the first counts');
});

t.test('missing mandatory attributes (§3 d), for each family', async (t) => {
  for (const missing of MANDATORY) {
    const attributes = MANDATORY.filter((each) => each !== missing);
    t.equal(verdict(update({ attributes, nlri: NLRI })), `${WITHDRAW} 3/3`, `IPv4, ${missing[1]}`);
  }
  t.equal(verdict(update({ nlri: NLRI })), `${WITHDRAW} 3/3`, 'IPv4 without attributes');
  t.equal(verdict(update({ attributes: [MP_REACH, ORIGIN] })), `${WITHDRAW} 3/3`, 'IPv6, AS_PATH');
  t.equal(verdict(update({ attributes: [MP_REACH, AS_PATH] })), `${WITHDRAW} 3/3`, 'IPv6, ORIGIN');
  t.equal(verdict(update({ attributes: [MP_REACH] })), `${WITHDRAW} 3/3`, 'IPv6, both');
  t.equal(verdict(update({ attributes: [MP_REACH, ORIGIN, AS_PATH] })), 'fine', 'IPv6, none');
  const unknownOnly = [attribute(0xc0, 99, '01')];
  t.equal(verdict(update({ attributes: unknownOnly, nlri: NLRI })), `${WITHDRAW} 3/3`);
  t.equal(verdict(update({ attributes: [MP_UNREACH], nlri: NLRI })), `${WITHDRAW} 3/3`);
});

t.test('AS 0 passes where the session tolerates it, in AS_PATH and AGGREGATOR', async (t) => {
  const options = { ...OPTIONS, toleratesAsZero: true };
  const path = instead(attribute(0x40, 2, '02020000fde900000000'));
  const aggregator = plus(attribute(0xc0, 7, '00000000c0000201'));
  for (const bytes of [path, aggregator]) t.equal(verdict(bytes, options), 'fine');
});

t.test('values of each attribute (§7, RFC 7607, RFC 8092, RFC 5701)', async (t) => {
  const rows: [string, Uint8Array, string, string][] = [
    ['ORIGIN 3', instead(attribute(0x40, 1, '03')), `${WITHDRAW} 3/6`, `${WITHDRAW} 3/6`],
    ['ORIGIN of 2', instead(attribute(0x40, 1, '0000')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    ['ORIGIN empty', instead(attribute(0x40, 1, '')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    ['AS_PATH empty', instead(attribute(0x40, 2, '')), 'fine', 'fine'],
    ['segment type 5', path('05010000fde9'), `${WITHDRAW} 3/11`, `${WITHDRAW} 3/11`],
    ['segment type 0', path('00010000fde9'), `${WITHDRAW} 3/11`, `${WITHDRAW} 3/11`],
    ['segment empty', path('0200'), `${WITHDRAW} 3/11`, `${WITHDRAW} 3/11`],
    ['segment cut short', path('02020000fde9'), `${WITHDRAW} 3/11`, `${WITHDRAW} 3/11`],
    ['segment header cut short', path('02010000fde902'), `${WITHDRAW} 3/11`, `${WITHDRAW} 3/11`],
    ['AS 0 in the path', path('02020000fde900000000'), `${WITHDRAW} 3/11`, `${WITHDRAW} 3/11`],
    ['AS 0 in a set', path('010100000000'), `${WITHDRAW} 3/11`, `${WITHDRAW} 3/11`],
    ['confederation segment', path('03010000fde9'), 'fine', `${WITHDRAW} 3/11`],
    ['NEXT_HOP of 3', instead(attribute(0x40, 3, 'c00002')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    [
      'NEXT_HOP 0.0.0.0',
      instead(attribute(0x40, 3, '00000000')),
      `${WITHDRAW} 3/8`,
      `${WITHDRAW} 3/8`,
    ],
    [
      'NEXT_HOP 224.0.0.1',
      instead(attribute(0x40, 3, 'e0000001')),
      `${WITHDRAW} 3/8`,
      `${WITHDRAW} 3/8`,
    ],
    ['MED of 3', plus(attribute(0x80, 4, '000000')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    ['LOCAL_PREF of 3', plus(attribute(0x40, 5, '000000')), `${WITHDRAW} 3/5`, `${DISCARD} 3/5`],
    ['ATOMIC_AGGREGATE of 1', plus(attribute(0x40, 6, '00')), `${DISCARD} 3/5`, `${DISCARD} 3/5`],
    [
      'AGGREGATOR of 6',
      plus(attribute(0xc0, 7, 'fde9c0000201')),
      `${DISCARD} 3/5`,
      `${DISCARD} 3/5`,
    ],
    [
      'AGGREGATOR AS 0',
      plus(attribute(0xc0, 7, '00000000c0000201')),
      `${DISCARD} 3/9`,
      `${DISCARD} 3/9`,
    ],
    ['COMMUNITIES of 3', plus(attribute(0xc0, 8, '000000')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    ['COMMUNITIES empty', plus(attribute(0xc0, 8, '')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    [
      'ORIGINATOR_ID of 5',
      plus(attribute(0x80, 9, '0000000001')),
      `${WITHDRAW} 3/5`,
      `${DISCARD} 3/5`,
    ],
    [
      'CLUSTER_LIST of 5',
      plus(attribute(0x80, 10, '0000000001')),
      `${WITHDRAW} 3/5`,
      `${DISCARD} 3/5`,
    ],
    ['CLUSTER_LIST empty', plus(attribute(0x80, 10, '')), `${WITHDRAW} 3/5`, `${DISCARD} 3/5`],
    [
      'EXTENDED of 9',
      plus(attribute(0xc0, 16, '00'.repeat(9))),
      `${WITHDRAW} 3/5`,
      `${WITHDRAW} 3/5`,
    ],
    ['EXTENDED empty', plus(attribute(0xc0, 16, '')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    [
      'IPv6 EXTENDED of 24',
      plus(attribute(0xc0, 25, '00'.repeat(24))),
      `${WITHDRAW} 3/5`,
      `${WITHDRAW} 3/5`,
    ],
    [
      'LARGE of 16',
      plus(attribute(0xc0, 32, '00'.repeat(16))),
      `${WITHDRAW} 3/5`,
      `${WITHDRAW} 3/5`,
    ],
    ['LARGE empty', plus(attribute(0xc0, 32, '')), `${WITHDRAW} 3/5`, `${WITHDRAW} 3/5`],
    ['AS4_PATH from a four-octet peer', plus(attribute(0xc0, 17, 'ff')), 'fine', 'fine'],
    ['unknown optional transitive, empty', plus(attribute(0xc0, 99, '')), 'fine', 'fine'],
    ['unknown optional, empty', plus(attribute(0x80, 99, '')), 'fine', 'fine'],
    ['unknown well-known', plus(attribute(0x40, 99, '01')), `${WITHDRAW} 3/2`, `${WITHDRAW} 3/2`],
    ['Extended Length on a short value', instead(attribute(0x50, 1, '00')), 'fine', 'fine'],
    ['low four flag bits', instead(attribute(0x4f & ~0x10, 1, '00')), 'fine', 'fine'],
    ['Prefix-SID of zeros', plus(attribute(0xc0, 40, '00'.repeat(8))), 'fine', 'fine'],
    ['entropy label', plus(attribute(0xc0, 28, '')), 'fine', 'fine'],
  ];
  for (const [name, bytes, internal, external] of rows) {
    t.equal(verdict(bytes, OPTIONS), internal, `${name}, internal`);
    t.equal(verdict(bytes, EXTERNAL), external, `${name}, external`);
  }
});

function path(value: string): Uint8Array {
  return instead(attribute(0x40, 2, value));
}

t.test('Optional and Transitive bits (§3 c)', async (t) => {
  const rows: [string, Uint8Array, string][] = [
    ['ORIGIN optional', instead(attribute(0xc0, 1, '00')), `${WITHDRAW} 3/4`],
    ['ORIGIN not transitive', instead(attribute(0x00, 1, '00')), `${WITHDRAW} 3/4`],
    ['AS_PATH optional', instead(attribute(0xc0, 2, '')), `${WITHDRAW} 3/4`],
    ['NEXT_HOP optional', instead(attribute(0x80, 3, 'c0000201')), `${WITHDRAW} 3/4`],
    ['MED transitive', plus(attribute(0xc0, 4, '00000000')), `${WITHDRAW} 3/4`],
    ['LOCAL_PREF optional', plus(attribute(0xc0, 5, '00000000')), `${WITHDRAW} 3/4`],
    ['ATOMIC_AGGREGATE optional', plus(attribute(0xc0, 6, '')), `${DISCARD} 3/4`],
    ['AGGREGATOR not transitive', plus(attribute(0x80, 7, '0000fde9c0000201')), `${DISCARD} 3/4`],
    ['COMMUNITIES not transitive', plus(attribute(0x80, 8, '00000001')), `${WITHDRAW} 3/4`],
    ['ORIGINATOR_ID transitive', plus(attribute(0xc0, 9, '00000001')), `${WITHDRAW} 3/4`],
    ['CLUSTER_LIST transitive', plus(attribute(0xc0, 10, '00000001')), `${WITHDRAW} 3/4`],
    ['EXTENDED not transitive', plus(attribute(0x80, 16, '00'.repeat(8))), `${WITHDRAW} 3/4`],
    ['LARGE well-known', plus(attribute(0x40, 32, '00'.repeat(12))), `${WITHDRAW} 3/4`],
    ['Partial on a well-known', instead(attribute(0x60, 1, '00')), 'fine'],
  ];
  for (const [name, bytes, expected] of rows) t.equal(verdict(bytes), expected, name);
  const reach = MP_REACH.slice();
  reach[0] = 0xc0;
  const bytes = update({ attributes: [reach, ORIGIN, AS_PATH] });
  t.equal(verdict(bytes), `${WITHDRAW} 3/4`, 'MP_REACH_NLRI transitive');
  t.same(decoded(bytes).withdrawn[0]?.prefix, '2001:db8::/32');
});

t.test('two-octet sessions: broken AS4 attributes are dropped (RFC 6793 §6)', async (t) => {
  const base = [ORIGIN, attribute(0x40, 2, '02015ba0'), NEXT_HOP];
  const rows: [string, Uint8Array, string][] = [
    ['AS4_PATH cut short', attribute(0xc0, 17, '0201'), `${DISCARD} 3/9`],
    ['AS4_PATH with AS 0', attribute(0xc0, 17, '020100000000'), `${DISCARD} 3/9`],
    ['AS4_AGGREGATOR of 7', attribute(0xc0, 18, '00010000c00002'), `${DISCARD} 3/5`],
    ['AS4_AGGREGATOR AS 0', attribute(0xc0, 18, '00000000c0000201'), `${DISCARD} 3/9`],
    ['AS4_PATH not transitive', attribute(0x80, 17, '020100010000'), `${WITHDRAW} 3/4`],
  ];
  for (const [name, extra, expected] of rows) {
    t.equal(
      verdict(update({ attributes: [...base, extra], nlri: NLRI }), TWO_OCTET),
      expected,
      name,
    );
  }
  const before = [base[0]!, attribute(0xc0, 17, 'ff'), base[1]!, base[2]!];
  const bytes = update({ attributes: before, nlri: NLRI });
  t.equal(verdict(bytes, TWO_OCTET), `${DISCARD} 3/9`, 'malformed AS4_PATH before AS_PATH');
  t.equal(decoded(bytes, TWO_OCTET).reachable[0]?.attributes.asPath.segments[0]?.asns[0], 23456);
});

t.test('without a reachable prefix a withdraw-class fault resets (§5.2)', async (t) => {
  const bad = attribute(0x40, 1, '07');
  const rows: [string, Uint8Array, string][] = [
    ['only attributes', update({ attributes: [bad] }), `${RESET} 3/6`],
    ['withdrawn and attributes', update({ withdrawn: NLRI, attributes: [bad] }), `${RESET} 3/6`],
    ['MP_UNREACH and another', update({ attributes: [MP_UNREACH, bad] }), `${RESET} 3/6`],
    ['attributes run past', update({ attributes: [hex('4001 09 00')] }), `${RESET} 3/1`],
    ['MP_UNREACH and sound others', update({ attributes: [MP_UNREACH, ORIGIN] }), 'fine'],
    ['withdrawn and sound others', update({ withdrawn: NLRI, attributes: [ORIGIN] }), 'fine'],
    [
      'a discard-class fault',
      update({ attributes: [MP_UNREACH, attribute(0x40, 6, '00')] }),
      `${DISCARD} 3/5`,
    ],
  ];
  for (const [name, bytes, expected] of rows) t.equal(verdict(bytes), expected, name);
  const unreach = MP_UNREACH.slice();
  unreach[0] = 0xc0;
  const alone = update({ attributes: [unreach] });
  t.equal(verdict(alone), `${WITHDRAW} 3/4`, 'MP_UNREACH alone is clear enough');
  t.same(decoded(alone).withdrawn[0]?.prefix, '2001:db8::/32');
});

t.test('the strongest of several faults wins (§3 h)', async (t) => {
  const discard = attribute(0x40, 6, '00');
  const withdraw = attribute(0x80, 4, '00');
  t.equal(verdict(plus(discard, withdraw)), `${WITHDRAW} 3/5`);
  t.equal(verdict(plus(withdraw, discard)), `${WITHDRAW} 3/5`);
  t.equal(verdict(plus(withdraw, MP_REACH, MP_REACH)), `${RESET} 3/1`);
});

t.test('treat-as-withdraw withdraws every reachable prefix of the message', async (t) => {
  const attributes = [MP_REACH, ...MANDATORY, MP_UNREACH, attribute(0x80, 4, '00')];
  const { withdrawn, reachable } = decoded(update({ attributes, withdrawn: '080b', nlri: NLRI }));
  t.same(
    withdrawn.map(({ prefix }) => prefix),
    ['11.0.0.0/8', '2001:db8::/32', '2001:db8::/32', '10.1.0.0/16'],
  );
  t.same(reachable, []);
});

t.test('attribute-discard keeps the route without the attribute', async (t) => {
  const { reachable } = decoded(plus(attribute(0xc0, 7, '00000000c0000201')));
  t.equal(reachable[0]?.attributes.aggregator, undefined);
  t.equal(reachable[0]?.prefixes[0]?.prefix, '10.1.0.0/16');
});

t.test('internal attributes from an external peer are dropped (§7.5, §7.9, §7.10)', async (t) => {
  const extra = [
    attribute(0x40, 5, '00000064'),
    attribute(0x80, 9, '00000001'),
    attribute(0x80, 10, '00000002'),
  ];
  const outside = decoded(plus(...extra), EXTERNAL).reachable[0]!.attributes;
  t.match(outside, { localPref: undefined, originatorId: undefined });
  t.equal(outside.clusterList.length, 0);
  const inside = decoded(plus(...extra), OPTIONS).reachable[0]!.attributes;
  t.match(inside, { localPref: 100, originatorId: 1 });
  t.same([...inside.clusterList], [2]);
});

t.test('NOTIFICATION data of a fault is the attribute (RFC 4271 §6.3)', async (t) => {
  const bad = attribute(0x40, 1, '07');
  t.same(decoded(instead(bad)).fault?.data, bad);
  t.same(decoded(update({ attributes: [ORIGIN, NEXT_HOP], nlri: NLRI })).fault?.data, hex('02'));
  t.same(decoded(concat(plus(bad))).fault, undefined);
});

t.test('IPv6 next hops of IPv4 prefixes, where they were agreed (RFC 8950 §4)', async (t) => {
  const extended = { ...OPTIONS, hasExtendedNextHop: true };
  const global = '20010db8000000000000000000000001';
  const linkLocal = 'fe800000000000000000000000000001';
  const none = '00'.repeat(16);
  const reach = (size: string, hop: string) =>
    update({
      attributes: [attribute(0x80, 14, `000101${size}${hop} 00 180a0100`), ORIGIN, AS_PATH],
    });
  const nextHop = (bytes: Uint8Array) => {
    const { reachable, fault } = decoded(bytes, extended);
    return fault ? `${fault.action} ${fault.subcode}` : toHex(reachable[0]!.attributes.nextHop);
  };
  t.equal(nextHop(reach('10', global)), global);
  t.equal(nextHop(reach('20', global + linkLocal)), global + linkLocal);
  t.equal(nextHop(reach('10', linkLocal)), linkLocal);
  t.equal(nextHop(reach('20', none + linkLocal)), linkLocal, 'a link without global addresses');
  t.equal(nextHop(reach('20', linkLocal + linkLocal)), linkLocal, 'the same said otherwise');
  t.equal(nextHop(reach('04', 'c0000201')), 'c0000201');
  t.equal(nextHop(reach('20', none + global)), `${WITHDRAW} 8`);
  t.equal(nextHop(reach('10', none)), `${WITHDRAW} 8`);
  for (const size of ['18', '08', '00']) {
    t.equal(nextHop(reach(size, '11'.repeat(Number.parseInt(size, 16)))), `${RESET} 9`, size);
  }
  t.equal(verdict(reach('10', global)), `${RESET} 3/9`, 'not agreed');
});

t.test(
  'OTC of other than four octets, or with other flags, costs the route (RFC 9234 §5)',
  async (t) => {
    t.equal(verdict(plus(attribute(0xc0, 35, '0000fde8'))), 'fine');
    t.equal(verdict(plus(attribute(0xe0, 35, '0000fde8'))), 'fine');
    t.equal(verdict(plus(attribute(0xc0, 35, ''))), `${WITHDRAW} 3/5`);
    t.equal(verdict(plus(attribute(0xc0, 35, '0000fde800'))), `${WITHDRAW} 3/5`);
    t.equal(verdict(plus(attribute(0xd0, 35, '00'.repeat(1024)))), `${WITHDRAW} 3/5`);
    t.equal(verdict(plus(attribute(0x80, 35, '0000fde8'))), `${WITHDRAW} 3/4`);
  },
);
