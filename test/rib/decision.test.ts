/** Each step of the decision process decides when all before it tie (RIB-1, RIB-2, RFC 4271 §9.1.2.2). */
import t from 'tap';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import type { PrefixId } from '../../src/rib/ids.ts';
import { address, asPath, type LabPeerOptions, prefix, RibLab } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';
const EBGP = { isInternal: false, asNumber: 65001 };

interface Side {
  readonly peer?: LabPeerOptions;
  readonly route?: Partial<PathAttributes>;
}

interface Case {
  readonly step: string;
  readonly better: Side;
  readonly worse: Side;
}

const CASES: readonly Case[] = [
  {
    step: 'preference',
    better: { route: { localPref: 2_147_483_135, asPath: asPath(1, 2, 3) } },
    worse: { route: { localPref: 100 } },
  },
  {
    step: 'next-hop-reachable',
    better: { route: { localPref: 50 } },
    worse: { route: { localPref: 200, nextHop: address('192.0.2.66') } },
  },
  {
    step: 'llgr-stale',
    better: { route: { localPref: 50 } },
    worse: { route: { localPref: 200, communities: Uint32Array.of(0xffff0006) } },
  },
  {
    step: 'local-pref',
    better: { route: { localPref: 200, asPath: asPath(1, 2) } },
    worse: { route: { localPref: 100 } },
  },
  {
    step: 'as-path-length',
    better: { route: { asPath: asPath(1), origin: 2 } },
    worse: { route: { asPath: asPath(1, 2), origin: 0 } },
  },
  {
    step: 'origin',
    better: { route: { origin: 0, asPath: asPath(1), med: 9 } },
    worse: { route: { origin: 2, asPath: asPath(1), med: 1 } },
  },
  {
    step: 'med',
    better: { route: { asPath: asPath(1), med: 5 } },
    worse: { peer: EBGP, route: { asPath: asPath(1), med: 6 } },
  },
  {
    step: 'ebgp-over-ibgp',
    better: { peer: EBGP, route: { asPath: asPath(1), med: 9, nextHop: address('192.0.2.10') } },
    worse: { route: { asPath: asPath(2), med: 1 } },
  },
  {
    step: 'igp-cost',
    better: { peer: { routerId: 9 } },
    worse: { peer: { routerId: 1 }, route: { nextHop: address('192.0.2.10') } },
  },
  {
    step: 'router-id',
    better: { peer: { routerId: 9 }, route: { originatorId: 1 } },
    worse: { peer: { routerId: 2 } },
  },
  {
    step: 'cluster-list-length',
    better: { peer: { routerId: 1, address: address('10.0.0.9') } },
    worse: { peer: { routerId: 1 }, route: { clusterList: Uint32Array.of(3) } },
  },
  {
    step: 'peer-address',
    better: { peer: { routerId: 1, address: address('10.0.0.8') } },
    worse: { peer: { routerId: 1, address: address('10.0.0.9') } },
  },
];

function run({ better, worse }: Case, isBetterFirst: boolean): { best: string; step: string } {
  const lab = new RibLab();
  lab.nextHops.set('192.0.2.66', { isReachable: false, igpCost: 0, interface: '' });
  lab.nextHops.set('192.0.2.10', { isReachable: true, igpCost: 10, interface: 'eth0' });
  const sides = [
    { ...better, name: 'better' },
    { ...worse, name: 'worse' },
  ];
  if (!isBetterFirst) sides.reverse();
  for (const { name, peer, route } of sides) {
    lab.upPeer(name, peer).announce([TO], route);
    lab.settle();
  }
  const { views } = lab.rib;
  const [first] = [...views.paths('ipv4-unicast')];
  const [, loser] = views.decision('ipv4-unicast', first!.prefixId);
  return { best: views.sourceName(first!.peer), step: String(loser?.loss?.step) };
}

for (const one of CASES) {
  t.test(`${one.step} decides, in either order of arrival`, async (t) => {
    t.same(run(one, true), { best: 'better', step: one.step });
    t.same(run(one, false), { best: 'better', step: one.step });
  });
}

t.test(
  'MED is deterministic: it removes paths of one neighbouring AS whatever came first',
  async (t) => {
    const routes = [
      { routerId: 3, route: { asPath: asPath(1), med: 10 } },
      { routerId: 2, route: { asPath: asPath(2), med: 99 } },
      { routerId: 1, route: { asPath: asPath(1), med: 20 } },
    ];
    const orders = [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ];
    for (const order of orders) {
      const lab = new RibLab();
      for (const index of order) {
        const { routerId, route } = routes[index]!;
        lab.upPeer(`router ${routerId}`, { routerId }).announce([TO], route);
        lab.settle();
      }
      const [best] = lab.rib.views.locRib('ipv4-unicast');
      t.equal(lab.rib.views.sourceName(best!.peer), 'router 2', order.join());
    }
  },
);

t.test('preference between sources: direct, static, BGP, kernel (RIB-1)', async (t) => {
  const lab = new RibLab();
  const { rib } = lab;
  const best = () => {
    lab.settle();
    const [path] = rib.views.locRib('ipv4-unicast');
    return path && rib.views.sourceName(path.peer);
  };
  const route = { prefix: prefix(TO), gateway: undefined };
  rib.originate({ ...route, source: 'kernel' });
  t.equal(best(), 'kernel');
  const peer = lab.upPeer('bgp');
  peer.announce([TO]);
  t.equal(best(), 'bgp');
  rib.originate({ ...route, source: 'static' });
  t.equal(best(), 'static');
  peer.announce([TO], { localPref: 2_147_483_135 });
  t.equal(best(), 'static', 'an elevated route loses to an own static one (AMB-8)');
  rib.originate({ ...route, source: 'direct' });
  t.equal(best(), 'direct');
  rib.withdrawLocal(route.prefix, 'direct');
  rib.withdrawLocal(route.prefix, 'static');
  t.equal(best(), 'bgp');
  rib.originate({ ...route, source: 'kernel', localPref: 2_147_483_135 });
  t.equal(best(), 'kernel', 'an elevated local route wins over BGP (PRIO-7)');
});

t.test('an unreachable next hop does not bar a route that is alone (RIB-3)', async (t) => {
  const lab = new RibLab();
  lab.nextHops.set('192.0.2.1', { isReachable: false, igpCost: 0, interface: '' });
  lab.upPeer('a').announce([TO]);
  lab.settle();
  const [best] = lab.rib.views.locRib('ipv4-unicast');
  t.match(best, { isBest: true, isValid: false });
});

t.test(
  'paths equal up to IGP cost share the traffic (FIB-10), and a change of the set is told',
  async (t) => {
    const lab = new RibLab({ maximumPaths: 2 });
    const told: number[] = [];
    lab.rib.setListener({ routesChanged: (_family, changes) => told.push(changes.length) });
    const peers = [1, 2, 3].map((routerId) => lab.upPeer(`p${routerId}`, { routerId }));
    peers[0]!.announce([TO], { nextHop: address('192.0.2.1') });
    lab.settle();
    peers[1]!.announce([TO], { nextHop: address('192.0.2.2') });
    lab.settle();
    const shared = () => lab.rib.views.multipath('ipv4-unicast', 1 as PrefixId);
    t.equal(shared().length, 2);
    t.equal(told.length, 2, 'the best path stayed, the set grew');
    peers[2]!.announce([TO], { nextHop: address('192.0.2.3') });
    lab.settle();
    t.equal(shared().length, 2, 'no more than the maximum');
    peers[1]!.withdraws([TO]);
    peers[2]!.withdraws([TO]);
    lab.settle();
    t.equal(shared().length, 1);
    t.equal(told.at(-1), 1);
  },
);
