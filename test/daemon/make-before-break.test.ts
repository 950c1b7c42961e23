/**
 * Make before break: six nodes change from a mesh to reflectors, between reflectors and back, one after the other
 * and in any order, and no kernel is ever without a route to any other node.
 */
import t from 'tap';
import { formatPrefix } from '../../src/net/text.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const NUMBERS = [1, 2, 3, 4, 5, 6];

/** Who peers with whom: everybody with everybody, or everybody with some reflectors. */
type Topology = readonly number[];
const MESH: Topology = [];

function configOf(own: number, topology: Topology): string {
  const isReflector = topology.includes(own);
  const isMeshed = topology.length === 0;
  const peers = NUMBERS.filter((other) => {
    return other !== own && (isMeshed || isReflector || topology.includes(other));
  });
  const kind = isMeshed ? 'Mesh' : 'Node';
  const neighbors = peers.map((other) => {
    const isClient = isReflector && !topology.includes(other);
    return `- { name: ${kind}_10_0_0_${other}, address: 10.0.0.${other}, asNumber: 64512, sourceAddress: 10.0.0.${own}, passive: ${other > own}, routeReflectorClient: ${isClient} }`;
  });
  return `
router: { asNumber: 64512, routerId: 10.0.0.${own}${isReflector ? ', clusterId: 10.0.0.99' : ''} }
blocks: [ { cidr: 10.1.${own}.0/26 } ]
neighbors:
${neighbors.join('\n')}`;
}

/** Every route that any kernel ever lost, and those that are missing now. */
function missing(nodes: readonly LabNode[]): string[] {
  return nodes.flatMap((node, i) => {
    const deleted = node.kernel.applied
      .filter(({ action }) => action === 'delete')
      .map(({ prefix }) => `deleted: ${formatPrefix(prefix)}`);
    const routes = node.kernelRoutes();
    const absent = NUMBERS.map((other) => `10.1.${other}.0/26`).filter(
      (prefix) => !routes.some((route) => route.startsWith(`${prefix} `)),
    );
    return [...deleted, ...absent].map((what) => `node ${i + 1}: ${what}`);
  });
}

async function startAll(lab: Lab, topology: Topology): Promise<LabNode[]> {
  const nodes = NUMBERS.map((own) => lab.node(`10.0.0.${own}`, configOf(own, topology)));
  for (const node of nodes) await node.start();
  await lab.settle();
  return nodes;
}

/** Nodes hear of it one after the other, in the order given, `gapMs` apart. */
async function change(
  {
    lab,
    nodes,
    order,
    gapMs,
  }: { lab: Lab; nodes: readonly LabNode[]; order: readonly number[]; gapMs: number },
  topology: Topology,
): Promise<void> {
  for (const number of order) {
    await nodes[number - 1]!.apply(configOf(number, topology));
    await lab.settle(gapMs);
  }
}

const CHANGES: readonly (readonly [string, Topology, Topology])[] = [
  ['a mesh to reflectors', MESH, [1, 2]],
  ['a mesh to one reflector', MESH, [4]],
  ['reflectors to a mesh', [1, 2], MESH],
  ['one reflector to a mesh', [3], MESH],
  ['a reflector to another', [1], [6]],
  ['one of two reflectors to another', [1, 2], [2, 5]],
];

const ORDERS: readonly (readonly number[])[] = [
  [1, 2, 3, 4, 5, 6],
  [6, 5, 4, 3, 2, 1],
  [3, 6, 1, 4, 2, 5],
];

for (const [name, before, after] of CHANGES) {
  t.test(`${name}: no kernel misses a route at any time (RECONF-10, RECONF-11)`, async (t) => {
    for (const order of ORDERS) {
      for (const gapMs of [0, 1500]) {
        const lab = new Lab();
        const nodes = await startAll(lab, before);
        t.same(missing(nodes), []);
        await change({ lab, nodes, order, gapMs }, after);
        await lab.settle(60_000);
        t.same(missing(nodes), [], `order ${order}, ${gapMs} ms apart`);
        const sessions = nodes.map(({ views }) => views.neighbors());
        t.same(
          sessions.flat().filter(({ state, leaving }) => state !== 'Established' || leaving),
          [],
        );
        t.same(
          sessions.map(({ length }) => length),
          NUMBERS.map((own) => configOf(own, after).split('\n- ').length - 1),
        );
      }
    }
  });
}
