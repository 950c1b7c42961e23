/** Each switch of the decision process, against the outcome without it; changed while routes are there. */
import t from 'tap';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import { DEFAULT_DECISION, type DecisionOptions } from '../../src/rib/decision-options.ts';
import type { PrefixId } from '../../src/rib/ids.ts';
import { address, asPath, type LabPeerOptions, RibLab } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';
const EBGP = { isInternal: false };
const ONLY = 1 as PrefixId;

type Arrival = readonly [name: string, peer: LabPeerOptions, route: Partial<PathAttributes>];

interface Switch {
  readonly title: string;
  readonly on: Partial<DecisionOptions>;
  readonly routes: readonly Arrival[];
  /** Names of the best neighbour without and with it, and the step the first loser lost at. */
  readonly without: readonly [best: string, step: string];
  readonly with: readonly [best: string, step: string];
}

const SWITCHES: readonly Switch[] = [
  {
    title: 'alwaysCompareMed compares MED across neighbouring ASes',
    on: { alwaysCompareMed: true },
    routes: [
      ['a', { routerId: 1 }, { asPath: asPath(1), med: 20 }],
      ['b', { routerId: 2 }, { asPath: asPath(2), med: 10 }],
    ],
    without: ['a', 'router-id'],
    with: ['b', 'med'],
  },
  {
    title: 'missingMedAsWorst puts a path without MED behind',
    on: { missingMedAsWorst: true },
    routes: [
      ['a', { routerId: 1 }, { asPath: asPath(1) }],
      ['b', { routerId: 2 }, { asPath: asPath(1), med: 10 }],
    ],
    without: ['a', 'med'],
    with: ['b', 'med'],
  },
  {
    title: 'without compareRouterId the older external path stays',
    on: { compareRouterId: false },
    routes: [
      ['a', { ...EBGP, routerId: 2 }, { asPath: asPath(1) }],
      ['b', { ...EBGP, routerId: 1 }, { asPath: asPath(2) }],
    ],
    without: ['b', 'router-id'],
    with: ['a', 'oldest'],
  },
  {
    title: 'without compareRouterId internal paths are still told apart by it',
    on: { compareRouterId: false },
    routes: [
      ['a', { routerId: 2 }, {}],
      ['b', { routerId: 1 }, {}],
    ],
    without: ['b', 'router-id'],
    with: ['b', 'router-id'],
  },
  {
    title: 'ignoreAsPath skips the length',
    on: { ignoreAsPath: true },
    routes: [
      ['a', { routerId: 2 }, { asPath: asPath(1) }],
      ['b', { routerId: 1 }, { asPath: asPath(2, 3) }],
    ],
    without: ['a', 'as-path-length'],
    with: ['b', 'router-id'],
  },
  {
    title: 'ignoreIgpMetric skips the cost to the next hop',
    on: { ignoreIgpMetric: true },
    routes: [
      ['a', { routerId: 2 }, {}],
      ['b', { routerId: 1 }, { nextHop: address('192.0.2.10') }],
    ],
    without: ['a', 'igp-cost'],
    with: ['b', 'router-id'],
  },
];

function labWith(routes: readonly Arrival[], maximumPaths = 1): RibLab {
  const lab = new RibLab({ maximumPaths });
  lab.nextHops.set('192.0.2.10', { isReachable: true, igpCost: 10, interface: 'eth0' });
  for (const [name, peer, route] of routes) {
    lab.upPeer(name, peer).announce([TO], route);
    lab.settle();
    lab.nowMs += 5000;
  }
  return lab;
}

function decide(lab: RibLab, options: Partial<DecisionOptions>): readonly [string, string] {
  lab.rib.setDecision({ ...DEFAULT_DECISION, ...options });
  lab.settle();
  const { views } = lab.rib;
  const [best] = views.locRib('ipv4-unicast');
  const [first, second] = views.decision('ipv4-unicast', ONLY);
  if (first?.path !== best?.path) throw new Error('the first of the ranked paths is not the best');
  return [views.sourceName(best!.peer), String(second?.loss?.step)];
}

for (const { title, on, routes, without, with: having } of SWITCHES) {
  t.test(title, async (t) => {
    const lab = labWith(routes);
    t.same(decide(lab, {}), without);
    t.same(decide(lab, on), having, 'changed live');
    t.same(decide(lab, {}), without, 'and back');
  });
}

t.test('without deterministicMed the outcome hangs on who came when', async (t) => {
  const routes: readonly Arrival[] = [
    ['a', { routerId: 3 }, { asPath: asPath(1), med: 10 }],
    ['b', { routerId: 2 }, { asPath: asPath(2), med: 99 }],
    ['c', { routerId: 1 }, { asPath: asPath(1), med: 20 }],
  ];
  t.equal(decide(labWith(routes), {})[0], 'b');
  t.equal(decide(labWith(routes), { deterministicMed: false })[0], 'a', 'c beats b, a beats c');
  const reversed = labWith([...routes].reverse());
  t.equal(decide(reversed, { deterministicMed: false })[0], 'c', 'b beats a, c beats b');
});

t.test('every loser knows whom it lost to, at what step and by which values', async (t) => {
  const lab = labWith([
    ['a', { routerId: 3 }, { asPath: asPath(1), med: 10 }],
    ['b', { routerId: 2 }, { asPath: asPath(2), med: 99 }],
    ['c', { routerId: 1 }, { asPath: asPath(1), med: 20 }],
    ['d', { routerId: 4 }, { localPref: 50 }],
  ]);
  const { views } = lab.rib;
  const name = (path: number) => views.sourceName(views.path('ipv4-unicast', path as never).peer);
  const losses = views
    .decision('ipv4-unicast', ONLY)
    .map(({ path, rank, loss }) => [
      rank,
      name(path),
      loss && [loss.step, loss.value, name(loss.against), loss.againstValue],
    ]);
  t.same(losses, [
    [1, 'b', undefined],
    [2, 'a', ['router-id', '0.0.0.3', 'b', '0.0.0.2']],
    [3, 'c', ['med', 20, 'a', 10]],
    [4, 'd', ['local-pref', 50, 'b', 100]],
  ]);
});

t.test('multipath can be bounded by kind, and held to equal AS paths', async (t) => {
  const internal = labWith(
    [1, 2, 3].map((routerId) => [`i${routerId}`, { routerId }, { asPath: asPath(routerId) }]),
    16,
  );
  const width = (lab: RibLab, multipath: Partial<DecisionOptions['multipath']>) => {
    decide(lab, { multipath: { ...DEFAULT_DECISION.multipath, ...multipath } });
    return lab.rib.views.multipath('ipv4-unicast', ONLY).length;
  };
  t.equal(width(internal, {}), 3, 'FIB-10');
  t.equal(width(internal, { external: 1 }), 3);
  t.equal(width(internal, { internal: 2 }), 2);
  t.equal(width(internal, { internal: 1 }), 1);
  t.equal(width(internal, { relaxAsPath: false }), 1);
  const external = labWith(
    [1, 2].map((routerId) => [`e${routerId}`, { ...EBGP, routerId }, { asPath: asPath(7) }]),
    16,
  );
  t.equal(width(external, { internal: 1, relaxAsPath: false }), 2);
  t.equal(width(external, { external: 1 }), 1);
});

t.test('a change of the multipath width alone is told to the listener', async (t) => {
  const lab = labWith(
    [1, 2].map((routerId) => [`p${routerId}`, { routerId }, {}]),
    16,
  );
  let told = 0;
  lab.rib.setListener({ routesChanged: (_family, changes) => (told += changes.length) });
  decide(lab, { multipath: { ...DEFAULT_DECISION.multipath, internal: 1 } });
  t.equal(told, 1);
  decide(lab, { multipath: { ...DEFAULT_DECISION.multipath, internal: 1 } });
  t.equal(told, 1, 'the same again is no change');
});

t.test('re-announcing a route the same does not make it younger', async (t) => {
  const lab = new RibLab();
  const a = lab.upPeer('a', { ...EBGP, routerId: 2 });
  a.announce([TO], { asPath: asPath(1) });
  lab.settle();
  lab.nowMs += 5000;
  lab.upPeer('b', { ...EBGP, routerId: 1 }).announce([TO], { asPath: asPath(2) });
  lab.nowMs += 5000;
  a.announce([TO], { asPath: asPath(1) });
  lab.settle();
  t.same(decide(lab, { compareRouterId: false }), ['a', 'oldest']);
  a.announce([TO], { asPath: asPath(3) });
  lab.settle();
  t.same(decide(lab, { compareRouterId: false }), ['b', 'oldest'], 'another route is a new one');
});
