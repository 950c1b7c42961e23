/** Scene 5: a node's daemon is killed and started again; traffic must not notice. */
import { meshOfThree, meshSessions, nodeOf } from '../support/cluster.ts';
import { assertKernelRoutes, expectedRoutes, startNodes } from '../support/cluster-start.ts';
import { assertEstablished } from '../support/node-program.ts';
import type { Scene } from './scene.ts';

const CLUSTER = meshOfThree(64512, {});

const VICTIM = 'node1';

export const restart: Scene = {
  title: 'kill -9 and restart without a gap',
  needs: [],
  async play({ lab, program }) {
    lab.say('Three nodes in the mesh; `ip monitor` watches every kernel while node1 is killed.');
    const nodes = startNodes(lab, program, CLUSTER, ({ name }) => meshSessions(CLUSTER, name));
    const assertRoutes = () => {
      for (const { name, namespace } of nodes.values()) {
        assertKernelRoutes(namespace, expectedRoutes(CLUSTER, nodeOf(CLUSTER, name)));
      }
    };
    await lab.expect('every kernel has all blocks', 40, assertRoutes);

    const monitors = [...nodes.values()].map(({ name, namespace }) =>
      lab.start(`monitor-${name}`, namespace, ['ip', 'monitor', 'route']),
    );
    const victim = nodes.get(VICTIM)!;
    await victim.daemon.stop('SIGKILL');
    lab.say(`${VICTIM} was killed; its kernel forwards on.`);
    assertRoutes();
    lab.show(VICTIM, victim.namespace, ['ip', 'route', 'show', 'proto', 'bird']);

    const { name, namespace } = victim;
    const again = program.start({
      lab,
      cluster: CLUSTER,
      name,
      namespace,
      sessions: meshSessions(CLUSTER, name),
    });
    const peers = meshSessions(CLUSTER, VICTIM).map(({ address }) => address);
    await lab.expect('started again, it has its sessions back', 40, () =>
      assertEstablished(again, peers),
    );
    assertRoutes();
    await lab.expect('no kernel lost a route at any time', 5, () => {
      for (const monitor of monitors) assertNothingDeleted(monitor.name, monitor.logTail(100));
    });
    again.showNeighbors();
  },
};

function assertNothingDeleted(name: string, log: string): void {
  const deleted = log.split('\n').filter((line) => /^Deleted .*proto bird/.test(line));
  if (deleted.length > 0) throw new Error(`${name} saw ${deleted.join('; ')}`);
}
