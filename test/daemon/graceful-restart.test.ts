import t from 'tap';
import {
  CEASE,
  CEASE_ADMINISTRATIVE_RESET,
  CEASE_HARD_RESET,
  HOLD_TIMER_EXPIRED,
} from '../../src/bgp/wire/constants.ts';
import { encodeNotification } from '../../src/bgp/wire/notification.ts';
import { encodeEndOfRib } from '../../src/bgp/wire/update-writer.ts';
import { RESTART_TIME_SEC, RestartLab, route, V4, V6 } from './restart-lab.ts';

const PEER = '10.0.0.2';
const ONE = '10.1.0.0/16';
const TWO = '10.2.0.0/16';
const SIX = '2001:db8:1::/48';
const NO_DATA = new Uint8Array(0);

/** A daemon with one peer that has announced ONE, TWO and SIX. */
async function start(offer = {}, keys = '') {
  const lab = new RestartLab(['peer'], keys);
  await lab.helper.start();
  const peer = await lab.arrive(PEER, offer);
  peer.send(route(ONE, PEER), route(TWO, PEER), route(SIX, PEER));
  peer.send(encodeEndOfRib(V4), encodeEndOfRib(V6));
  await lab.seconds(1);
  return { lab, peer };
}

t.test('a lost peer has its restart time to come back (SESS-4)', async (t) => {
  const { lab, peer } = await start();
  peer.connection!.abort();
  await lab.seconds(RESTART_TIME_SEC - 1);
  t.same(lab.routes(), [ONE, TWO, SIX]);
  await lab.seconds(2);
  t.same(lab.routes(), []);
});

t.test('a peer that is back may take its time to send a table, but not for ever', async (t) => {
  const { lab, peer } = await start();
  peer.connection!.abort();
  await lab.seconds(RESTART_TIME_SEC - 1);
  await lab.arrive(PEER);
  await lab.seconds(300);
  t.same(lab.routes(), [ONE, TWO, SIX]);
  await lab.seconds(61);
  t.same(lab.routes(), []);
});

t.test('End-of-RIB ends the restart of its family only (RFC 4724 §4.2)', async (t) => {
  const { lab, peer } = await start();
  peer.connection!.abort();
  await lab.seconds(1);
  const back = await lab.arrive(PEER);
  back.send(route(ONE, PEER), encodeEndOfRib(V4));
  await lab.seconds(1);
  t.same(lab.routes(), [ONE, SIX], 'what was not sent again is gone');
  back.send(encodeEndOfRib(V6));
  await lab.seconds(1);
  t.same(lab.routes(), [ONE]);
});

t.test('the F bit counts family by family (RFC 4724 §4.2)', async (t) => {
  const { lab, peer } = await start();
  peer.connection!.abort();
  await lab.seconds(1);
  await lab.arrive(PEER, { preserved: [V6] });
  await lab.seconds(1);
  t.same(lab.routes(), [SIX]);
});

t.test('a family missing in the new capability is purged (RFC 4724 §4.2)', async (t) => {
  const { lab, peer } = await start();
  peer.connection!.abort();
  await lab.seconds(1);
  await lab.arrive(PEER, { families: [V4] });
  await lab.seconds(1);
  t.same(lab.routes(), [ONE, TWO]);
});

t.test('a family the peer never asked to keep goes with the session', async (t) => {
  const { lab, peer } = await start({ families: [V4] });
  peer.connection!.abort();
  await lab.seconds(1);
  t.same(lab.routes(), [ONE, TWO]);
});

t.test(
  'back to back: stale from an earlier restart goes when a second begins (RFC 4724 §4.2)',
  async (t) => {
    const { lab, peer } = await start();
    peer.connection!.abort();
    await lab.seconds(1);
    const back = await lab.arrive(PEER);
    back.send(route(ONE, PEER));
    await lab.seconds(1);
    t.same(lab.routes(), [ONE, TWO, SIX]);
    back.connection!.abort();
    await lab.seconds(1);
    t.same(lab.routes(), [ONE]);
  },
);

t.test('a peer without the capability loses its routes at once', async (t) => {
  const lab = new RestartLab(['peer']);
  await lab.helper.start();
  const peer = await lab.arrive(PEER, null);
  peer.send(route(ONE, PEER));
  await lab.seconds(1);
  peer.connection!.abort();
  await lab.seconds(1);
  t.same(lab.routes(), []);
});

const HOLD_EXPIRED = encodeNotification({ code: HOLD_TIMER_EXPIRED, subcode: 0, data: NO_DATA });
const HARD_RESET = encodeNotification({
  code: CEASE,
  subcode: CEASE_HARD_RESET,
  data: Uint8Array.of(CEASE, CEASE_ADMINISTRATIVE_RESET),
});
const NOTIFYING = { hasNotificationSupport: true };
const ASKS_FOR_IT = ', gracefulRestart: { notification: true }';

t.test('a received NOTIFICATION is not graceful by default (SESS-5)', async (t) => {
  const { lab, peer } = await start(NOTIFYING);
  peer.send(HOLD_EXPIRED);
  await lab.seconds(1);
  t.same(lab.routes(), []);
});

t.test('with the N bit on both sides a NOTIFICATION is bridged (RFC 8538 §4)', async (t) => {
  const { lab, peer } = await start(NOTIFYING, ASKS_FOR_IT);
  peer.send(HOLD_EXPIRED);
  await lab.seconds(1);
  t.same(lab.routes(), [ONE, TWO, SIX]);
  await lab.seconds(RESTART_TIME_SEC);
  t.same(lab.routes(), []);
});

t.test('a Hard Reset is not bridged (RFC 8538 §4)', async (t) => {
  const { lab, peer } = await start(NOTIFYING, ASKS_FOR_IT);
  peer.send(HARD_RESET);
  await lab.seconds(1);
  t.same(lab.routes(), []);
});

t.test('the N bit of one side only changes nothing (RFC 8538 §4)', async (t) => {
  const { lab, peer } = await start({}, ASKS_FOR_IT);
  peer.send(HOLD_EXPIRED);
  await lab.seconds(1);
  t.same(lab.routes(), []);
});

t.test(
  'an operator who clears a session means it: Hard Reset around the Cease (RFC 8538 §3.1)',
  async (t) => {
    const { lab, peer } = await start(NOTIFYING, ASKS_FOR_IT);
    lab.helper.commands.clearNeighbor('peer', 'maintenance');
    await lab.seconds(1);
    const [sent] = peer.notifications;
    t.match(sent, { code: CEASE, subcode: CEASE_HARD_RESET });
    t.same([...sent!.data.subarray(0, 3)], [CEASE, CEASE_ADMINISTRATIVE_RESET, 11]);
    t.same(lab.routes(), []);
  },
);

t.test('shutting a neighbour down drops what is kept for its restart', async (t) => {
  const { lab, peer } = await start();
  peer.connection!.abort();
  await lab.seconds(1);
  lab.helper.commands.shutdownNeighbor('peer', undefined);
  await lab.seconds(1);
  t.same(lab.routes(), []);
});
