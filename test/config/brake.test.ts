import t from 'tap';
import { describeLosses, excessiveLosses } from '../../src/config/brake.ts';
import type { Config } from '../../src/config/model.ts';
import { config, ROUTER } from './support.ts';

interface Parts {
  readonly mesh?: number;
  readonly peers?: number;
  readonly pools?: number;
  readonly blocks?: number;
}

/** A configuration with so many of each. */
function withParts({ mesh = 0, peers = 0, pools = 0, blocks = 0 }: Parts): Config {
  const list = (count: number, entry: (i: number) => string) =>
    `[${Array.from({ length: count }, (_, i) => entry(i)).join(', ')}]`;
  const meshes = list(
    mesh,
    (i) => `{ name: Mesh_10_0_0_${i}, address: 10.0.0.${i + 1}, asNumber: 1 }`,
  );
  const others = list(peers, (i) => `{ name: Global_${i}, address: 10.0.9.${i + 1}, asNumber: 1 }`);
  return config(`${ROUTER}
neighbors: ${`${meshes.slice(0, -1)}, ${others.slice(1)}`.replace('[, ', '[').replace(', ]', ']')}
pools: ${list(pools, (i) => `{ cidr: 10.${i}.0.0/16 }`)}
blocks: ${list(blocks, (i) => `{ cidr: 10.0.${i}.0/24 }`)}`);
}

function held(before: Parts, after: Parts, share = 0.5, isMeshOff = false): string {
  const losses = excessiveLosses(withParts(before), withParts(after), { share, isMeshOff });
  return describeLosses(losses);
}

t.test('half of the peers may go at once, more is held', async (t) => {
  t.equal(held({ mesh: 6 }, { mesh: 3 }), '');
  t.equal(held({ mesh: 6 }, { mesh: 2 }), '4 of 6 peers');
  t.equal(held({ mesh: 6 }, { mesh: 2 }, 0.9), '');
});

t.test('everything gone is held at any share', async (t) => {
  t.equal(held({ mesh: 2, pools: 1 }, {}, 1), 'all 2 peers, all 1 pools');
});

t.test('peers that are replaced by others are not lost', async (t) => {
  t.equal(held({ peers: 2 }, { mesh: 5 }), '');
  t.equal(held({ mesh: 3 }, { peers: 3 }), '');
});

t.test('a mesh that is turned off goes on purpose, unless nothing else is left', async (t) => {
  t.equal(held({ mesh: 9, peers: 1 }, { peers: 1 }, 0.5, true), '');
  t.equal(held({ mesh: 9, peers: 1 }, { peers: 1 }), '9 of 10 peers');
  t.equal(held({ mesh: 9 }, {}, 0.5, true), 'all 9 peers');
});

t.test('a node that reflects no more loses its clients on purpose', async (t) => {
  const clients = [1, 2, 3, 4]
    .map((i) => `{ name: c${i}, address: 10.0.0.${i}, asNumber: 1, routeReflectorClient: true }`)
    .join(', ');
  const router = ROUTER.replace(' }', ', clusterId: 1.0.0.1 }');
  const reflector = config(`${router}\nneighbors: [${clients}]`);
  const losses = (after: Config) =>
    describeLosses(excessiveLosses(reflector, after, { share: 0.5, isMeshOff: true }));
  t.equal(losses(withParts({ peers: 1 })), '');
  t.equal(losses(withParts({})), 'all 4 peers');
  t.equal(losses(config(router)), 'all 4 peers');
});

t.test('pools are compared one by one', async (t) => {
  t.equal(held({ pools: 3 }, { pools: 1 }), '2 of 3 pools');
  t.equal(held({ pools: 2 }, { pools: 1 }), '');
});

t.test('a few own blocks come and go, many do not', async (t) => {
  t.equal(held({ blocks: 3 }, {}), '');
  t.equal(held({ blocks: 4 }, {}), 'all 4 routes');
  t.equal(held({ blocks: 20 }, { blocks: 5 }), '15 of 20 routes');
  t.equal(held({ blocks: 20 }, { blocks: 12 }), '');
});
