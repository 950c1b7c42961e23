/** Many sessions that come up at the same moment, with a block each. */
import { routesOfClients } from './generated-routes.ts';
import { announceAll } from './reflection.ts';
import { reflectorOf, type Scenario } from './scenario.ts';

export const sessions: Scenario = {
  name: 'sessions',
  defaults: { clients: 500 },
  title: ({ clients }) => `${clients} sessions at once, one prefix each`,
  role: ({ clients }) => reflectorOf(clients),
  routes: ({ clients }) => routesOfClients(clients, { count: 1, bits: 26, attributeSets: 1 }),
  async play(load) {
    await load.phase('establish', () => load.connect());
    await announceAll(load);
  },
};
