/**
 * Six nodes go from the mesh to a reflector, to another reflector, and back to the mesh, each in one step of the
 * datastore: while their pods send to each other nothing is lost, and no kernel is without a prefix for a moment.
 */
import t, { type Test } from 'tap';
import { catbird, startCatbird } from '../../lab/support/catbird.ts';
import { type Cluster, nodeOf, writeDatastore } from '../../lab/support/cluster.ts';
import { assertKernelRoutes, expectedRoutes } from '../../lab/support/cluster-start.ts';
import type { Daemon } from '../../lab/support/daemon.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { LossProbe } from '../../lab/support/loss-probe.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { getDocument } from '../../src/cli/client.ts';

const NODES = [1, 2, 3, 4, 5, 6];
const RATE_PER_SEC = 300;
/** Newcomers are up, then five seconds; more on a busy machine. */
const STEP_SEC = 40;

const addressOf = (index: number) => `172.18.0.${index}`;

const MESH: Cluster = {
  asNumber: 64512,
  segmentLength: 16,
  poolCidr: '10.244.0.0/16',
  isMesh: true,
  nodes: NODES.map((index) => ({
    name: `node${index}`,
    address: addressOf(index),
    blocks: [`10.244.${index}.0/24`],
  })),
  peers: {},
  filters: {},
};

/** One node reflects to all others, which have it alone. */
function reflectedBy(reflector: number): Cluster {
  const asReflector = { labels: { reflector: 'yes' }, clusterId: '1.0.0.1' };
  return {
    ...MESH,
    isMesh: false,
    nodes: MESH.nodes.map((node) =>
      node.name === `node${reflector}` ? { ...node, ...asReflector } : node,
    ),
    peers: { reflector: { nodeSelector: 'all()', peerSelector: "reflector == 'yes'" } },
  };
}

const meshOf = (own: number) => NODES.filter((index) => index !== own);
const onlyTo = (reflector: number) => (own: number) =>
  own === reflector ? meshOf(own) : [reflector];

interface LiveNode {
  readonly index: number;
  readonly namespace: string;
  readonly socket: string;
  /** `ip monitor route`. */
  readonly monitor: Daemon;
}

function startNode(lab: Laboratory, index: number): LiveNode {
  const { name, address } = nodeOf(MESH, `node${index}`);
  const namespace = lab.network.addHost(name, `${address}/16`);
  const source = ['--datastore', `folder:${lab.folder('datastore')}`, '--node', name];
  const { socket } = startCatbird(lab, name, namespace, source);
  const monitor = lab.start(`${name}-routes`, namespace, ['ip', '-4', 'monitor', 'route']);
  return { index, namespace, socket, monitor };
}

/** @throws Error unless the node has exactly these sessions, established and staying */
async function assertSessions({ index, socket }: LiveNode, wanted: readonly number[]) {
  const neighbors = (await getDocument(socket, '/v1/neighbors')) as {
    readonly address: string;
    readonly state: string;
    readonly leaving: boolean;
  }[];
  const actual = neighbors
    .map(({ address, state, leaving }) => `${address} ${leaving ? 'leaving' : state}`)
    .sort();
  const expected = wanted.map((other) => `${addressOf(other)} Established`).sort();
  if (actual.join() === expected.join()) return;
  throw new Error(`node${index} has [${actual.join(', ')}], wanted [${expected.join(', ')}]`);
}

/** @throws Error with what routes of protocol bird a kernel was told to remove */
function assertNothingDeleted(nodes: readonly LiveNode[]): void {
  for (const { index, monitor } of nodes) {
    const lines = monitor.logTail(1000).split('\n');
    const deleted = lines.filter((line) => /^Deleted .*proto bird/.test(line));
    if (deleted.length > 0) throw new Error(`node${index}: ${deleted.join('; ')}`);
  }
}

/** Pods on three nodes; each sends to the two others. */
function startProbe(lab: Laboratory, nodes: readonly LiveNode[]): LossProbe {
  const pods = nodes.slice(0, 3).map(({ index, namespace }) => {
    const address = `10.244.${index}.7`;
    return { namespace: lab.network.addPod(namespace, `pod${index}`, address), address };
  });
  const flows = pods.map((pod) => ({
    from: pod.namespace,
    to: pods.filter((other) => other !== pod),
  }));
  return new LossProbe(lab, flows, RATE_PER_SEC);
}

async function play(t: Test, lab: Laboratory): Promise<void> {
  writeDatastore(lab, MESH);
  const nodes = NODES.map((index) => startNode(lab, index));
  const untilSessions = (claim: string, sessionsOf: (index: number) => readonly number[]) =>
    lab.expect(claim, STEP_SEC, async () => {
      for (const node of nodes) await assertSessions(node, sessionsOf(node.index));
    });
  const assertKernels = () => {
    for (const { index, namespace } of nodes)
      assertKernelRoutes(namespace, expectedRoutes(MESH, nodeOf(MESH, `node${index}`)));
  };
  await untilSessions('everyone with everyone', meshOf);
  await lab.expect('every kernel has every block', 10, assertKernels);
  const probe = startProbe(lab, nodes);

  const steps = [
    ['from the mesh to a reflector', reflectedBy(5), onlyTo(5)],
    ['from one reflector to another', reflectedBy(6), onlyTo(6)],
    ['back to the mesh', MESH, meshOf],
  ] as const;
  for (const [claim, cluster, sessionsOf] of steps) {
    const { sent, lost } = await probe.during(async () => {
      writeDatastore(lab, cluster);
      await untilSessions(claim, sessionsOf);
    });
    t.ok(sent > RATE_PER_SEC, `${claim}: ${sent} datagrams were sent`);
    t.equal(lost, 0, `${claim}: none was lost`);
    assertKernels();
    assertNothingDeleted(nodes);
  }
  const { monitor, namespace } = nodes[0]!;
  lab.run(namespace, ['ip', 'route', 'add', '192.0.2.0/24', 'dev', 'eth0', 'proto', 'bird']);
  await lab.expect('a removal is seen, of a route that no daemon wants', 10, () => {
    if (!/^Deleted 192\.0\.2\.0/m.test(monitor.logTail(50))) throw new Error('it was not');
  });
}

const obstacle = obstacleTo([], catbird) ?? false;

t.test('sessions change, what is forwarded does not', { skip: obstacle }, async (t) => {
  const holds = (claim: string) => void t.pass(claim);
  const lab = new Laboratory({ ...SILENT, holds });
  t.teardown(() => lab.dispose());
  try {
    await play(t, lab);
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});
