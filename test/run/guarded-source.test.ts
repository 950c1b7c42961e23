import t from 'tap';
import type { Config } from '../../src/config/model.ts';
import type { ConfigDelivery, ConfigSource } from '../../src/run/config-source.ts';
import { readGuardOptions } from '../../src/run/guard-options.ts';
import { GuardedSource } from '../../src/run/guarded-source.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { configOf } from '../support/lab.ts';

const SAVED_AT = Date.UTC(2023, 11, 31, 23);

function withPeers(count: number): Config {
  const peers = Array.from({ length: count }, (_, i) => {
    return `{ name: n${i}, address: 10.0.0.${i + 2}, asNumber: 64512 }`;
  });
  return configOf(
    `router: { asNumber: 64512, routerId: 10.0.0.1 }\nneighbors: [${peers.join(', ')}]`,
  );
}

interface Play {
  readonly stored?: Config;
  readonly hasBrake?: boolean;
  readonly brakeWaitMs?: number;
  /** How often opening the datastore fails. */
  readonly failures?: number;
}

/** A guarded source over a datastore that the test plays. */
function play({ stored, hasBrake = true, brakeWaitMs, failures = 0 }: Play = {}) {
  const clock = new FakeClock();
  const deliveries: ConfigDelivery[] = [];
  const saved: Config[] = [];
  let send: (delivery: ConfigDelivery) => void = () => {};
  let opened = 0;
  let silentMs = 0;
  const inner = (): ConfigSource => ({
    start: async (onDelivery) => {
      if (++opened <= failures) throw new Error('no such folder');
      send = onDelivery;
    },
    reload: () => {},
    contactAgeMs: () => silentMs,
    stop: async () => {},
  });
  const source = new GuardedSource({
    open: async () => inner(),
    state: {
      path: '/state',
      load: async () => stored && { config: stored, savedAt: SAVED_AT },
      save: async (config) => void saved.push(config),
    },
    options: { brakeShare: hasBrake ? 0.5 : undefined, brakeWaitMs },
    clock,
    log: silentLog,
  });
  const turns = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  void source.start((delivery) => deliveries.push(delivery));
  return {
    source,
    clock,
    deliveries,
    saved,
    turns,
    silence: (ms: number) => {
      silentMs = ms;
    },
    send: (config: Config | undefined, more: Partial<ConfigDelivery> = {}) =>
      send({ config, faults: [], ...more }),
    peers: () => deliveries.map(({ config }) => config?.neighbors.length),
  };
}

t.test('what the datastore says is applied and stored', async (t) => {
  const { send, peers, saved, source, turns } = play();
  await turns();
  send(withPeers(3));
  send(withPeers(2));
  t.same(peers(), [3, 2]);
  t.equal(saved.length, 2);
  t.same(source.report(), {
    state: 'followed',
    ageSec: 0,
    contactAgeSec: 0,
    generation: { desired: 2, applied: 2 },
    held: null,
  });
});

t.test('a configuration that takes away too much is held until it is forced', async (t) => {
  const { send, peers, saved, source, turns, deliveries, clock } = play();
  await turns();
  send(withPeers(6));
  send(withPeers(1));
  t.same(peers(), [6, undefined]);
  t.match(deliveries[1]!.faults, [/held since .*remove 5 of 6 peers; catbird apply --force/]);
  t.equal(saved.length, 1);
  clock.advance(60_000);
  t.match(source.report(), {
    state: 'followed',
    ageSec: 60,
    generation: { desired: 2, applied: 1 },
    held: { reason: 'it would remove 5 of 6 peers', releaseInSec: null },
  });
  t.equal(source.release(), undefined);
  t.same(peers(), [6, undefined, 1]);
  t.match(source.report(), { ageSec: 0, generation: { desired: 2, applied: 2 }, held: null });
  t.match(source.release(), /no configuration is held/);
});

t.test('what comes back whole is applied, and nothing is held any more', async (t) => {
  const { send, peers, source, turns } = play();
  await turns();
  send(withPeers(6));
  send(withPeers(0));
  send(withPeers(7));
  t.same(peers(), [6, undefined, 7]);
  t.equal(source.report().held, null);
});

t.test('what comes back piece by piece is applied when it is whole', async (t) => {
  const { send, peers, source, turns, clock } = play();
  await turns();
  send(withPeers(6));
  for (const count of [0, 2, 4, 5]) {
    send(withPeers(count));
    clock.advance(2000);
  }
  t.match(source.report().held, { reason: /comes back, still without 1 of 6 peers/ });
  send(withPeers(6));
  t.same(peers(), [6, undefined, undefined, undefined, undefined, 6]);
  t.equal(source.report().held, null);
});

t.test('what does not come back is gone after some quiet, or when it is never quiet', async (t) => {
  const { send, peers, turns, clock } = play();
  await turns();
  send(withPeers(6));
  send(withPeers(0));
  send(withPeers(5));
  clock.advance(3000);
  t.same(peers().at(-1), 5);
  send(withPeers(0));
  for (let i = 0; i < 15; i++) {
    send(withPeers(4));
    clock.advance(2000);
  }
  t.same(peers().at(-1), 4);
});

t.test('an own node that is gone is held, and there is nothing to force', async (t) => {
  const { send, peers, source, turns, clock, deliveries } = play();
  await turns();
  send(withPeers(6));
  send(undefined, { faults: ['there is no Node n1'] });
  clock.advance(5000);
  t.match(deliveries.at(-1), { isHeld: true }, 'for the metrics');
  t.match(source.report(), {
    ageSec: 5,
    held: { reason: 'there is no Node n1', releaseInSec: null, canForce: false },
  });
  t.match(source.release(), /nothing to apply: there is no Node n1; what runs stays/);
  t.same(peers(), [6, undefined]);
  send(withPeers(6));
  t.same(peers(), [6, undefined, 6]);
  t.match(source.report(), { ageSec: 0, held: null });
});

t.test('the wait counts from the first of several in a row', async (t) => {
  const { send, peers, clock, source, turns } = play({ brakeWaitMs: 10_000 });
  await turns();
  send(withPeers(6));
  send(withPeers(1));
  clock.advance(6000);
  send(withPeers(2));
  t.equal(source.report().held?.releaseInSec, 4);
  clock.advance(3999);
  t.same(peers(), [6, undefined, undefined]);
  clock.advance(1);
  t.same(peers(), [6, undefined, undefined, 2]);
});

t.test('without a brake everything is applied', async (t) => {
  const { send, peers, turns } = play({ hasBrake: false });
  await turns();
  send(withPeers(6));
  send(withPeers(4));
  t.same(peers(), [6, 4]);
});

t.test('a silent datastore at a start is stood in for by what was stored', async (t) => {
  const { send, peers, clock, source, turns, deliveries } = play({ stored: withPeers(4) });
  await turns();
  t.same(peers(), []);
  clock.advance(10_000);
  t.same(peers(), [4]);
  t.match(deliveries[0]!.faults, [/last good configuration of 2023-12-31.* is in use: .*silent/]);
  t.match(source.report(), {
    state: 'stored',
    ageSec: 3610,
    generation: { desired: 0, applied: 0 },
  });
  send(withPeers(5));
  t.same(peers(), [4, 5]);
  t.match(source.report(), { state: 'followed', ageSec: 0 });
});

t.test('a datastore that cannot be opened is tried again', async (t) => {
  const { send, peers, clock, turns, deliveries } = play({ stored: withPeers(4), failures: 2 });
  await turns();
  t.same(peers(), [4]);
  t.match(deliveries[0]!.faults, [/no such folder/]);
  for (let i = 0; i < 2; i++) {
    clock.advance(5000);
    await turns();
  }
  send(withPeers(5));
  t.same(peers(), [4, 5]);
});

t.test('the first configuration is compared with the stored one', async (t) => {
  const { send, peers, source, turns } = play({ stored: withPeers(6) });
  await turns();
  send(withPeers(1));
  t.same(peers(), [6, undefined]);
  t.match(source.report(), { state: 'stored', held: { reason: 'it would remove 5 of 6 peers' } });
  source.release();
  t.same(peers(), [6, undefined, 1]);
});

t.test('an own node that is gone at a start leaves what was stored in use', async (t) => {
  const { send, peers, turns } = play({ stored: withPeers(6) });
  await turns();
  send(undefined, { faults: ['there is no Node n1'] });
  t.same(peers(), [6, undefined]);
});

t.test('an outage changes nothing but the age', async (t) => {
  const { send, clock, source, turns, saved } = play();
  const config = withPeers(3);
  await turns();
  send(config);
  clock.advance(20_000);
  send(config, { isOutage: true, faults: ['etcd: it cannot be reached'] });
  clock.advance(30_000);
  t.match(source.report(), { state: 'unreachable', ageSec: 30, held: null });
  t.equal(saved.length, 1);
  send(config);
  t.match(source.report(), { state: 'followed', ageSec: 0 });
});

t.test('silence of the datastore shows before it counts as an outage', async (t) => {
  const { source, send, turns, silence } = play();
  await turns();
  send(withPeers(3));
  silence(4_000);
  t.match(source.report(), { state: 'followed', ageSec: 0, contactAgeSec: 4 });
});

t.test('nothing is delivered after the source has stopped', async (t) => {
  const { source, clock, peers, turns } = play({ stored: withPeers(1) });
  await turns();
  await source.stop();
  clock.advance(60_000);
  t.same(peers(), []);
});

t.test('settings of the guard, and what is none', async (t) => {
  t.same(readGuardOptions({}), {
    stateDirectory: '/var/lib/catbird',
    brakeShare: 0.5,
    brakeWaitMs: undefined,
  });
  const env = { CATBIRD_STATE: 'none', CATBIRD_BRAKE: 'off', CATBIRD_BRAKE_WAIT: '10m' };
  t.same(readGuardOptions(env), {
    stateDirectory: undefined,
    brakeShare: undefined,
    brakeWaitMs: 600_000,
  });
  t.equal(readGuardOptions({ CATBIRD_BRAKE: '12.5%' }).brakeShare, 0.125);
  for (const share of ['50', '101%', '-1%', 'x']) {
    t.throws(() => readGuardOptions({ CATBIRD_BRAKE: share }), { code: 'CATBIRD_USAGE' }, share);
  }
  t.throws(() => readGuardOptions({ CATBIRD_BRAKE_WAIT: 'soon' }), { code: 'CATBIRD_USAGE' });
});
