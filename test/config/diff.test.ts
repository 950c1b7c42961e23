import { readFileSync } from 'node:fs';
import t from 'tap';
import { type ConfigDiff, diffConfig } from '../../src/config/diff.ts';
import {
  FIB_IMPACT,
  IDENTITY_IMPACT,
  IMPACTS,
  type Impact,
  ROUTER_IMPACT,
  SECTION_IMPACT,
  SESSION_IMPACT,
} from '../../src/config/impact.ts';
import {
  documentSchema,
  fibShape,
  neighborRangeShape,
  neighborShape,
  routerShape,
} from '../../src/config/schema.ts';
import { BASE, BASES, OTHER_VALUES } from './other-values.ts';
import { config, ROUTER } from './support.ts';

function neighbor(text: string, router = ROUTER): string {
  return `${router}\nneighbors: [{ ${text} }]\npolicies: { p: [], q: [] }`;
}

function diff(before: string, after: string): ConfigDiff {
  return diffConfig(config(before), config(after));
}

t.test('every key of the schema has an impact', async (t) => {
  const rows: Record<string, Impact> = {
    ...SECTION_IMPACT,
    ...ROUTER_IMPACT,
    ...FIB_IMPACT,
    ...IDENTITY_IMPACT,
    ...SESSION_IMPACT,
  };
  const sections = Object.keys(documentSchema.shape).filter(
    (key) => key !== 'router' && key !== 'fib',
  );
  const shapes = [routerShape, fibShape, neighborShape, neighborRangeShape];
  for (const key of [...sections, ...shapes.flatMap((shape) => Object.keys(shape))]) {
    t.ok(IMPACTS.includes(rows[key]!), key);
  }
});

t.test('docs/configuration.md has a row for every key, with its impact', async (t) => {
  const docs = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
  const rows = docs.split('\n').filter((line) => line.startsWith('| `'));
  const check = (key: string, impact: Impact) => {
    const row = rows.find((line) => line.split('|')[1]!.includes(`\`${key}\``));
    t.equal(row?.split('|')[3]?.trim(), impact, key);
  };
  const { listen, ...router } = ROUTER_IMPACT;
  const tables = { ...SESSION_IMPACT, ...router, ...FIB_IMPACT, 'listen.port': listen };
  for (const [key, impact] of Object.entries(tables)) if (key !== 'asNumber') check(key, impact);
});

t.test(
  'a change of one neighbor key has the impact of the table, on that session only',
  async (t) => {
    const router = 'router: { asNumber: 64512, routerId: 10.0.0.1, clusterId: 10.0.0.1 }';
    for (const [key, value] of Object.entries(OTHER_VALUES)) {
      const base = BASES[key] ?? BASE;
      const before = key === 'asNumber' ? `${base}, asNumber: 64512` : base;
      const { neighbors } = diff(
        neighbor(before, router),
        neighbor(`${base}, ${key}: ${value}`, router),
      );
      const impact = SESSION_IMPACT[key as keyof typeof SESSION_IMPACT];
      const list = impact === 'reset' ? neighbors.restarted : neighbors.changed;
      t.match(list, [{ impact, keys: [{ key, impact }] }], key);
      t.same([neighbors.added, neighbors.removed], [[], []], key);
    }
  },
);

t.test('equal configurations differ in nothing (RECONF-12)', async (t) => {
  t.equal(diff(neighbor(BASE), neighbor(BASE)).isEmpty, true);
  t.equal(diff(neighbor(BASE), neighbor(`${BASE}, holdTime: 4m`)).isEmpty, true);
});

t.test('a session that is only called differently does not bounce (RECONF-5)', async (t) => {
  const { neighbors } = diff(neighbor(BASE), neighbor(BASE.replace('name: a', 'name: b')));
  t.match(neighbors.changed, [{ impact: 'none', keys: [{ key: 'name', from: 'a', to: 'b' }] }]);
  t.same([neighbors.added, neighbors.removed, neighbors.restarted], [[], [], []]);
});

t.test('two sessions that trade names both stay up', async (t) => {
  const text = (first: string, second: string) => `${ROUTER}\nneighbors:
- { name: ${first}, address: 10.0.0.2, asNumber: 1 }
- { name: ${second}, address: 10.0.0.3, asNumber: 1 }`;
  const { neighbors } = diff(text('a', 'b'), text('b', 'a'));
  t.equal(neighbors.changed.length, 2);
  t.same(neighbors.restarted, []);
});

t.test('a neighbor that moves to another address restarts (RECONF-1)', async (t) => {
  const { neighbors } = diff(neighbor(BASE), neighbor(BASE.replace('10.0.0.2', '10.0.0.3')));
  t.match(neighbors.restarted, [{ keys: [{ key: 'address', from: '10.0.0.2', to: '10.0.0.3' }] }]);
});

t.test('peers come and go without touching others (RECONF-4)', async (t) => {
  const { neighbors } = diff(
    neighbor(BASE),
    `${ROUTER}\nneighbors: [{ name: b, address: 10.0.0.3, asNumber: 1 }, { ${BASE} }]`,
  );
  t.match(neighbors.added, [{ name: 'b' }]);
  t.same([neighbors.removed, neighbors.restarted, neighbors.changed], [[], [], []]);
});

t.test('a router id restarts every session (ID-3, RECONF-2)', async (t) => {
  const after = ROUTER.replace('10.0.0.1', '10.0.0.9');
  const { neighbors, router } = diff(neighbor(BASE), neighbor(BASE, after));
  t.match(router, [{ key: 'routerId', impact: 'all' }]);
  t.match(neighbors.restarted, [{ impact: 'all', keys: [{ key: 'router.routerId' }] }]);
});

t.test(
  'a cluster id touches the sessions with clients, and restarts none (RECONF-1, RECONF-11)',
  async (t) => {
    const text = (id: string) => `router: { asNumber: 1, routerId: 10.0.0.1, clusterId: ${id} }
neighbors:
- { name: a, address: 10.0.0.2, asNumber: 1, routeReflectorClient: true }
- { name: b, address: 10.0.0.3, asNumber: 2 }`;
    const { neighbors } = diff(text('1.1.1.1'), text('2.2.2.2'));
    t.match(neighbors.changed, [{ after: { name: 'a' }, impact: 'refresh' }]);
    t.equal(neighbors.changed.length, 1);
    t.same(neighbors.restarted, []);
  },
);

t.test('moving the listener touches no session (LISTEN-5, RECONF-9)', async (t) => {
  const after = ROUTER.replace(' }', ', listen: { port: 1179 } }');
  const moved = diff(neighbor(BASE), neighbor(BASE, after));
  t.equal(moved.rebindsListener, true);
  t.same(moved.neighbors.restarted, []);
});

t.test('rules of a policy touch the sessions that use it, softly (RECONF-3)', async (t) => {
  const text = (rules: string) => `${ROUTER}
neighbors:
- { name: in, address: 10.0.0.2, asNumber: 1, import: [p] }
- { name: out, address: 10.0.0.3, asNumber: 1, export: [p] }
- { name: none, address: 10.0.0.4, asNumber: 1 }
policies: { p: [${rules}] }`;
  const { neighbors, policies } = diff(text(''), text('{ action: reject }'));
  t.same(policies, { added: [], removed: [], changed: ['p'] });
  t.match(neighbors.changed, [
    { after: { name: 'in' }, impact: 'refresh', policies: ['p'], keys: [] },
    { after: { name: 'out' }, impact: 'soft', policies: ['p'], keys: [] },
  ]);
  t.equal(neighbors.changed.length, 2);
});

t.test('lists tell what came, went and changed, by CIDR', async (t) => {
  const text = (blocks: string) => `${ROUTER}\nblocks: [${blocks}]`;
  const { blocks } = diff(
    text('{ cidr: 10.0.0.0/26 }, { cidr: 10.0.1.0/26 }'),
    text('{ cidr: 10.0.1.0/26, blackhole: false }, { cidr: 10.0.2.0/26 }'),
  );
  t.same(blocks, { added: ['10.0.2.0/26'], removed: ['10.0.0.0/26'], changed: ['10.0.1.0/26'] });
});

t.test('no password gets into a diff, though its change is seen', async (t) => {
  const { neighbors } = diff(
    neighbor(`${BASE}, password: old`),
    neighbor(`${BASE}, password: new`),
  );
  t.match(neighbors.changed[0]!.keys, [{ key: 'password', from: '********', to: '********' }]);
});
