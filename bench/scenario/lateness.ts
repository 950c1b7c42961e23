/**
 * How late timers fire while much is going on, with hold time 3 s: a table comes in, policy judges it anew,
 * and routes go into the kernel. Sessions ask for a KEEPALIVE each second and are counted lost after three.
 *
 * Beside the delay of the event loop inside the speaker, which KEEPALIVEs and BFD share, stands what the
 * generator saw of it: how much longer than a second a session waited for anything at all.
 */
import type { Load } from '../load/load.ts';
import { encodeAnnouncements } from '../load/route-set.ts';
import { rejection } from '../load/rule-effect.ts';
import { catbird } from '../programs/catbird.ts';
import type { Role } from '../programs/program.ts';
import { internetTable, routesOfClients } from './generated-routes.ts';
import { sendAll, untilKernelHolds } from './kernel-filling.ts';
import { addressOf, borderRouter, meshNodeOf, type Scenario } from './scenario.ts';

const HOLD_TIME_SEC = 3;
const SENDER_AS = 65001;
const RECEIVER_AS = 65002;

/** Only Catbird has a probe, and a configuration the generator can write. */
const shared = { group: 'lateness', programs: ['catbird'] };

export const latenessTable: Scenario = {
  ...shared,
  name: 'lateness-table',
  defaults: { prefixes: 1_000_000, attributeSets: 60_000 },
  title: ({ prefixes }) =>
    `hold time ${HOLD_TIME_SEC} s while ${prefixes} prefixes come in, and while other policies judge them anew`,
  role: () => ({ ...borderRouter(SENDER_AS, RECEIVER_AS), holdTimeSec: HOLD_TIME_SEC }),
  routes: ({ prefixes, attributeSets }) => [
    internetTable(prefixes, attributeSets, SENDER_AS, addressOf(0)),
  ],
  async play(load) {
    await load.connect();
    const offer = load.offers[0]!;
    const bytes = encodeAnnouncements(offer.routes);
    load.want(offer, true);
    await watched(load, 'announce', () => load.send(offer.source, bytes));
    await watched(load, 'policy', () => changePolicies(load));
  },
};

export const latenessFib: Scenario = {
  ...shared,
  name: 'lateness-fib',
  defaults: { clients: 1, perClient: 100_000, attributeSets: 100 },
  title: ({ perClient }) =>
    `hold time ${HOLD_TIME_SEC} s while ${perClient} routes go into the kernel`,
  role: ({ clients }) => ({ ...meshNodeOf(clients), holdTimeSec: HOLD_TIME_SEC }),
  routes: ({ clients, perClient, attributeSets }) =>
    routesOfClients(clients, { count: perClient, bits: 24, attributeSets }),
  async play(load) {
    await load.connect();
    const messages = load.offers.map(({ routes }) => encodeAnnouncements(routes, undefined, 500));
    await watched(load, 'in', () => sendAll(load, messages), untilKernelHolds(load));
  },
};

/** Other rules in both directions, applied live; a part of the table is not passed on any more. */
function changePolicies(load: Load): void {
  const offer = load.offers[0]!;
  const role: Role = {
    ...load.role,
    importRules: [{ within: '1.0.0.0/16' }],
    exportRules: [{ within: '1.1.0.0/16' }],
  };
  load.want(offer, false, rejection(role, offer.routes));
  catbird.prepare(role, load.folder);
  process.kill(load.pid, 'SIGHUP');
}

async function watched(
  load: Load,
  name: string,
  begin: () => void,
  until?: () => Promise<void>,
): Promise<void> {
  load.watchSilence();
  await load.phase(name, begin, {
    ...(until && { until }),
    figures: (loopDelay) => ({
      'worst late ms': Math.round(loopDelay?.maxMs ?? 0),
      'KEEPALIVE late ms': Math.round(load.worstLatenessMs()),
    }),
  });
}
