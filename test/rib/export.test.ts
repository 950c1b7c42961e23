/** What peers are told: next hop, attributes per session kind, communities, policy, encodings. */
import t from 'tap';
import type { PolicyRule } from '../../src/policy/model.ts';
import { address, asPath, LOCAL_AS, prefix, RibLab } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';
const EXTERNAL = { isInternal: false, asNumber: 65009 };

t.test('learned routes: next hop by rule and session kind (NH-1 to NH-4)', async (t) => {
  const cases = [
    { to: { nextHop: 'auto' }, via: '192.0.2.7' },
    { to: { nextHop: 'self' }, via: '10.0.0.100' },
    { to: { nextHop: 'keep' }, via: '192.0.2.7' },
    { to: { ...EXTERNAL, nextHop: 'auto' }, via: '10.0.0.100' },
    { to: { ...EXTERNAL, nextHop: 'self' }, via: '10.0.0.100' },
    { to: { ...EXTERNAL, nextHop: 'keep' }, via: '192.0.2.7' },
  ] as const;
  for (const { to, via } of cases) {
    const lab = new RibLab();
    const receiver = lab.upPeer('to', { ...to, isRouteReflectorClient: to.nextHop !== 'keep' });
    lab.upPeer('from', EXTERNAL).announce([TO], { nextHop: address('192.0.2.7') });
    lab.settle();
    t.same(receiver.routes.get(TO)?.nextHop, address(via), JSON.stringify(to));
  }
});

t.test('local routes: own address, or the gateway where there is one (NH-1, NH-2)', async (t) => {
  const lab = new RibLab();
  const internal = lab.upPeer('i');
  const external = lab.upPeer('e', EXTERNAL);
  lab.rib.originate({ prefix: prefix(TO), source: 'static', gateway: undefined });
  lab.rib.originate({
    prefix: prefix('10.2.0.0/24'),
    source: 'kernel',
    gateway: address('192.0.2.9'),
    localPref: 777,
  });
  lab.settle();
  t.same(internal.lines, [
    '10.1.0.0/24 via 10.0.0.100 path [] pref 100',
    '10.2.0.0/24 via 192.0.2.9 path [] pref 777',
  ]);
  t.same(external.lines, [
    `10.1.0.0/24 via 10.0.0.100 path [${LOCAL_AS}]`,
    `10.2.0.0/24 via 10.0.0.100 path [${LOCAL_AS}]`,
  ]);
});

t.test(
  'external peers get own AS in front and no LOCAL_PREF, learned MED or reflection marks',
  async (t) => {
    const lab = new RibLab();
    const external = lab.upPeer('e', EXTERNAL);
    lab.upPeer('i').announce([TO], {
      asPath: asPath(65001),
      localPref: 300,
      med: 5,
      originatorId: 3,
      clusterList: Uint32Array.of(4),
    });
    lab.settle();
    t.same(external.lines, [`${TO} via 10.0.0.100 path [${LOCAL_AS} 65001]`]);
  },
);

t.test('BLACKHOLE and NO_EXPORT_SUBCONFED stay within the AS; NO_PEER is for rules', async (t) => {
  const lab = new RibLab();
  const external = lab.upPeer('e', EXTERNAL);
  const internal = lab.upPeer('i');
  const from = lab.upPeer('from', { isInternal: false, address: address('10.0.0.9') });
  const told = [0xffff029a, 0xffffff03, 0xffffff04].map((community, i) => {
    from.announce([`10.${i}.0.0/24`], { communities: Uint32Array.of(community) });
    lab.settle();
    return [internal.routes.size, external.routes.size];
  });
  t.same(told, [
    [1, 0],
    [2, 0],
    [3, 1],
  ]);
});

t.test('NO_EXPORT and NO_ADVERTISE bind learned routes (NH-7)', async (t) => {
  const lab = new RibLab();
  const external = lab.upPeer('e', EXTERNAL);
  const client = lab.upPeer('c', { isRouteReflectorClient: true });
  const from = lab.upPeer('i');
  from.announce(['10.1.0.0/24'], { communities: Uint32Array.of(0xffffff01) });
  from.announce(['10.2.0.0/24'], { communities: Uint32Array.of(0xffffff02) });
  lab.settle();
  t.same([...external.routes.keys()], []);
  t.same([...client.routes.keys()], ['10.1.0.0/24']);
  const [path] = lab.rib.views.adjIn(from.id);
  t.match(lab.rib.views.explainExport(external.id, 'ipv4-unicast', path!.path), {
    isAnnounced: false,
    reason: 'no-export',
  });
});

t.test('IPv6 goes out in MP_REACH_NLRI with the global next hop (RFC 2545)', async (t) => {
  const lab = new RibLab();
  const families = ['ipv6-unicast'] as const;
  const client = lab.upPeer('c', { families, isRouteReflectorClient: true });
  const external = lab.upPeer('e', { ...EXTERNAL, families });
  const linkLocal = Uint8Array.from([...address('2001:db8::7'), ...address('fe80::7')]);
  const from = lab.upPeer('i', { families });
  from.announce(['2001:db8:1::/48', '::/0'], { nextHop: linkLocal });
  lab.settle();
  t.same(client.endsOfRib, ['ipv6-unicast']);
  t.same(client.routes.get('2001:db8:1::/48')?.nextHop, address('2001:db8::7'));
  t.same(external.routes.get('::/0')?.nextHop, address('2001:db8::100'));
  from.withdraws(['::/0']);
  lab.settle();
  t.same([...external.routes.keys()], ['2001:db8:1::/48']);
});

t.test(
  'Add-Path: every path is told under an id of its own and withdrawn by it (SESS-18)',
  async (t) => {
    const lab = new RibLab();
    const to = lab.upPeer('to', { addPathSend: true, isRouteReflectorClient: true });
    const a = lab.upPeer('a', { routerId: 1 });
    const b = lab.upPeer('b', { routerId: 2, addPathReceive: true });
    a.announce([TO], { localPref: 200 });
    b.announce([TO], { localPref: 100, med: 1 }, 1);
    b.announce([TO], { localPref: 100, med: 2 }, 2);
    lab.settle();
    t.equal(to.routes.size, 3);
    t.equal(new Set([...to.routes.keys()].map((key) => key.split('#')[1])).size, 3);
    b.withdraws([TO], 1);
    lab.settle();
    t.same([...to.routes.values()].map(({ med }) => med).sort(), [2, undefined]);
    b.down();
    lab.settle();
    t.equal(to.routes.size, 1);
    t.equal(to.needlessWithdrawals, 0);
  },
);

t.test(
  'Add-Path with `best: 2`: two paths are told, the third takes the place of one',
  async (t) => {
    const lab = new RibLab();
    const to = lab.upPeer('to', { addPathSend: true, addPathBest: 2 });
    const peers = [1, 2, 3].map((med) => {
      const peer = lab.upPeer(`e${med}`, { ...EXTERNAL, routerId: med });
      peer.announce([TO], { asPath: asPath(65009), med });
      return peer;
    });
    const told = () => {
      lab.settle();
      return [...to.routes.values()].map(({ med }) => med).sort();
    };
    t.same(told(), [1, 2]);
    peers[0]!.withdraws([TO]);
    t.same(told(), [2, 3]);
    peers[0]!.announce([TO], { asPath: asPath(65009), med: 1 });
    t.same(told(), [1, 2]);
    peers[1]!.down();
    t.same(told(), [1, 3]);
  },
);

t.test('a two-octet speaker gets AS_TRANS and AS4_PATH (RFC 6793)', async (t) => {
  const lab = new RibLab();
  const old = lab.upPeer('old', { ...EXTERNAL, asWidth: 2 });
  lab.upPeer('i').announce([TO], { asPath: asPath(4_200_000_000) });
  lab.settle();
  t.match(old.lines, [new RegExp(`path \\[${LOCAL_AS} 4200000000\\]`)]);
});

t.test(
  'attributes that leave no room for a prefix are not announced (RFC 4271 §9.2)',
  async (t) => {
    const lab = new RibLab();
    const to = lab.upPeer('to', { isRouteReflectorClient: true });
    const from = lab.upPeer('from', { maximumMessageSize: 65_535 });
    from.announce([TO], { med: 1 });
    lab.settle();
    t.equal(to.routes.size, 1);
    from.announce([TO], { communities: Uint32Array.from({ length: 1020 }, (_, i) => i) });
    lab.settle();
    t.equal(to.routes.size, 0, 'the old route is withdrawn');
  },
);

t.test('messages are packed up to the maximum size and no further', async (t) => {
  const lab = new RibLab();
  const to = lab.upPeer('to', { isRouteReflectorClient: true });
  const from = lab.upPeer('from', { maximumMessageSize: 65_535 });
  const many = Array.from({ length: 5000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/24`);
  to.messages = 0;
  from.announce(many);
  lab.settle();
  t.equal(to.routes.size, 5000);
  t.equal(to.messages, 6, '20000 octets of NLRI in messages of 4096, of two decision runs');
  to.messages = 0;
  from.withdraws(many);
  lab.settle();
  t.equal(to.routes.size, 0);
  t.equal(to.messages, 6);
});

t.test('export rules: a change sends only differences', async (t) => {
  const lab = new RibLab();
  const reject: PolicyRule = {
    name: 'no-second',
    match: { prefixes: [{ prefix: prefix('10.2.0.0/24'), minLength: 24, maxLength: 24 }] },
    set: {},
    action: 'reject',
  };
  const to = lab.upPeer('to', { isRouteReflectorClient: true });
  const other = lab.upPeer('other', { isRouteReflectorClient: true });
  lab.upPeer('from').announce(['10.1.0.0/24', '10.2.0.0/24', '10.3.0.0/24']);
  lab.settle();
  to.messages = 0;
  to.update({ exportRules: [reject] });
  lab.settle();
  t.same([...to.routes.keys()], ['10.1.0.0/24', '10.3.0.0/24']);
  t.equal(to.messages, 1, 'one withdrawal');
  to.update({ exportRules: [{ ...reject, match: { ...reject.match } }] });
  lab.settle();
  t.equal(to.messages, 1, 'equal rules read again change nothing');
  to.update({ exportRules: [] });
  lab.settle();
  t.equal(to.messages, 2);
  t.equal(other.routes.size, 3);
});

t.test(
  'rules see the own AS in front on external sessions and set attributes (FILT-10)',
  async (t) => {
    const lab = new RibLab();
    const rule: PolicyRule = {
      name: 'own',
      match: { asPathPrefix: [LOCAL_AS, 65001] },
      set: { med: 9, prepend: [LOCAL_AS] },
      action: 'accept',
    };
    const to = lab.upPeer('to', { ...EXTERNAL, exportRules: [rule] });
    lab.upPeer('from').announce([TO], { asPath: asPath(65001) });
    lab.settle();
    t.same(to.lines, [`${TO} via 10.0.0.100 path [${LOCAL_AS} ${LOCAL_AS} 65001] med 9`]);
  },
);

t.test('another identity changes what is reflected', async (t) => {
  const lab = new RibLab();
  const to = lab.upPeer('to', { isRouteReflectorClient: true });
  lab.upPeer('from').announce([TO]);
  lab.settle();
  lab.rib.setIdentity({
    routerId: 5,
    clusterId: 6,
    defaultLocalPref: 100,
    normalPriority: { 'ipv4-unicast': 1024, 'ipv6-unicast': 1024 },
  });
  lab.settle();
  t.same(to.routes.get(TO)?.clusterList, Uint32Array.of(6));
});

t.test('IPv4 routes with IPv6 next hops (RFC 8950)', async (t) => {
  const lab = new RibLab();
  const onIpv6 = { localAddress: '2001:db8::100', hasExtendedNextHop: true };
  const client = { isRouteReflectorClient: true };
  const internal = lab.upPeer('i', { ...client, ...onIpv6 });
  const external = lab.upPeer('e', { ...EXTERNAL, ...onIpv6 });
  const classic = lab.upPeer('classic', client);
  const onIpv4 = lab.upPeer('v4', { ...EXTERNAL, hasExtendedNextHop: true });
  const from = lab.upPeer('from', { ...EXTERNAL, ...onIpv6 });
  const linkLocal = Uint8Array.from([...address('2001:db8::7'), ...address('fe80::7')]);
  from.announce([TO, '10.2.0.0/24'], { nextHop: linkLocal });
  lab.settle();
  t.same(internal.routes.get(TO)?.nextHop, address('2001:db8::7'), 'kept on internal sessions');
  t.same(external.routes.get(TO)?.nextHop, address('2001:db8::100'), 'ours on external ones');
  t.same(onIpv4.routes.get(TO)?.nextHop, address('10.0.0.100'), 'the IPv4 one where there is one');
  t.notOk(classic.routes.has(TO), 'a peer that does not know such next hops is not told');
  from.withdraws([TO]);
  lab.settle();
  t.same(
    [internal, external, onIpv4].map(({ routes }) => routes.size),
    [1, 1, 1],
  );
  from.announce([TO], { nextHop: address('192.0.2.7') });
  lab.settle();
  t.same(internal.routes.get(TO)?.nextHop, address('192.0.2.7'), 'IPv4 next hops go on as before');
  t.same(classic.routes.get(TO)?.nextHop, address('192.0.2.7'));
});

t.test('an IPv4 set and an IPv6 set with the same next hop and attributes are one', async (t) => {
  const lab = new RibLab();
  const families = ['ipv4-unicast', 'ipv6-unicast'] as const;
  const from = lab.upPeer('from', { ...EXTERNAL, families, hasExtendedNextHop: true });
  const nextHop = address('2001:db8::7');
  from.announce([TO], { nextHop });
  from.announce(['2001:db8:1::/48'], { nextHop });
  lab.settle();
  const sets = [...lab.rib.views.adjIn(from.id)].map(({ attrs }) => attrs);
  t.equal(sets.length, 2);
  t.equal(sets[0], sets[1]);
});

t.test('graceful shutdown: announcements say so, softly there and back (RFC 8326)', async (t) => {
  const lab = new RibLab();
  const external = lab.upPeer('e', EXTERNAL);
  const internal = lab.upPeer('i');
  lab.rib.originate({ prefix: prefix(TO), source: 'static', gateway: undefined });
  lab.settle();
  const before = [...external.lines, ...internal.lines];
  external.update({ isShuttingDown: true });
  internal.update({ isShuttingDown: true });
  lab.settle();
  t.same(external.lines, [`${TO} via 10.0.0.100 path [${LOCAL_AS}] communities 4294901760`]);
  t.same(internal.lines, [`${TO} via 10.0.0.100 path [] pref 0 communities 4294901760`]);
  external.update({ isShuttingDown: false });
  internal.update({ isShuttingDown: false });
  lab.settle();
  t.same([...external.lines, ...internal.lines], before);
});

t.test('a next hop on the loopback is ours, from peers on this node alone', async (t) => {
  const here = ['127.0.0.1', '127.0.0.9'].map(address);
  for (const [from, told] of [
    ['127.0.0.1', '10.0.0.100'],
    ['10.0.0.9', '127.0.0.1'],
  ] as const) {
    const lab = new RibLab();
    const receiver = lab.upPeer('to');
    const agent = lab.upPeer('agent', { ...EXTERNAL, address: address(from) });
    agent.announce([TO], { nextHop: here[0]! });
    lab.settle();
    t.same(receiver.routes.get(TO)?.nextHop, address(told), from);
    agent.announce([TO], { nextHop: address('10.0.0.55') });
    lab.settle();
    t.same(receiver.routes.get(TO)?.nextHop, address('10.0.0.55'), 'another one stays');
    agent.withdraws([TO]);
    lab.settle();
    t.notOk(receiver.routes.has(TO));
  }
});

t.test('an import rule sees the next hop as it came, and may set another', async (t) => {
  const importRules: PolicyRule[] = [
    {
      name: 'through a pod',
      match: { nextHops: [prefix('127.0.0.1/32')] },
      set: { nextHop: address('10.0.0.77') },
      action: 'accept',
    },
  ];
  const lab = new RibLab();
  const receiver = lab.upPeer('to');
  const agent = { ...EXTERNAL, address: address('127.0.0.1'), importRules };
  lab.upPeer('agent', agent).announce([TO], { nextHop: address('127.0.0.1') });
  lab.settle();
  t.same(receiver.routes.get(TO)?.nextHop, address('10.0.0.77'));
});
