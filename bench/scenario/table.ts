/** A full table through one speaker, then half of it withdrawn and announced again. */
import type { Load, Offer } from '../load/load.ts';
import { encodeAnnouncements, encodeWithdrawals, ROUTES_PER_UPDATE } from '../load/route-set.ts';
import { internetTable } from './generated-routes.ts';
import { recordedRoutes } from './recorded-routes.ts';
import { addressOf, borderRouter, reflectorOf, type Scenario } from './scenario.ts';

const SENDER_AS = 65001;
const RECEIVER_AS = 65002;

export const table: Scenario = {
  name: 'table',
  defaults: { prefixes: 1_000_000, attributeSets: 60_000 },
  title: ({ prefixes, attributeSets, mrt }) =>
    mrt
      ? `the table of ${mrt}, iBGP, reflected to one client`
      : `${prefixes} prefixes, ${attributeSets} attribute sets, eBGP in, eBGP out`,
  role: ({ mrt }) => (mrt ? reflectorOf(2, true) : borderRouter(SENDER_AS, RECEIVER_AS)),
  routes: ({ prefixes, attributeSets, mrt }) => [
    mrt ? recordedRoutes(mrt) : internetTable(prefixes, attributeSets, SENDER_AS, addressOf(0)),
  ],
  async play(load) {
    await load.connect();
    const offer = load.offers[0]!;
    const isHalf = (i: number) => Math.floor(i / ROUTES_PER_UPDATE) % 2 === 0;
    const all = encodeAnnouncements(offer.routes);
    const half = encodeAnnouncements(offer.routes, isHalf);
    const withdrawn = encodeWithdrawals(offer.routes, isHalf);
    await send(load, offer, 'announce', all, true);
    await send(load, offer, 'withdraw half', withdrawn, false, isHalf);
    await send(load, offer, 'announce half', half, true, isHalf);
  },
};

async function send(
  load: Load,
  offer: Offer,
  name: string,
  bytes: Uint8Array,
  isReachable: boolean,
  isChosen?: (i: number) => boolean,
): Promise<void> {
  load.want(offer, isReachable, isChosen);
  await load.phase(name, () => load.send(offer.source, bytes));
}
