import t from 'tap';
import { Convergence } from '../../src/daemon/convergence.ts';
import { NeighborGroups } from '../../src/daemon/neighbor-groups.ts';
import { RouteMetrics } from '../../src/daemon/route-metrics.ts';
import { SessionMetrics } from '../../src/daemon/session-metrics.ts';
import type { MetricGroup } from '../../src/telemetry/metric.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const A = `
router: { asNumber: 64512, routerId: 10.0.0.1, listen: { port: 179, addresses: [10.0.0.1] } }
neighbors:
  - { name: Mesh_b, sourceAddress: 10.0.0.1, address: 10.0.0.2, asNumber: 64512, import: [no-third], families: [ipv4-unicast] }
  - { name: Mesh_c, sourceAddress: 10.0.0.1, address: 10.0.0.3, asNumber: 64512, families: [ipv4-unicast] }
  - { name: tor, sourceAddress: 10.0.0.1, address: 10.0.0.4, asNumber: 65001, families: [ipv4-unicast] }
policies:
  no-third: [{ match: { prefixes: ['10.3.0.0/16'] }, action: reject }]
`;
const B = `
router: { asNumber: 64512, routerId: 10.0.0.2, listen: { port: 179, addresses: [10.0.0.2] } }
blocks: [{ cidr: 10.1.0.0/16 }, { cidr: 10.2.0.0/16 }, { cidr: 10.3.0.0/16 }]
neighbors:
  - { name: Mesh_a, address: 10.0.0.1, asNumber: 64512, sourceAddress: 10.0.0.2, families: [ipv4-unicast] }
`;

/** Values by name and labels, as `name{a,b}`. */
function read(group: MetricGroup): Map<string, number> {
  const values = new Map<string, number>();
  group.read((name, value, labels = {}) => {
    t.ok(
      group.definitions.some((definition) => definition.name === name),
      `${name} is defined`,
    );
    values.set(`${name}{${Object.values(labels).join()}}`, value);
  });
  return values;
}

async function start(lab: Lab): Promise<LabNode> {
  const a = lab.node('10.0.0.1', A);
  const b = lab.node('10.0.0.2', B);
  await a.start();
  await b.start();
  return a;
}

t.test(
  'sessions and routes are the numbers of the command line, nodes of a mesh together',
  async (t) => {
    const lab = new Lab();
    const a = await start(lab);
    const metrics = new SessionMetrics(a.daemon, false);
    await lab.settle();
    const values = read(metrics);
    const neighbors = a.views.neighbors();
    t.equal(values.get('catbird_sessions{Mesh_*,Established}'), 1);
    for (const label of ['Mesh_*', 'tor']) {
      const own = neighbors.filter(
        ({ name }) => name === label || `${name.slice(0, 5)}*` === label,
      );
      for (const state of ['Idle', 'Connect', 'Active', 'OpenSent', 'OpenConfirm', 'Established']) {
        const count = own.filter((neighbor) => neighbor.state === state).length;
        t.equal(values.get(`catbird_sessions{${label},${state}}`), count, `${label} ${state}`);
      }
      for (const kind of ['received', 'accepted', 'advertised'] as const) {
        const count = own.reduce((sum, { families }) => sum + families['ipv4-unicast']![kind], 0);
        t.equal(values.get(`catbird_routes_${kind}{${label},ipv4-unicast}`), count, kind);
      }
      const updates = own.reduce((sum, { messages }) => sum + messages.received['update']!, 0);
      t.equal(values.get(`catbird_messages_received_total{${label},update}`), updates);
    }
    t.equal(values.get('catbird_routes_received{Mesh_*,ipv4-unicast}'), 3);
    t.equal(values.get('catbird_routes_accepted{Mesh_*,ipv4-unicast}'), 2);
  },
);

t.test('tables, rejections and kernel routes are the numbers of the command line', async (t) => {
  const lab = new Lab();
  const a = await start(lab);
  await lab.settle();
  const values = read(new RouteMetrics(a.daemon.rib, a.forwarding));
  const paths = [...a.views.rib(undefined)];
  t.equal(values.get('catbird_rib_paths{ipv4-unicast}'), paths.length);
  t.equal(
    values.get('catbird_rib_best_paths{ipv4-unicast}'),
    paths.filter(({ best }) => best).length,
  );
  const rejected = [...a.views.adjIn('Mesh_b')!].filter((route) => route['rejected'] !== undefined);
  t.equal(rejected.length, 1);
  t.equal(values.get('catbird_routes_rejected{ipv4-unicast,policy}'), 1);
  t.equal(values.get('catbird_routes_rejected{ipv4-unicast,as-loop}'), 0);
  for (const state of ['installed', 'missing', 'foreign', 'failed']) {
    const count = [...a.views.fib()].filter((route) => route.state === state).length;
    t.equal(values.get(`catbird_fib_routes{${state}}`), count, state);
  }
  t.equal(values.get('catbird_fib_routes{installed}'), 2);
  t.equal(values.get('catbird_fib_written_total{}'), 2);
});

t.test('what a neighbor of the mesh counted stays when it leaves', async (t) => {
  const lab = new Lab();
  const a = await start(lab);
  const metrics = new SessionMetrics(a.daemon, false);
  await lab.settle();
  const before = read(metrics).get('catbird_messages_received_total{Mesh_*,update}')!;
  t.ok(before > 0);
  await a.apply(A.replace(/.*Mesh_b.*\n/, ''));
  await lab.settle();
  const values = read(metrics);
  t.equal(values.get('catbird_messages_received_total{Mesh_*,update}'), before);
  t.equal(values.get('catbird_sessions{Mesh_*,Established}'), 0);
  t.equal(values.get('catbird_routes_received{Mesh_*,ipv4-unicast}'), 0);
});

t.test('series of neighbors are bounded, whatever the number of neighbors', async (t) => {
  const labelsOf = (groups: NeighborGroups, start: string) =>
    new Set(Array.from({ length: 5000 }, (_, i) => groups.labelOf(`${start}${i}`)));
  t.same([...labelsOf(new NeighborGroups(false), 'Mesh_')], ['Mesh_*']);
  t.same([...labelsOf(new NeighborGroups(false), 'Dynamic_')], ['Dynamic_*']);
  t.equal(labelsOf(new NeighborGroups(false), 'tor-').size, 257);
  t.equal(labelsOf(new NeighborGroups(true), 'Mesh_').size, 1025);
  const groups = new NeighborGroups(false);
  labelsOf(groups, 'tor-');
  groups.keep(new Set(['tor-1']));
  t.same([groups.labelOf('tor-1'), groups.labelOf('new')], ['tor-1', 'new']);
});

t.test(
  'a burst of UPDATEs is timed until the kernel has answered, a configuration until it is told',
  async (t) => {
    const lab = new Lab();
    const a = await start(lab);
    const toKernel: number[] = [];
    const toWire: number[] = [];
    a.daemon.convergence = new Convergence(lab.clock, a.forwarding, {
      updateToKernel: (ms) => toKernel.push(ms),
      changeToWire: (ms) => toWire.push(ms),
    });
    await lab.settle();
    t.equal(a.kernelRoutes().length, 2);
    t.ok(toKernel.length >= 1 && toKernel.every((ms) => ms >= 0 && ms < 10_000), `${toKernel}`);
    const changedAt = lab.clock.now() - 40;
    await a.apply(A.replace('neighbors:', 'blocks: [{ cidr: 10.9.0.0/16 }]\nneighbors:'));
    a.daemon.convergence.applied(changedAt, a.daemon.rib.hasWork);
    t.same(toWire, [], 'not before the RIB has run');
    await lab.settle();
    t.equal(toWire.length, 1);
    t.ok(toWire[0]! >= 40);
  },
);

t.test('while the kernel gets a rest the clock of a burst runs on', async (t) => {
  const times: number[] = [];
  let isWriting = false;
  let now = 0;
  const clock = { now: () => now } as Lab['clock'];
  const forwarding = { written: async () => isWriting } as unknown as LabNode['forwarding'];
  const readers = { updateToKernel: (ms: number) => times.push(ms), changeToWire: () => {} };
  const convergence = new Convergence(clock, forwarding, readers);
  convergence.caughtUp(0);
  await Promise.resolve();
  await Promise.resolve();
  [now, isWriting] = [500, true];
  convergence.caughtUp(499);
  await Promise.resolve();
  await Promise.resolve();
  t.same(times, [500]);
});
