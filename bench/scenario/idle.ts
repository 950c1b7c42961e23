/** A mesh node at rest: what it costs to have a hundred sessions and do nothing. */
import { setTimeout as delay } from 'node:timers/promises';
import { activityOf, residentMiB } from '../load/process-cost.ts';
import { routesOfClients } from './generated-routes.ts';
import { fillKernel } from './kernel-filling.ts';
import { meshNodeOf, type Scenario } from './scenario.ts';

/** A tenth of Calico's hold time: a minute sees the KEEPALIVEs of ten. */
const HOLD_TIME_SEC = 24;
/** Short, because measuring the event loop's delay wakes the speaker. */
const WATCHED_MS = 5000;

export const idle: Scenario = {
  name: 'idle',
  programs: ['catbird', 'bird', 'frr'],
  defaults: { clients: 100, perClient: 10, attributeSets: 1, seconds: 60 },
  title: ({ clients, perClient, seconds }) =>
    `${clients} mesh peers with ${perClient} blocks each in the kernel, then ${seconds} s of rest with ` +
    `hold time ${HOLD_TIME_SEC} s`,
  role: ({ clients }) => ({ ...meshNodeOf(clients), holdTimeSec: HOLD_TIME_SEC }),
  routes: ({ clients, perClient, attributeSets }) =>
    routesOfClients(clients, { count: perClient, bits: 26, attributeSets }),
  async play(load, { seconds }) {
    await load.connect();
    await fillKernel(load);
    const before = activityOf(load.pid);
    await load.phase('rest', () => delay(seconds * 1000), {
      isUnwatched: true,
      figures: () => {
        const after = activityOf(load.pid);
        const runSec = after.runSec - before.runSec;
        return {
          'CPU %': Number(((runSec / seconds) * 100).toFixed(3)),
          'RSS MiB': Number(residentMiB(load.pid).toFixed(1)),
          'CPU ms/min': Math.round((runSec * 60_000) / seconds),
          'wake-ups/s': Number(((after.wakeUps - before.wakeUps) / seconds).toFixed(1)),
        };
      },
    });
    await load.phase('rest, watched', () => delay(Math.min(WATCHED_MS, seconds * 1000)));
  },
};
