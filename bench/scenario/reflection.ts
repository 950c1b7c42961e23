/** All clients of a reflector announce at once, behind a barrier: everyone gets everyone's routes. */
import type { Load } from '../load/load.ts';
import { encodeAnnouncements } from '../load/route-set.ts';
import { clientRoutes } from './generated-routes.ts';
import { addressOf, reflectorOf, type Scenario, type Sizes } from './scenario.ts';

/** A client's routes per UPDATE: all that share a set, as a daemon that starts sends them. */
const ROUTES_PER_UPDATE = 500;

function reflection(name: string, bits: 24 | 26, defaults: Partial<Sizes>): Scenario {
  return {
    name,
    defaults,
    title: ({ clients, perClient, attributeSets }) =>
      `${clients} clients with ${perClient} prefixes in ${attributeSets} attribute sets each, reflected`,
    role: ({ clients }) => reflectorOf(clients),
    routes: ({ clients, perClient, attributeSets }) =>
      Array.from({ length: clients }, (_, i) =>
        clientRoutes({
          nextHop: addressOf(i),
          first: i * perClient,
          count: perClient,
          bits,
          attributeSets,
        }),
      ),
    async play(load) {
      await load.connect();
      await announceAll(load);
    },
  };
}

/** Times from the first byte until all have all. */
export async function announceAll(load: Load): Promise<void> {
  const messages = load.offers.map(({ routes }) =>
    encodeAnnouncements(routes, undefined, ROUTES_PER_UPDATE),
  );
  for (const offer of load.offers) load.want(offer, true);
  await load.phase('all have all', () => {
    for (const { source } of load.offers) load.send(source, messages[source]!);
  });
}

/** Nodes of a large cluster with their address blocks. */
export const fanOut = reflection('fan-out', 26, { clients: 200, perClient: 10, attributeSets: 1 });

/** Fewer clients with many routes. */
export const reflector = reflection('reflector', 24, {
  clients: 50,
  perClient: 2000,
  attributeSets: 100,
});
