/** Policy as the RIB carries it out: import, re-import, export, well-known communities. */
import fc from 'fast-check';
import t from 'tap';
import { formatAddress } from '../../src/net/text.ts';
import type { PolicyActions, PolicyMatch, PolicyRule } from '../../src/policy/model.ts';
import { address, asPath, attributes, type LabPeer, prefix, RibLab } from './support/rib-lab.ts';

const EXTERNAL = { isInternal: false, asNumber: 65001 };
const GRACEFUL_SHUTDOWN = Uint32Array.of(0xffff_0000);

function rule(match: PolicyMatch, set: PolicyActions, action: PolicyRule['action']): PolicyRule {
  return { name: `rule ${JSON.stringify(match)}`, match, set, action };
}

function nextHopsOf(peer: LabPeer): string[] {
  return [...peer.routes.values()].map(({ nextHop }) => formatAddress(nextHop));
}

t.test(
  'an external route about to go has LOCAL_PREF 0, unless a rule says otherwise (RFC 8326)',
  async (t) => {
    const lab = new RibLab();
    const [tor, node] = [lab.upPeer('tor', EXTERNAL), lab.upPeer('node')];
    tor.announce(['10.1.0.0/16'], { asPath: asPath(65001), communities: GRACEFUL_SHUTDOWN });
    lab.settle();
    const localPref = () => node.routes.get('10.1.0.0/16')?.localPref;
    t.equal(localPref(), 0);
    tor.update({ importRules: [rule({}, { localPref: 150 }, 'next')] });
    lab.settle();
    t.equal(localPref(), 150);
    tor.update({ importRules: [] });
    tor.announce(['10.1.0.0/16'], { asPath: asPath(65001) });
    lab.settle();
    t.equal(localPref(), 100);
  },
);

t.test('an internal route about to go keeps its LOCAL_PREF (RFC 8326 §4)', async (t) => {
  const lab = new RibLab();
  const [node, tor] = [lab.upPeer('node'), lab.upPeer('tor', EXTERNAL)];
  node.announce(['10.1.0.0/16'], { localPref: 70, communities: GRACEFUL_SHUTDOWN });
  lab.settle();
  t.same([...tor.routes.keys()], ['10.1.0.0/16']);
  const [path] = [...lab.rib.views.adjIn(node.id)];
  t.equal(lab.rib.views.attributes(path!.attrs).localPref, 70);
});

t.test('an export rule decides the next hop ahead of the session', async (t) => {
  const lab = new RibLab();
  const peer = lab.upPeer('node', EXTERNAL);
  const source = lab.upPeer('source', { ...EXTERNAL, asNumber: 65002 });
  source.announce(['10.1.0.0/16'], { asPath: asPath(65002) });
  lab.settle();
  t.same(nextHopsOf(peer), ['10.0.0.100']);
  const rows = [
    ['keep', '192.0.2.1'],
    ['self', '10.0.0.100'],
    [address('192.0.2.9'), '192.0.2.9'],
    [address('2001:db8::9'), '10.0.0.100'],
  ] as const;
  for (const [nextHop, expected] of rows) {
    peer.update({ exportRules: [rule({}, { nextHop }, 'accept')] });
    lab.settle();
    t.same(nextHopsOf(peer), [expected]);
  }
});

t.test('a next hop set for some prefixes only stays with these', async (t) => {
  const lab = new RibLab();
  const prefixes = [{ prefix: prefix('10.1.0.0/16'), minLength: 16, maxLength: 16 }];
  const exportRules = [rule({ prefixes }, { nextHop: 'keep' }, 'accept')];
  const peer = lab.upPeer('node', { ...EXTERNAL, exportRules });
  const source = lab.upPeer('source', { ...EXTERNAL, asNumber: 65002 });
  source.announce(['10.1.0.0/16', '10.2.0.0/16'], { asPath: asPath(65002) });
  lab.settle();
  t.equal(formatAddress(peer.routes.get('10.1.0.0/16')!.nextHop), '192.0.2.1');
  t.equal(formatAddress(peer.routes.get('10.2.0.0/16')!.nextHop), '10.0.0.100');
});

t.test('a rule for one neighbor leaves the others alone', async (t) => {
  const lab = new RibLab();
  const exportRules = [rule({ neighbors: ['tor-2'] }, { prependOwn: 2 }, 'next')];
  const peers = ['tor-1', 'tor-2'].map((name) => lab.upPeer(name, { ...EXTERNAL, exportRules }));
  lab.rib.originate({ prefix: prefix('10.1.0.0/16'), source: 'static', gateway: undefined });
  lab.settle();
  const lengths = peers.map(
    ({ routes }) => routes.get('10.1.0.0/16')!.asPath.segments[0]!.asns.length,
  );
  t.same(lengths, [1, 3]);
});

t.test('export may look at the neighbor a route came from, also once renamed', async (t) => {
  const lab = new RibLab();
  const exportRules = [rule({ not: { learnedFrom: ['up-*'] } }, {}, 'reject')];
  const peer = lab.upPeer('node', { ...EXTERNAL, exportRules });
  const [one, two] = ['up-1', 'side'].map((name) => lab.upPeer(name, EXTERNAL));
  one!.announce(['10.1.0.0/16'], { asPath: asPath(65001) });
  two!.announce(['10.2.0.0/16'], { asPath: asPath(65001) });
  lab.rib.originate({ prefix: prefix('10.3.0.0/16'), source: 'static', gateway: undefined });
  lab.settle();
  t.same([...peer.routes.keys()], ['10.1.0.0/16']);
  two!.update({ name: 'up-2' });
  one!.update({ name: 'down' });
  lab.settle();
  t.same([...peer.routes.keys()], ['10.2.0.0/16']);
});

/** Attributes that another peer keeps alive, so that the set has one id throughout. */
async function keeping() {
  const lab = new RibLab();
  const watcher = lab.upPeer('watcher');
  const set = { asPath: asPath(65001), localPref: undefined };
  lab.upPeer('keeper').announce(['10.9.0.0/16'], set);
  const peer = lab.upPeer('old');
  peer.announce(['10.1.0.0/16'], set);
  lab.settle();
  return { lab, watcher, peer, set };
}

t.test('a peer of another kind with the id of one that is gone is told of anew', async (t) => {
  const { lab, watcher, peer, set } = await keeping();
  t.same([...watcher.routes.keys()], [], 'internal to internal');
  lab.rib.removePeer(peer.id);
  lab.settle();
  const fresh = lab.upPeer('fresh', EXTERNAL);
  t.equal(fresh.id, peer.id);
  fresh.announce(['10.1.0.0/16'], set);
  lab.settle();
  t.same([...watcher.routes.keys()], ['10.1.0.0/16']);
});

t.test('a peer that becomes a client while it has no routes is reflected', async (t) => {
  const { lab, watcher, peer, set } = await keeping();
  peer.withdraws(['10.1.0.0/16']);
  lab.settle();
  peer.update({ isRouteReflectorClient: true });
  peer.announce(['10.1.0.0/16'], set);
  lab.settle();
  t.same([...watcher.routes.keys()], ['10.1.0.0/16']);
});

t.test(
  'weight goes before LOCAL_PREF: of the neighbor, or of the rule that set one last',
  async (t) => {
    const lab = new RibLab();
    const weighed: PolicyRule = { name: 'w', match: {}, set: { weight: 7 }, action: 'next' };
    const a = lab.upPeer('a', { weight: 5 });
    const b = lab.upPeer('b', { importRules: [weighed] });
    const c = lab.upPeer('c');
    a.announce(['10.1.0.0/16']);
    b.announce(['10.1.0.0/16']);
    c.announce(['10.1.0.0/16'], { localPref: 900 });
    lab.settle();
    const ranked = () => {
      lab.settle();
      const { views } = lab.rib;
      const [best] = [...views.locRib('ipv4-unicast')];
      return views.decision('ipv4-unicast', best!.prefixId).map(({ path, loss }) => {
        const { peer, weight } = views.path('ipv4-unicast', path);
        return [views.sourceName(peer), weight, loss?.step];
      });
    };
    t.same(ranked(), [
      ['b', 7, undefined],
      ['a', 5, 'weight'],
      ['c', 0, 'weight'],
    ]);
    b.update({ importRules: [{ ...weighed, set: { weight: 3 } }] });
    t.equal(ranked()[0]![0], 'a', 're-evaluated from what is there');
    a.update({ weight: 0 });
    b.update({ importRules: [] });
    t.equal(ranked()[0]![0], 'c');
  },
);

t.test(
  'a policy that changes routes is asked once per attribute set, not per prefix',
  async (t) => {
    const lab = new RibLab();
    let asked = 0;
    const set = {
      localPref: 300,
      get weight() {
        asked++;
        return 1;
      },
    };
    const match = { asPathFirst: [65001] };
    const peer = lab.upPeer('a', {
      importRules: [
        { name: 'r', match, set: {}, action: 'next' },
        { name: 's', match, set, action: 'next' },
      ],
    });
    const prefixes = Array.from({ length: 50 }, (_, i) => `10.1.${i}.0/24`);
    peer.announce(prefixes, { asPath: asPath(65001) });
    lab.settle();
    t.equal([...lab.rib.views.locRib('ipv4-unicast')].length, 50);
    t.ok(asked < 10, `asked ${asked} times`);
    t.equal(
      lab.rib.views.sizes('ipv4-unicast').attributeSets,
      2,
      'one as received, one as accepted',
    );
  },
);

t.test('the rule that rejected a route is found again', async (t) => {
  const lab = new RibLab();
  const importRules = [
    { name: 'no one', match: { asPathFirst: [65001] }, set: {}, action: 'reject' as const },
  ];
  const tor = lab.upPeer('tor', { ...EXTERNAL, importRules });
  tor.announce(['10.1.0.0/16'], { asPath: asPath(65001) });
  tor.announce(['10.2.0.0/16'], { asPath: asPath(65002) });
  lab.settle();
  const rules = [...lab.rib.views.adjIn(tor.id)].map((path) => [
    path.prefix,
    path.reason,
    lab.rib.views.rejectingRule('ipv4-unicast', path)?.rule,
  ]);
  t.same(rules.toSorted(), [
    ['10.1.0.0/16', 'policy', 'no one'],
    ['10.2.0.0/16', 'none', undefined],
  ]);
});

const rules: fc.Arbitrary<readonly PolicyRule[]> = fc.array(
  fc
    .tuple(
      fc.constantFrom<PolicyMatch>(
        {},
        { asPathContains: [65002] },
        { not: { asPathOrigin: [65003] } },
        { med: { min: 5 } },
        { anyCommunities: [[1, '*']] },
        { prefixes: [{ prefix: prefix('10.1.0.0/16'), minLength: 16, maxLength: 24 }] },
      ),
      fc.constantFrom<PolicyActions>(
        { localPref: 300 },
        { med: 'remove', addCommunities: [0x1_0001] },
        { removeCommunities: [['*', '*']], prependOwn: 1 },
        { nextHop: address('192.0.2.7') },
        {},
      ),
      fc.constantFrom<PolicyRule['action']>('accept', 'reject', 'next'),
    )
    .map(([match, set, action]) => rule(match, set, action)),
  { maxLength: 3 },
);

function feed(tor: LabPeer): void {
  const communities = Uint32Array.of(0x1_0002);
  tor.announce(
    ['10.1.0.0/16', '10.1.1.0/24', '10.2.0.0/16'],
    attributes({ asPath: asPath(65001) }),
  );
  tor.announce(['10.3.0.0/16'], { asPath: asPath(65001, 65002, 65003), med: 7, communities });
  tor.announce(['10.1.0.0/16'], { asPath: asPath(65001, 65003), med: 3 });
}

t.test('property: judging stored routes anew gives what a fresh import gives', async (t) => {
  fc.assert(
    fc.property(rules, rules, (before, after) => {
      const outcome = (first: readonly PolicyRule[]): string[] => {
        const lab = new RibLab();
        const node = lab.upPeer('node');
        const tor = lab.upPeer('tor', { ...EXTERNAL, importRules: first });
        feed(tor);
        lab.settle();
        tor.update({ importRules: after });
        lab.settle();
        return node.lines;
      };
      return JSON.stringify(outcome(before)) === JSON.stringify(outcome(after));
    }),
    { numRuns: 40 },
  );
  t.pass('held');
});
