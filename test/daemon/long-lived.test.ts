import t from 'tap';
import { encodeEndOfRib } from '../../src/bgp/wire/update-writer.ts';
import { RESTART_TIME_SEC, RestartLab, route, V4, V6 } from './restart-lab.ts';

const [PEER, AWARE, PLAIN] = ['10.0.0.2', '10.0.0.3', '10.0.0.4'];
const ONE = '10.1.0.0/16';
const TWO = '10.2.0.0/16';
const NO_LLGR = 0xffff_0007;
const STALE_TIME_SEC = 1000;
const OFFER = { longLived: { [V4]: STALE_TIME_SEC } };
const STALE = `${ONE} llgr-stale`;

async function start(offer = OFFER, keys = '') {
  const lab = new RestartLab(['peer', 'aware', 'plain'], `, routeReflectorClient: true ${keys}`);
  await lab.helper.start();
  const peer = await lab.arrive(PEER, offer);
  const aware = await lab.arrive(AWARE, { longLived: {} });
  const plain = await lab.arrive(PLAIN);
  peer.send(route(ONE, PEER), route(TWO, PEER, [NO_LLGR]));
  for (const each of [peer, aware, plain]) each.send(encodeEndOfRib(V4), encodeEndOfRib(V6));
  await lab.seconds(1);
  t.same(lab.told('plain'), ['10.9.0.0/24', ONE, TWO].sort());
  peer.connection!.abort();
  await lab.seconds(1);
  return { lab, aware };
}

t.test('after the restart time routes stay as the last resort (RFC 9494 §4.2)', async (t) => {
  const { lab } = await start();
  t.same(lab.routes(), [ONE, `${TWO} no-llgr`], 'ordinary stale routes first');
  await lab.seconds(RESTART_TIME_SEC);
  t.same(lab.routes(), [STALE], 'marked, and what says NO_LLGR is gone');
  await lab.seconds(STALE_TIME_SEC - 2);
  t.same(lab.routes(), [STALE]);
  await lab.seconds(3);
  t.same(lab.routes(), []);
});

t.test('only peers that know the community are told (RFC 9494 §4.3)', async (t) => {
  const { lab } = await start();
  await lab.seconds(RESTART_TIME_SEC);
  t.same(lab.told('aware'), [ONE, '10.9.0.0/24']);
  t.same(lab.told('plain'), ['10.9.0.0/24']);
});

t.test(
  'or, where asked for, internal ones as the last resort of theirs (RFC 9494 §4.7)',
  async (t) => {
    const { lab } = await start(OFFER, ', gracefulRestart: { longLivedToAll: true }');
    const told = (name: string) => {
      const route = [...lab.helper.views.adjOut(name)!].find(({ prefix }) => prefix === ONE);
      return route && [route.localPref, ...route.communities];
    };
    t.same(told('plain'), [100]);
    await lab.seconds(RESTART_TIME_SEC);
    t.same(told('plain'), [0, 'llgr-stale', 'no-export']);
    t.same(told('aware'), [100, 'llgr-stale'], 'who knows sees it by the community');
  },
);

t.test('any other path is better (RFC 9494 §4.3)', async (t) => {
  const { lab, aware } = await start();
  await lab.seconds(RESTART_TIME_SEC);
  aware.send(route(ONE, AWARE));
  await lab.seconds(1);
  const best = [...lab.helper.views.rib(ONE)].find((each) => each.best);
  t.equal(best!.neighbor, 'aware');
});

t.test('a restart time of 0 goes to the long-lived phase at once (RFC 9494 §4.2)', async (t) => {
  const { lab } = await start({ ...OFFER, restartTimeSec: 0 } as typeof OFFER);
  t.same(lab.routes(), [STALE]);
});

t.test('the peer is back: the same routes are ordinary again', async (t) => {
  const { lab } = await start();
  await lab.seconds(RESTART_TIME_SEC);
  const back = await lab.arrive(PEER, OFFER);
  t.same(lab.routes(), [STALE], 'until it has sent them');
  back.send(route(ONE, PEER));
  await lab.seconds(1);
  t.same(lab.routes(), [ONE]);
  t.same(lab.told('plain'), [ONE, '10.9.0.0/24']);
  back.send(encodeEndOfRib(V4));
  await lab.seconds(STALE_TIME_SEC + 10);
  t.same(lab.routes(), [ONE]);
});

t.test('back without the family: purged (RFC 9494 §4.2)', async (t) => {
  const { lab } = await start();
  await lab.seconds(RESTART_TIME_SEC);
  await lab.arrive(PEER);
  await lab.seconds(1);
  t.same(lab.routes(), []);
});

t.test('a peer that comes and goes does not win time (RFC 9494 §4.2)', async (t) => {
  const { lab } = await start();
  await lab.seconds(RESTART_TIME_SEC + STALE_TIME_SEC / 2);
  const back = await lab.arrive(PEER, OFFER);
  back.connection!.abort();
  await lab.seconds(1);
  t.same(lab.routes(), [STALE], 'kept over a second restart');
  await lab.seconds(STALE_TIME_SEC / 2);
  t.same(lab.routes(), []);
});

t.test('a changed policy judges a long-lived route with its mark', async (t) => {
  const { lab } = await start();
  await lab.seconds(RESTART_TIME_SEC);
  const { config } = lab.helper.daemon;
  await lab.helper.daemon.apply({ ...config, router: { ...config.router, defaultLocalPref: 50 } });
  await lab.seconds(1);
  t.same(lab.routes(), [STALE]);
});
