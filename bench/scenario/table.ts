/** A full table through one speaker, then half of it withdrawn and announced again. */
import type { Family } from '../../src/net/family.ts';
import type { Load, Offer } from '../load/load.ts';
import {
  asIpv6,
  encodeAnnouncements,
  encodeWithdrawals,
  ROUTES_PER_UPDATE,
  type RouteSet,
} from '../load/route-set.ts';
import type { Rule } from '../programs/program.ts';
import { internetTable } from './generated-routes.ts';
import { recordedRoutes } from './recorded-routes.ts';
import {
  addressOf,
  borderRouter,
  ipv6AddressOf,
  reflectorOf,
  type Scenario,
  type Sizes,
} from './scenario.ts';

const SENDER_AS = 65001;
const RECEIVER_AS = 65002;
const RULES = 20;

const defaults = { prefixes: 1_000_000, attributeSets: 60_000 };

export const table: Scenario = {
  name: 'table',
  defaults,
  title: ({ prefixes, attributeSets, mrt }) =>
    mrt
      ? `the table of ${mrt}, iBGP, reflected to one client`
      : `${prefixes} prefixes, ${attributeSets} attribute sets, eBGP in, eBGP out`,
  role: ({ mrt }) =>
    mrt ? { ...reflectorOf(2), resolvesAll: true } : borderRouter(SENDER_AS, RECEIVER_AS),
  routes: (sizes) => [sizes.mrt ? recordedRoutes(sizes.mrt) : generated(sizes, 'ipv4-unicast')],
  play: playTable,
};

export const ipv6Table: Scenario = {
  name: 'v6-table',
  group: 'v6',
  defaults,
  title: ({ prefixes, attributeSets }) =>
    `${prefixes} IPv6 prefixes, ${attributeSets} attribute sets, eBGP in, eBGP out`,
  role: () => borderRouter(SENDER_AS, RECEIVER_AS, 'ipv6-unicast'),
  routes: (sizes) => [generated(sizes, 'ipv6-unicast')],
  play: playTable,
};

export const policy: Scenario = {
  name: 'policy',
  defaults,
  title: ({ prefixes, attributeSets }) =>
    `${prefixes} prefixes, ${attributeSets} attribute sets through ${RULES} import and ${RULES} export rules`,
  role: () => ({
    ...borderRouter(SENDER_AS, RECEIVER_AS),
    importRules: rules(1, 100),
    exportRules: rules(2, 200),
  }),
  routes: (sizes) => [generated(sizes, 'ipv4-unicast')],
  play: playTable,
};

/**
 * Ten rules that reject a /16 each, nine that reject communities nobody carries, one that adds a community: most
 * routes are matched against all of them.
 */
function rules(firstOctet: number, added: number): Rule[] {
  const half = RULES / 2;
  return Array.from({ length: RULES }, (_, i): Rule => {
    if (i < half) return { within: `${firstOctet}.${i}.0.0/16` };
    if (i < RULES - 1) return { community: [64496, i] };
    return { addCommunity: [64496, added] };
  });
}

function generated({ prefixes, attributeSets }: Sizes, family: Family): RouteSet {
  const isIpv4 = family === 'ipv4-unicast';
  const nextHop = isIpv4 ? addressOf(0) : ipv6AddressOf(0);
  const routes = internetTable(prefixes, attributeSets, SENDER_AS, nextHop);
  return isIpv4 ? routes : asIpv6(routes);
}

async function playTable(load: Load): Promise<void> {
  await load.connect();
  const offer = load.offers[0]!;
  const isHalf = (i: number) => Math.floor(i / ROUTES_PER_UPDATE) % 2 === 0;
  const all = encodeAnnouncements(offer.routes);
  const half = encodeAnnouncements(offer.routes, isHalf);
  const withdrawn = encodeWithdrawals(offer.routes, isHalf);
  await send(load, offer, 'announce', all, true);
  await send(load, offer, 'withdraw half', withdrawn, false, isHalf);
  await send(load, offer, 'announce half', half, true, isHalf);
}

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
