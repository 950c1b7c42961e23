/** A reflector starts while all of its clients already dial it: when has everyone everything? */
import { setTimeout as delay } from 'node:timers/promises';
import { routesOfClients } from './generated-routes.ts';
import { announcement } from './reflection.ts';
import { reflectorOf, type Scenario, SPEAKERS } from './scenario.ts';

/** Clients dial that long in vain, so that their attempts are spread when the speaker comes. */
const BEFORE_MS = 500;

function coldStart(name: string, clients: number, perClient: number): Scenario {
  return {
    name,
    group: 'cold-start',
    startsCold: true,
    programs: SPEAKERS, // the relay keeps nothing for those who come later
    defaults: { clients, perClient },
    title: (sizes) =>
      `process start to all have all: ${sizes.clients} clients that dial, ${sizes.perClient} prefixes each`,
    role: (sizes) => reflectorOf(sizes.clients),
    routes: (sizes) =>
      routesOfClients(sizes.clients, { count: sizes.perClient, bits: 26, attributeSets: 1 }),
    async play(load) {
      const messages = load.offers.map(announcement);
      for (const offer of load.offers) load.want(offer, true);
      const connected = load.connect(undefined, (i) => load.send(i, messages[i]!));
      await delay(BEFORE_MS);
      await load.phase('all have all', () => {
        load.launch();
        return connected;
      });
    },
  };
}

export const coldStart200 = coldStart('cold-start', 200, 10);
export const coldStart500 = coldStart('cold-start-500', 500, 4);
