import fc from 'fast-check';
import t from 'tap';
import { chosen, grouped, groupOf, healthOf, type SessionRow } from '../../src/glass/session.ts';
import { layOut, type Rect } from '../../src/glass/topology-layout.ts';

const session = (change: Partial<SessionRow>): SessionRow => ({
  name: 'x',
  address: '10.0.0.2',
  asNumber: 64512,
  localAsNumber: 64512,
  state: 'Established',
  since: '',
  uptimeSec: 1,
  routeReflectorClient: false,
  families: {},
  lastError: null,
  shutDown: false,
  flaps: 0,
  ...change,
});

const NAMES = ['external', 'internal', 'mesh', 'clients', 'workloads'] as const;
const overlap = (a: Rect, b: Rect) =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

t.test('every session has a place of its own, within the width, whatever there is', async (t) => {
  const sizes = fc
    .uniqueArray(fc.constantFrom(...NAMES))
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc.record({ name: fc.constant(name), count: fc.integer({ min: 1, max: 1500 }) }),
        ),
      ),
    );
  fc.assert(
    fc.property(sizes, fc.integer({ min: 260, max: 1600 }), (groups, width) => {
      const { boxes, links, router, height } = layOut(groups, width);
      if (boxes.length !== groups.length || links.length !== groups.length) return false;
      const all = [router, ...boxes];
      const isInside = (box: Rect) =>
        box.x >= 0 &&
        box.y >= 0 &&
        box.x + box.width <= width + 0.01 &&
        box.y + box.height <= height + 0.01;
      const isApart = all.every((a, i) => all.every((b, j) => i <= j || !overlap(a, b)));
      const hold = boxes.every(({ name, chips, dots, ...box }) => {
        const { count } = groups.find((group) => group.name === name)!;
        const points = [...chips, ...dots];
        const isWithin = points.every(
          ({ x, y }) =>
            x >= box.x && y >= box.y && x <= box.x + box.width && y <= box.y + box.height,
        );
        return points.length === count && isWithin;
      });
      return all.every(isInside) && isApart && hold;
    }),
    { seed: 1, numRuns: 200 },
  );
  t.pass();
});

t.test('a session stands where its name, AS and role put it', async (t) => {
  t.equal(groupOf(session({ name: 'Mesh_10_0_0_2' })), 'mesh');
  t.equal(groupOf(session({ name: 'Mesh_10_0_0_2', routeReflectorClient: true })), 'clients');
  t.equal(groupOf(session({ name: 'Node_10_0_0_2' })), 'internal');
  t.equal(groupOf(session({ asNumber: 65001 })), 'external');
  t.equal(groupOf(session({ name: 'Local_Workload_1', asNumber: 65001 })), 'workloads');
  t.same(
    grouped([session({})]).map(({ name }) => name),
    ['internal'],
  );
});

t.test('a session is up, on its way, down, or taken down', async (t) => {
  t.equal(healthOf(session({})), 'up');
  t.equal(healthOf(session({ state: 'OpenSent' })), 'trying');
  t.equal(healthOf(session({ state: 'Idle' })), 'down');
  t.equal(healthOf(session({ state: 'Idle', shutDown: true })), 'off');
});

t.test('lists begin with the worst, and are narrowed by words, state and group', async (t) => {
  const all = [
    session({ name: 'n10' }),
    session({ name: 'n9' }),
    session({ name: 'n2', state: 'Idle' }),
    session({ name: 'tor', asNumber: 65001, address: 'fd00::1' }),
  ];
  const none = { find: '', health: undefined, group: undefined };
  const names = (filter: Partial<typeof none> | object) =>
    chosen(all, { ...none, ...filter }).map(({ name }) => name);
  t.same(names({}), ['n2', 'n9', 'n10', 'tor']);
  t.same(names({ find: 'N1 as64512' }), ['n10']);
  t.same(names({ find: 'fd00' }), ['tor']);
  t.same(names({ health: 'down' }), ['n2']);
  t.same(names({ group: 'external' }), ['tor']);
});
