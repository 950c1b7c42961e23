/** A reflector while one client reads 1 KB/s and one not at all: the others must not notice. */
import { encodeAttributes } from '../load/attribute-set.ts';
import type { Load } from '../load/load.ts';
import { encodeAnnouncements, type RouteSet } from '../load/route-set.ts';
import { clientAttributes, routesOfClients } from './generated-routes.ts';
import { announceAll } from './reflection.ts';
import { reflectorOf, type Scenario, type Sizes } from './scenario.ts';

const TRICKLE = 1024;
/** Rounds without and with slow clients. */
const ROUNDS = 5;

export const slowPeer: Scenario = {
  name: 'slow-peer',
  hasSmallBuffers: true,
  defaults: { clients: 50, perClient: 1000, attributeSets: 100 },
  title: ({ clients, perClient }) =>
    `${clients} clients with ${perClient} prefixes each, all of which change ${ROUNDS} times; ` +
    'then again while one reads 1 KB/s and one nothing',
  role: ({ clients }) => reflectorOf(clients),
  routes: ({ clients, perClient, attributeSets }) =>
    routesOfClients(clients, { count: perClient, bits: 24, attributeSets }),
  async play(load, sizes) {
    await load.connect();
    await announceAll(load);
    await load.phase('changes', () => changeAll(load, sizes, 0));
    const slow = [sizes.clients - 2, sizes.clients - 1];
    for (const [i, client] of slow.entries()) {
      load.await(client, false);
      load.readSlowly(client, i === 0 ? TRICKLE : 0);
    }
    await load.phase('changes, two slow', () => changeAll(load, sizes, 1), {
      figures: () => ({ 'MiB before': Math.round(load.phases.at(-1)!.residentMiB) }),
    });
    for (const client of slow) {
      load.readFreely(client);
      load.await(client, true);
    }
    await load.phase('the slow catch up', () => undefined);
  },
};

/** Round after round: the next begins when everyone has the last. */
async function changeAll(load: Load, { attributeSets }: Sizes, run: number): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const version = 1_000_000 + (run * ROUNDS + round) * attributeSets;
    const changed = load.offers.map(({ source, routes }) =>
      changedRoutes(load, source, routes, version),
    );
    for (const { source, base, stride } of load.offers) {
      const { routes, hashes } = changed[source]!;
      routes.sets.forEach((set, i) => {
        load.ledger.want(base + i * stride, hashes[set]!);
      });
    }
    for (const { source } of load.offers) {
      load.send(source, encodeAnnouncements(changed[source]!.routes, undefined, 500));
    }
    await load.settled();
  }
}

function changedRoutes(load: Load, source: number, before: RouteSet, version: number) {
  const nextHop = load.role.neighbors[source]!.address;
  const attributeSets = before.attributeSets.map((_, set) =>
    encodeAttributes(clientAttributes(nextHop, version + set)),
  );
  const routes = { ...before, attributeSets };
  return { routes, hashes: load.hashesOf(routes, source) };
}
