/** Route reflection and split horizon, as seen on the wire (RFC 4456, RR-5, RR-6). */
import t from 'tap';
import { address, asPath, RibLab } from './support/rib-lab.ts';

t.test(
  'a route of a client goes to clients and non-clients, never back (RR-5, EXPORT-13)',
  async (t) => {
    const lab = new RibLab();
    const a = lab.upPeer('a', { isRouteReflectorClient: true, routerId: 1 });
    const b = lab.upPeer('b', { isRouteReflectorClient: true, routerId: 2 });
    const c = lab.upPeer('c', { routerId: 3 });
    a.announce(['10.1.0.0/24', '10.2.0.0/24'], { localPref: 100 });
    lab.settle();
    const expected = ['10.1.0.0/24', '10.2.0.0/24'].map(
      (p) => `${p} via 192.0.2.1 path [] pref 100 originator 1 clusters ${0x01010101}`,
    );
    t.same(a.lines, []);
    t.same(b.lines, expected);
    t.same(c.lines, expected);
    t.same(b.endsOfRib, ['ipv4-unicast']);
  },
);

t.test('a route of a non-client goes to clients only (RR-5)', async (t) => {
  const lab = new RibLab();
  const a = lab.upPeer('a', { routerId: 1 });
  const b = lab.upPeer('b', { isRouteReflectorClient: true, routerId: 2 });
  const c = lab.upPeer('c', { routerId: 3 });
  const e = lab.upPeer('e', { isInternal: false, asNumber: 65001, routerId: 4 });
  a.announce(['10.1.0.0/24'], { localPref: 100 });
  lab.settle();
  t.equal(b.routes.size, 1);
  t.equal(c.routes.size, 0);
  t.same(e.lines, [`10.1.0.0/24 via 10.0.0.100 path [${64512}]`]);
});

t.test(
  'when the best route moves from one client to another, each is told what it lacks',
  async (t) => {
    const lab = new RibLab();
    const a = lab.upPeer('a', { isRouteReflectorClient: true, routerId: 1 });
    const b = lab.upPeer('b', { isRouteReflectorClient: true, routerId: 2 });
    const c = lab.upPeer('c', { isRouteReflectorClient: true, routerId: 3 });
    a.announce(['10.1.0.0/24'], { localPref: 100, nextHop: address('192.0.2.1') });
    lab.settle();
    b.announce(['10.1.0.0/24'], { localPref: 200, nextHop: address('192.0.2.2') });
    lab.settle();
    t.equal(a.routes.size, 1);
    t.equal(b.routes.size, 0, 'b holds nothing: its own route is the best');
    t.match(c.lines[0], /via 192.0.2.2/);
    b.withdraws(['10.1.0.0/24']);
    lab.settle();
    t.equal(a.routes.size, 0);
    t.match(b.lines[0], /via 192.0.2.1/);
    t.equal(a.needlessWithdrawals + b.needlessWithdrawals + c.needlessWithdrawals, 0);
  },
);

t.test('own ORIGINATOR_ID or cluster id in a route bars it (RR-6)', async (t) => {
  const lab = new RibLab();
  const a = lab.upPeer('a', { isRouteReflectorClient: true, routerId: 1 });
  const n = lab.upPeer('n', { routerId: 2 });
  const b = lab.upPeer('b', { isRouteReflectorClient: true, routerId: 3 });
  a.announce(['10.1.0.0/24'], { localPref: 100, originatorId: 0x0a000064 });
  a.announce(['10.2.0.0/24'], { localPref: 100, clusterList: Uint32Array.of(0x01010101) });
  n.announce(['10.3.0.0/24'], { localPref: 100, clusterList: Uint32Array.of(0x01010101) });
  a.announce(['10.4.0.0/24'], { localPref: 100, asPath: asPath(65001, 64512) });
  lab.settle();
  t.same([...b.routes.keys()], []);
  t.same(
    [...lab.rib.views.adjIn(a.id)].map(({ prefix, reason }) => `${prefix} ${reason}`),
    ['10.1.0.0/24 originator-loop', '10.2.0.0/24 cluster-loop', '10.4.0.0/24 as-loop'],
  );
  t.same(
    [...lab.rib.views.locRib('ipv4-unicast')].map((route) => route.prefix),
    ['10.3.0.0/24'],
    'between non-clients the cluster list is not checked, but the route is not reflected',
  );
});

const CLIENT = { isRouteReflectorClient: true };

t.test(
  'a client may be in a cluster of its own, which its routes carry (RFC 4456 §7)',
  async (t) => {
    const lab = new RibLab({ otherClusterIds: [2] });
    const a = lab.upPeer('a', { ...CLIENT, clusterId: 2, routerId: 1 });
    const b = lab.upPeer('b', { ...CLIENT, routerId: 2 });
    const n = lab.upPeer('n', { routerId: 3 });
    const clusters = (peer: typeof a) => peer.lines.map((line) => /clusters (.*)$/.exec(line)?.[1]);
    a.announce(['10.1.0.0/24'], { localPref: 100 });
    b.announce(['10.2.0.0/24'], { localPref: 100 });
    n.announce(['10.3.0.0/24'], { localPref: 100 });
    lab.settle();
    t.same(clusters(n), ['2', `${0x01010101}`]);
    t.same(clusters(b), ['2', `${0x01010101}`], 'from a its cluster, from n that of b');
    t.same(clusters(a), [`${0x01010101}`, '2']);
  },
);

t.test('a list with any cluster of ours is a loop on sessions with clients (RR-6)', async (t) => {
  const lab = new RibLab({ otherClusterIds: [2] });
  const client = lab.upPeer('client', { ...CLIENT, routerId: 1 });
  const other = lab.upPeer('other', { routerId: 2 });
  const clusterList = Uint32Array.of(2);
  client.announce(['10.1.0.0/24'], { localPref: 100, clusterList, originatorId: 9 });
  other.announce(['10.2.0.0/24'], { localPref: 100, clusterList, originatorId: 9 });
  lab.settle();
  const reasons = [...lab.rib.views.paths('ipv4-unicast')].map(({ prefix, reason }) => [
    prefix,
    reason,
  ]);
  t.same(reasons, [
    ['10.1.0.0/24', 'cluster-loop'],
    ['10.2.0.0/24', 'none'],
  ]);
  t.equal(client.routes.size, 0, 'used here, but not reflected to clients (RR-3)');
});

t.test('clients that are fully meshed need no reflection within their cluster', async (t) => {
  const lab = new RibLab({ otherClusterIds: [2], reflectsBetweenClients: false });
  const a = lab.upPeer('a', { ...CLIENT, routerId: 1 });
  const b = lab.upPeer('b', { ...CLIENT, routerId: 2 });
  const c = lab.upPeer('c', { ...CLIENT, clusterId: 2, routerId: 3 });
  const n = lab.upPeer('n', { routerId: 4 });
  a.announce(['10.1.0.0/24'], { localPref: 100 });
  lab.settle();
  t.same([b.routes.size, c.routes.size, n.routes.size], [0, 1, 1]);
  lab.rib.setIdentity({
    routerId: 0x0a000064,
    clusterId: 0x01010101,
    otherClusterIds: [2],
    defaultLocalPref: 100,
    normalPriority: { 'ipv4-unicast': 1024, 'ipv6-unicast': 1024 },
  });
  lab.settle();
  t.equal(b.routes.size, 1, 'switched on live');
});

t.test(
  'confederation segments count nothing, pass to internal peers, end at external ones',
  async (t) => {
    const lab = new RibLab();
    const from = lab.upPeer('from', { routerId: 1 });
    const longer = lab.upPeer('longer', { routerId: 2 });
    const client = lab.upPeer('client', { ...CLIENT, routerId: 3 });
    const external = lab.upPeer('e', { isInternal: false, asNumber: 65001, routerId: 4 });
    const confederated = {
      segments: [
        { type: 3, asns: Uint32Array.of(65101, 65102) },
        { type: 4, asns: Uint32Array.of(65103) },
        { type: 2, asns: Uint32Array.of(7) },
      ],
    };
    from.announce(['10.1.0.0/24'], { localPref: 100, asPath: confederated });
    longer.announce(['10.1.0.0/24'], { localPref: 100, asPath: asPath(7, 8) });
    lab.settle();
    t.match(client.lines, [/path \[\(65101 65102\) \[65103\] 7\]/]);
    t.match(external.lines, [new RegExp(`path \\[${64512} 7\\]`)]);
  },
);
