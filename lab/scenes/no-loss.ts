/** Scene 6: whatever happens to the daemons, the network they made loses no packet. */
import { renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { changedBuild } from '../support/catbird.ts';
import type { Cluster } from '../support/cluster.ts';
import { FRR_FOLDER } from '../support/frr-daemons.ts';
import type { Laboratory } from '../support/laboratory.ts';
import { BIRD_REFLECTOR, CATBIRD_REFLECTOR, MESH, RELOADS, reflected } from './no-loss-clusters.ts';
import { Stage } from './no-loss-stage.ts';
import type { Scene } from './scene.ts';

export const noLoss: Scene = {
  title: 'restarts, upgrades, outages and reloads without losing a packet',
  needs: ['bird', 'gobgpd', 'gobgp', 'vtysh', `${FRR_FOLDER}/zebra`, `${FRR_FOLDER}/bgpd`],
  async play({ lab, program }) {
    lab.say(
      'Three nodes with a pod each in the mesh; a ToR (BIRD), FRR and GoBGP in ASes of their own. Pods, ToR and\n' +
        'FRR send 1,000 packets/s each. Kernels, FRR and GoBGP are watched for withdrawals.',
    );
    const stage = new Stage(lab, program);
    await stage.begin();
    await kills(lab, stage);
    const cluster = await reloads(lab, stage);
    await reflectors(stage, cluster);
    await stage.expectBlocks();
  },
};

async function kills(lab: Laboratory, stage: Stage): Promise<void> {
  const { names } = stage;
  await stage.without('kill -9 of all daemons at once', () => stage.restart(names, 'SIGKILL'));
  await stage.without('three kills in a row', async () => {
    for (const pauseMs of [500, 2500, 0]) {
      await stage.restart(['node2'], 'SIGKILL');
      await delay(pauseMs);
    }
  });
  await stage.without('kill -9 of the ToR', () => stage.killTor());
  await stage.without('SIGTERM and start', () => stage.restart(['node2'], 'SIGTERM'));
  await stage.without('upgrade to another build', () =>
    stage.restart(names, 'SIGTERM', changedBuild(lab, '0.1.1')),
  );
}

async function reloads(lab: Laboratory, stage: Stage): Promise<Cluster> {
  let cluster = MESH;
  await stage.without('the datastore is gone for 4 s', () => outage(lab));
  await stage.without('reload', async () => {
    const uptimes = stage.uptimes();
    stage.signal('SIGHUP'); // nothing has changed
    for (const { name, change } of RELOADS) {
      cluster = change(cluster);
      await stage.untilReloaded(() => stage.follow(cluster));
      await lab.expect(`reload, ${name}: no session restarts`, 0, () => {
        const now = stage.uptimes();
        if (now !== uptimes) throw new Error(`up since\n${now}, before since\n${uptimes}`);
      });
    }
  });
  return cluster;
}

async function reflectors(stage: Stage, mesh: Cluster): Promise<void> {
  await stage.without('from the mesh to a reflector in one step', () =>
    move(stage, reflected(mesh, BIRD_REFLECTOR)),
  );
  await stage.without('kill -9 of the reflector', () => stage.killReflector('bird-reflector'));
  await stage.without('from one reflector to another in one step', () =>
    move(stage, reflected(mesh, CATBIRD_REFLECTOR)),
  );
  await stage.without('kill -9 of the other reflector, a Catbird', () =>
    stage.killReflector('catbird-reflector'),
  );
  await stage.without('kill -9 of reflector and nodes at once', async () => {
    await Promise.all([
      stage.killReflector('catbird-reflector'),
      stage.restart(stage.names, 'SIGKILL'),
    ]);
  });
}

async function move(stage: Stage, cluster: Cluster): Promise<void> {
  stage.follow(cluster);
  await delay(500);
}

async function outage(lab: Laboratory): Promise<void> {
  const [folder, away] = [lab.path('datastore'), lab.path('away')];
  renameSync(folder, away);
  await delay(4000);
  renameSync(away, folder);
  await delay(1000);
}
