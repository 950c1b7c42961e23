/** Import: what is refused and why, policy, graceful restart, counters. */
import t from 'tap';
import type { PolicyRule } from '../../src/policy/model.ts';
import { address, asPath, attributes, LOCAL_AS, prefix, RibLab, reach } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';

t.test(
  'an AS loop is tolerated as often as allowed, on internal sessions too (SESS-10)',
  async (t) => {
    for (const allowLocalAs of [0, 1, 2]) {
      const lab = new RibLab();
      const peer = lab.upPeer('p', { allowLocalAs });
      peer.announce(['10.1.0.0/24'], { asPath: asPath(65001, LOCAL_AS) });
      peer.announce(['10.2.0.0/24'], { asPath: asPath(LOCAL_AS, 65001, LOCAL_AS) });
      lab.settle();
      t.equal(lab.rib.views.sizes('ipv4-unicast').best, allowLocalAs);
    }
  },
);

t.test('prefixes nobody may announce are discarded (IMPORT-4)', async (t) => {
  const lab = new RibLab();
  const v4 = lab.upPeer('v4');
  const v6 = lab.upPeer('v6', { families: ['ipv6-unicast'] });
  v4.announce(['127.0.0.0/8', '0.1.0.0/16', '224.0.0.0/4', '239.1.0.0/16', '255.255.255.255/32']);
  v4.announce(['0.0.0.0/0', '240.0.0.0/4', '128.0.0.0/1', '0.0.0.0/1', '0.0.0.0/32']);
  v6.announce(['::1/128', 'fe80::/10', 'ff02::/16'], { nextHop: address('2001:db8::1') });
  v6.announce(['::/0', '2001:db8::/32'], { nextHop: address('2001:db8::1') });
  lab.settle();
  const bad = [...lab.rib.views.adjIn(v4.id), ...lab.rib.views.adjIn(v6.id)];
  t.equal(bad.filter(({ reason }) => reason === 'martian').length, 8);
  t.equal(lab.rib.views.sizes('ipv4-unicast').best, 5);
  t.equal(lab.rib.views.sizes('ipv6-unicast').best, 2);
});

t.test('LOCAL_PREF from external peers is ignored (SESS-16)', async (t) => {
  const lab = new RibLab();
  lab.upPeer('e', { isInternal: false }).announce([TO], { localPref: 999, asPath: asPath(1) });
  lab.settle();
  const [best] = lab.rib.views.locRib('ipv4-unicast');
  t.equal(lab.rib.views.attributes(best!.attrs).localPref, 100);
});

t.test('import rules: changed rules take routes in or out without asking the peer', async (t) => {
  const lab = new RibLab();
  const reject: PolicyRule = {
    name: 'no',
    match: { prefixes: [{ prefix: prefix(TO), minLength: 24, maxLength: 24 }] },
    set: {},
    action: 'reject',
  };
  const prefer: PolicyRule = { name: 'p', match: {}, set: { localPref: 7 }, action: 'accept' };
  const peer = lab.upPeer('p', { importRules: [reject] });
  peer.announce([TO, '10.2.0.0/24']);
  lab.settle();
  t.match(lab.rib.counters(peer.id, 'ipv4-unicast'), { received: 2, accepted: 1 });
  peer.update({ importRules: [prefer] });
  lab.settle();
  t.match(lab.rib.counters(peer.id, 'ipv4-unicast'), { received: 2, accepted: 2 });
  const [best] = lab.rib.views.locRib('ipv4-unicast');
  t.equal(lab.rib.views.attributes(best!.attrs).localPref, 7);
  t.equal(lab.rib.views.receivedAttributes('ipv4-unicast', best!.path).localPref, 100);
});

t.test('a rule that accepts ends the chain before elevation (FILT-12)', async (t) => {
  const lab = new RibLab();
  const accept: PolicyRule = { name: 'a', match: {}, set: {}, action: 'accept' };
  lab.upPeer('a', { importRules: [accept] }).announce([TO], { localPref: 2_147_483_400 });
  const b = lab.upPeer('b');
  b.announce([TO], { localPref: 2_147_483_135 });
  lab.settle();
  const [best] = lab.rib.views.locRib('ipv4-unicast');
  t.equal(best?.peer, b.id);
});

t.test('graceful restart: stale routes stay in use until End-of-RIB (RFC 4724 §4.2)', async (t) => {
  const lab = new RibLab();
  const from = lab.upPeer('from');
  const to = lab.upPeer('to', { isRouteReflectorClient: true });
  from.announce(['10.1.0.0/24', '10.2.0.0/24']);
  lab.settle();
  to.messages = 0;
  from.down(true);
  lab.settle();
  t.equal([...lab.rib.views.adjIn(from.id)].filter(({ isStale }) => isStale).length, 2);
  from.up();
  lab.settle();
  from.announce(['10.1.0.0/24']);
  lab.settle();
  t.equal(to.messages, 0, 'no churn');
  from.sendEndOfRib();
  lab.settle();
  t.same([...to.routes.keys()], ['10.1.0.0/24']);
});

t.test('graceful restart: what is stale goes when the time is up', async (t) => {
  const lab = new RibLab();
  const from = lab.upPeer('from');
  from.announce([TO]);
  lab.settle();
  from.down(true);
  lab.rib.flushStale(from.id, 'ipv4-unicast');
  lab.settle();
  t.equal(lab.rib.views.sizes('ipv4-unicast').prefixes, 0);
});

t.test('a removed peer leaves nothing, and its id is used again only then', async (t) => {
  const lab = new RibLab();
  const from = lab.upPeer('from');
  from.announce([TO]);
  lab.settle();
  lab.rib.removePeer(from.id);
  const early = lab.peer('early');
  t.not(early.id, from.id);
  lab.settle();
  t.equal(lab.rib.views.sizes('ipv4-unicast').prefixes, 0);
  t.equal(lab.peer('late').id, from.id);
});

t.test('a malformed route is treated as withdrawn (RFC 7606 §2)', async (t) => {
  const lab = new RibLab();
  const from = lab.upPeer('from');
  from.announce([TO]);
  lab.settle();
  // ORIGIN 7: header 19, two length fields, flags, type and length of ORIGIN.
  const bad = Uint8Array.from(goodUpdate());
  bad[26] = 7;
  t.match(from.deliver(bad), { action: 'treat-as-withdraw' });
  lab.settle();
  t.equal(lab.rib.views.sizes('ipv4-unicast').best, 0);
});

t.test('the longest prefix with a route answers for an address', async (t) => {
  const lab = new RibLab();
  lab.upPeer('p').announce(['10.0.0.0/8', '10.1.0.0/16']);
  lab.settle();
  const { views } = lab.rib;
  t.equal(views.prefixText('ipv4-unicast', views.lookup(address('10.1.2.3'))), '10.1.0.0/16');
  t.equal(views.prefixText('ipv4-unicast', views.lookup(address('10.2.2.3'))), '10.0.0.0/8');
  t.equal(views.lookup(address('11.0.0.1')), 0);
});

function goodUpdate(): Uint8Array {
  return reach([TO], attributes({ localPref: 100 }));
}
