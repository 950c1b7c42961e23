/** All clients of a reflector announce at once, behind a barrier: everyone gets everyone's routes. */
import type { Family } from '../../src/net/family.ts';
import type { Load, Offer } from '../load/load.ts';
import { encodeAnnouncements } from '../load/route-set.ts';
import { routesOfClients } from './generated-routes.ts';
import { reflectorOf, type Scenario, type Sizes, SPEAKERS } from './scenario.ts';

/** A client's routes per UPDATE: all that share a set, as a daemon that starts sends them. */
const ROUTES_PER_UPDATE = 500;

const DEFAULTS = { clients: 200, perClient: 10, attributeSets: 1, flapping: 20 };

interface Variant extends Omit<Partial<Scenario>, 'name' | 'defaults'> {
  readonly name: string;
  readonly defaults: Partial<Sizes>;
  readonly bits?: 24 | 26;
  readonly family?: Family;
  /** Behind the word "reflected". */
  readonly how?: string;
}

function reflection(variant: Variant): Scenario {
  const { bits = 26, family = 'ipv4-unicast', how = '', copies = 1, ...scenario } = variant;
  return {
    copies,
    title: ({ clients, perClient, attributeSets, flapping }) =>
      `${clients} clients with ${perClient} prefixes in ${attributeSets} attribute sets each, reflected${how}` +
      `${flapping > 0 ? `; then ${flapping} clients flap` : ''}`,
    role: ({ clients }) => reflectorOf(clients, family),
    routes: ({ clients, perClient, attributeSets }) =>
      routesOfClients(clients, { count: perClient, bits, attributeSets }, { family, copies }),
    async play(load, sizes) {
      await load.connect();
      await announceAll(load);
      if (sizes.flapping > 0 && load.role.kind !== 'relay') await flap(load, sizes);
    },
    ...scenario,
  };
}

/** Times from the first byte until all have all. */
export async function announceAll(load: Load): Promise<void> {
  const messages = load.offers.map(announcement);
  for (const offer of load.offers) load.want(offer, true);
  await load.phase('all have all', () => {
    for (const { source } of load.offers) load.send(source, messages[source]!);
  });
}

/** All routes of a client, as it sends them when its session comes up. */
export function announcement({ routes }: Offer): Uint8Array {
  return encodeAnnouncements(routes, undefined, ROUTES_PER_UPDATE);
}

/** The first clients reset their sessions; once their routes are gone everywhere, they come back. */
async function flap(load: Load, { flapping, clients }: Sizes): Promise<void> {
  const chosen = load.offers.slice(0, Math.min(flapping, clients - 1));
  const numbers = chosen.map(({ source }) => source);
  for (const offer of chosen) load.want(offer, false);
  await load.phase('clients down', () => {
    for (const source of numbers) load.close(source);
  });
  const messages = chosen.map(announcement);
  for (const offer of chosen) load.want(offer, true);
  for (const source of numbers) load.await(source, true);
  await load.phase('clients up', () =>
    load.connect(numbers, (source) => load.send(source, messages[numbers.indexOf(source)]!)),
  );
}

/** Nodes of a large cluster with their address blocks. */
export const fanOut = reflection({ name: 'fan-out', defaults: DEFAULTS });

/** Fewer clients with many routes. */
export const reflector = reflection({
  name: 'reflector',
  bits: 24,
  defaults: { clients: 50, perClient: 2000, attributeSets: 100 },
});

export const ipv6FanOut = reflection({
  name: 'v6-fan-out',
  group: 'v6',
  family: 'ipv6-unicast',
  how: ' in IPv6',
  defaults: DEFAULTS,
});

/** Two clients announce each block. */
export const addPath = reflection({
  name: 'add-path',
  copies: 2,
  how: ' with ADD-PATH, each prefix from two of them',
  programs: SPEAKERS,
  defaults: { ...DEFAULTS, flapping: 0 },
  role: ({ clients }) => ({ ...reflectorOf(clients + (clients % 2)), addPath: true }),
});
