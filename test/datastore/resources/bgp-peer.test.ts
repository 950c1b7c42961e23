import t from 'tap';
import { snapshotOf } from '../../support/snapshot.ts';

function peer(spec: string) {
  const { bgpPeers, faults } = snapshotOf(`
kind: BGPPeer
apiVersion: crd.projectcalico.org/v1
metadata: { name: tor }
spec: { ${spec} }
`);
  return { value: bgpPeers.get('tor'), faults };
}

const DEFAULTS = { name: 'tor', usesNodeIp: true, filters: [], reversePeering: 'Auto' };

t.test('every field is read (§6.2)', async (t) => {
  const { value, faults } = peer(`
    node: n1, nodeSelector: "rack == '2'", peerIP: "[fd00::1]:1179", peerSelector: has(rr),
    localWorkloadSelector: all(), asNumber: "1.1", localASNumber: 64513, keepOriginalNextHop: true,
    nextHopMode: Self, password: { secretKeyRef: { name: bgp, key: tor } }, sourceAddress: None,
    maxRestartTime: 90s, keepaliveTime: 1m, numAllowedLocalASNumbers: 2, ttlSecurity: 1,
    reachableBy: 10.0.0.1, filters: [b, a], reversePeering: Manual`);
  t.strictSame(value, {
    name: 'tor',
    node: 'n1',
    nodeSelector: "rack == '2'",
    peerIP: '[fd00::1]:1179',
    peerSelector: 'has(rr)',
    localWorkloadSelector: 'all()',
    asNumber: 65537,
    localASNumber: 64513,
    keepOriginalNextHop: true,
    nextHopMode: 'Self',
    password: { name: 'bgp', key: 'tor' },
    usesNodeIp: false,
    maxRestartTimeSec: 90,
    keepaliveTimeSec: 60,
    numAllowedLocalASNumbers: 2,
    ttlSecurity: 1,
    reachableBy: '10.0.0.1',
    filters: ['b', 'a'],
    reversePeering: 'Manual',
  });
  t.strictSame(faults, []);
});

t.test('empty texts and zeros are absent', async (t) => {
  const { value, faults } = peer(
    'node: "", nodeSelector: "", peerIP: 10.0.0.1, asNumber: 0, ttlSecurity: 0, filters: null',
  );
  t.strictSame(value, { ...DEFAULTS, peerIP: '10.0.0.1' });
  t.strictSame(faults, []);
});

t.test('unknown words fall back as documented (§9)', async (t) => {
  const { value, faults } = peer(
    'sourceAddress: Other, nextHopMode: Loose, reversePeering: Sometimes, peerIP: nonsense',
  );
  t.strictSame(value, { ...DEFAULTS, peerIP: 'nonsense', usesNodeIp: false });
  t.match(faults, [
    { path: 'spec.nextHopMode', reason: /Auto is used/ },
    { path: 'spec.reversePeering', reason: /Auto is used/ },
  ]);
});

t.test('a selector that does not parse is reported where it stands, and kept (§7.2)', async (t) => {
  const { value, faults } = peer('nodeSelector: "rack = 2"');
  t.equal(value?.nodeSelector, 'rack = 2');
  t.match(faults, [{ path: 'spec.nodeSelector', line: 5, column: 23, reason: /at character 6/ }]);
});

t.test('a spoilt peer never seen before is ignored: half of it might be too open', async (t) => {
  for (const spec of ['asNumber: x', 'password: hunter2', 'ttlSecurity: 256']) {
    const { value, faults } = peer(spec);
    t.equal(value, undefined);
    t.match(faults, [{ object: 'BGPPeer/tor', reason: /ignored until it is mended$/ }], spec);
  }
});

t.test('durations that come to nothing are absent', async (t) => {
  const { value, faults } = peer('peerIP: 10.0.0.1, maxRestartTime: 0s, keepaliveTime: 300ms');
  t.strictSame(value, { ...DEFAULTS, peerIP: '10.0.0.1' });
  t.strictSame(faults, []);
});

t.test('wrong types are told in words, without the value', async (t) => {
  const { faults } = peer(
    'peerIP: [10.0.0.1], filters: tor, keepOriginalNextHop: "yes", password: s3cret, ttlSecurity: x',
  );
  t.same(Object.fromEntries(faults.map(({ path, reason }) => [path, reason.split(';')[0]])), {
    'spec.peerIP': 'expected text, found a list',
    'spec.filters': 'expected a list, found text',
    'spec.keepOriginalNextHop': 'expected true or false, found text',
    'spec.password': 'expected a mapping, found text',
    'spec.ttlSecurity': 'expected a number, found text',
  });
});
