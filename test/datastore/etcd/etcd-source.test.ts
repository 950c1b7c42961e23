import t, { type Test } from 'tap';
import { EtcdSource } from '../../../src/datastore/etcd/etcd-source.ts';
import type { SourceContents } from '../../../src/datastore/object-source.ts';
import { chooseDatastore } from '../../../src/datastore/settings/choose.ts';
import type { EtcdSettings } from '../../../src/datastore/settings/settings.ts';
import { CatbirdError } from '../../../src/net/error.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MemoryEtcd } from '../../support/memory-etcd.ts';

const POOLS = '/calico/resources/v3/projectcalico.org/ippools';
const PEERS = '/calico/resources/v3/projectcalico.org/bgppeers';
const pool = { spec: { cidr: '10.0.0.0/8' } };
const peer = (asNumber: unknown) => ({ spec: { peerIP: '192.0.2.1', asNumber } });
const USER = { ETCD_USERNAME: 'u', ETCD_PASSWORD: 'p' };

/** A source on one or several servers, followed; promises settle in {@link Following.turn}. */
class Following {
  readonly clock = new FakeClock();
  readonly told: SourceContents[] = [];
  readonly source: EtcdSource;
  readonly visited: string[] = [];

  constructor(t: Test, servers: readonly MemoryEtcd[], env: Record<string, string> = {}) {
    const ETCD_ENDPOINTS = servers.map((_, index) => `http://e${index}:1`).join();
    const settings = chooseDatastore({ ETCD_ENDPOINTS, ...env }, 'node-a') as EtcdSettings;
    this.source = new EtcdSource(settings, {
      clock: this.clock,
      random: { uniform: () => 0 },
      log: silentLog,
      connect: ({ address }) => {
        this.visited.push(address);
        return servers[Number(/\d+/.exec(address)![0])]!.connect();
      },
    });
    t.teardown(() => this.source.stop());
  }

  async start(): Promise<void> {
    await this.source.start((contents) => this.told.push(contents));
    await this.turn();
  }

  /** Lets everything happen that needs no more than `ms`. */
  async turn(ms = 0): Promise<void> {
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    for (let left = ms; left >= 0; left -= 250) {
      this.clock.advance(Math.min(250, Math.max(0, left)));
      for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Keys without their folder, of everything told last. */
  get names(): string[] {
    return this.told.at(-1)!.sources.map(({ file }) => file.slice(file.lastIndexOf('/') + 1));
  }

  get asNumbers(): unknown[] {
    const objects = this.told.at(-1)!.sources.flatMap(({ reading }) => reading.objects);
    return objects.map(({ value }) => (value as { asNumber?: number } | undefined)?.asNumber);
  }
}

async function follow(t: Test, etcd: MemoryEtcd, env = {}): Promise<Following> {
  const following = new Following(t, [etcd], env);
  await following.start();
  return following;
}

t.test('all ranges are read at one revision, then watched from the next (§4.3)', async (t) => {
  const etcd = new MemoryEtcd();
  for (let i = 0; i < 1200; i++) etcd.put(`${PEERS}/p${String(i).padStart(4, '0')}`, peer(i + 1));
  etcd.put(`${POOLS}/pods`, pool);
  const at = etcd.revision;
  const following = await follow(t, etcd);
  t.equal(following.names.length, 1201);
  t.strictSame(following.told.length, 1);
  const [first, ...others] = etcd.requests;
  t.equal(first?.revision, 0);
  t.ok(others.every(({ revision }) => revision === at));
  t.ok(etcd.requests.length > 7, 'the peers in pages');
  t.ok(etcd.watches.every(({ startRevision }) => startRevision === at + 1));
  etcd.put(`${POOLS}/more`, pool);
  etcd.delete(`${POOLS}/pods`);
  await following.turn();
  t.ok(following.names.includes('more'));
  t.notOk(following.names.includes('pods'));
  t.equal(following.told.length, 2, 'what comes together is told together');
});

t.test('a page that is too large is asked for in smaller ones', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.largestPage = 3;
  for (let i = 0; i < 10; i++) etcd.put(`${PEERS}/p${i}`, peer(1));
  t.equal((await follow(t, etcd)).names.length, 10);
  t.equal(Math.max(...etcd.requests.slice(-3).map(({ limit }) => limit)), 3);
});

t.test('events that come again, or late, change nothing (§4.3)', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.put(`${PEERS}/a`, peer(1));
  const following = await follow(t, etcd);
  const event = (kind: 'put' | 'delete', name: string, modRevision: number, as = 9) => {
    const value = Buffer.from(JSON.stringify(peer(as)));
    return { kind, kv: { key: `${PEERS}/${name}`, value, modRevision } };
  };
  etcd.say({ watchId: 1, events: [event('put', 'a', etcd.revision), event('delete', 'a', 1)] });
  etcd.say({ watchId: 1, events: [event('put', 'old', etcd.revision - 1)] });
  await following.turn();
  t.strictSame([following.told.length, following.asNumbers], [1, [1]]);
  etcd.say({ watchId: 1, events: [event('put', 'b', 20, 7), event('put', 'c', 10, 8)] });
  etcd.say({ watchId: 1, events: [event('delete', 'b', 30), event('put', 'b', 25)] });
  await following.turn();
  t.strictSame(following.names, ['a', 'c'], 'of another key an earlier event is news');
});

t.test('a lost watch goes on where it was, without reading again', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.put(`${PEERS}/a`, peer(1));
  const following = await follow(t, etcd);
  etcd.put(`${PEERS}/b`, peer(2));
  await following.turn();
  const requests = etcd.requests.length;
  etcd.cut();
  etcd.put(`${PEERS}/c`, peer(3));
  etcd.delete(`${PEERS}/a`);
  await following.turn(250);
  t.strictSame(following.names, ['b', 'c']);
  t.equal(etcd.requests.length, requests);
  t.equal(etcd.connections, 1);
  t.notOk(
    following.told.some(({ faults }) => faults.length > 0),
    'too short to be told',
  );
});

t.test('progress notifications move the revision to resume from (§4.3)', async (t) => {
  const etcd = new MemoryEtcd();
  const following = await follow(t, etcd);
  const count = etcd.watches.length;
  etcd.revision = 50;
  for (let watchId = 0; watchId < count; watchId++) etcd.say({ watchId });
  await following.turn();
  etcd.cut();
  await following.turn(250);
  t.ok(etcd.watches.slice(count).every(({ startRevision }) => startRevision === 51));
});

t.test('what was missed is compacted: read again, nothing missing in between (§4.3)', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.put(`${PEERS}/a`, peer(1));
  etcd.put(`${PEERS}/b`, peer(1));
  const following = await follow(t, etcd);
  etcd.isDown = true;
  etcd.cut();
  etcd.delete(`${PEERS}/a`);
  etcd.put(`${PEERS}/c`, peer(1));
  etcd.compact();
  await following.turn(1000);
  etcd.isDown = false;
  await following.turn(6000);
  t.strictSame(following.names, ['b', 'c']);
  t.strictSame(
    following.told.map(({ sources }) => sources.length),
    [2, 2],
  );
  t.equal(
    following.told[0]?.sources[1]?.reading,
    following.told[1]?.sources[0]?.reading,
    'as read',
  );
  etcd.put(`${PEERS}/d`, peer(1));
  await following.turn();
  t.strictSame(following.names, ['b', 'c', 'd']);
});

t.test('a compaction while reading starts the reading over', async (t) => {
  const etcd = new MemoryEtcd();
  for (let i = 0; i < 3; i++) etcd.put(`${PEERS}/p${i}`, peer(1));
  const range = etcd.range.bind(etcd);
  let calls = 0;
  etcd.range = (request) => {
    if (++calls === 3) {
      etcd.put(`${PEERS}/p3`, peer(1));
      etcd.compact();
    }
    return range(request);
  };
  const following = new Following(t, [etcd]);
  const started = following.start();
  await following.turn(500);
  await started;
  t.strictSame([following.told.length, following.names.length], [1, 4]);
});

t.test('a backup restored, or another cluster, is read anew', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.put(`${PEERS}/a`, peer(1));
  const backup = etcd.revision;
  etcd.put(`${PEERS}/a`, peer(2));
  etcd.put(`${PEERS}/b`, peer(2));
  const following = await follow(t, etcd);
  etcd.restore(backup);
  await following.turn(1000);
  t.strictSame(following.asNumbers, [1], 'its revision went back');
  etcd.put(`${PEERS}/c`, peer(3));
  await following.turn();
  t.strictSame(following.asNumbers, [1, 3], 'and its events count');
  etcd.restore(backup);
  etcd.raftTerm = 1;
  for (let i = 0; i < 5; i++) etcd.put(`${PEERS}/c`, peer(4));
  await following.turn(1000);
  t.strictSame(following.asNumbers, [1, 4], 'its term went back');
  etcd.restore(0);
  etcd.clusterId = 7;
  for (let i = 0; i < 50; i++) etcd.put(`${PEERS}/z`, peer(5));
  await following.turn(1000);
  t.strictSame(following.asNumbers, [5], 'it is another one');
});

t.test('a watch that hangs is found out, and another server asked', async (t) => {
  const [silent, other] = [new MemoryEtcd(), new MemoryEtcd()];
  silent.put(`${PEERS}/a`, peer(1));
  other.put(`${PEERS}/a`, peer(1));
  const following = new Following(t, [silent, other]);
  await following.start();
  await following.turn(120_000);
  t.ok(silent.progressRequests >= 3, 'silence is not held against a server that answers');
  t.strictSame(following.visited, ['e0:1']);
  silent.isHanging = true;
  other.put(`${PEERS}/b`, peer(1));
  await following.turn(36_000);
  t.strictSame(following.visited, ['e0:1', 'e1:1']);
  t.strictSame(following.names, ['a', 'b']);
});

t.test('a server that never begins to watch is given up', async (t) => {
  const [silent, other] = [new MemoryEtcd(), new MemoryEtcd()];
  silent.isHanging = true;
  const following = new Following(t, [silent, other]);
  await following.start();
  await following.turn(13_000);
  t.strictSame(following.visited, ['e0:1', 'e1:1']);
});

t.test('endpoints take turns at once, rounds are spaced; a long outage is told', async (t) => {
  const [a, b] = [new MemoryEtcd(), new MemoryEtcd()];
  a.put(`${PEERS}/a`, peer(1));
  const following = new Following(t, [a, b]);
  await following.start();
  a.isDown = true;
  b.isDown = true;
  a.cut('gone');
  await following.turn();
  t.strictSame(following.visited, ['e0:1', 'e1:1']);
  await following.turn(9_500);
  t.equal(following.told.length, 1);
  await following.turn(60_000);
  t.equal(following.told.length, 2);
  t.match(following.told[1]?.faults, [
    {
      file: 'etcd',
      reason: 'it cannot be reached (e0:1: gone); what was read before stays in use',
    },
  ]);
  t.equal(following.told[1]?.sources.length, 1);
  t.ok(following.visited.length < 80, `${following.visited.length} connections in 70 s`);
  a.isDown = false;
  await following.turn(6_000);
  t.strictSame(following.told.at(-1)?.faults, []);
});

t.test('an expired token is replaced, and the watch goes on where it was (§4.3)', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.tokens = new Set();
  etcd.put(`${PEERS}/a`, peer(1));
  const following = await follow(t, etcd, USER);
  t.strictSame([following.names, etcd.authentications], [['a'], 1]);
  etcd.tokens.clear();
  etcd.say({ canceled: true, cancelReason: 'etcdserver: invalid auth token' });
  etcd.put(`${PEERS}/b`, peer(1));
  await following.turn();
  t.strictSame([following.names, etcd.authentications], [['a', 'b'], 2]);
  t.strictSame(following.visited, ['e0:1'], 'over the same connection');
  etcd.tokens.clear();
  etcd.cut();
  await following.turn(250);
  etcd.put(`${PEERS}/c`, peer(1));
  await following.turn();
  t.strictSame([following.names, etcd.authentications], [['a', 'b', 'c'], 3]);
});

t.test('a token that is refused at once is not asked for without end', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.tokens = new Set();
  const following = await follow(t, etcd, USER);
  etcd.tokens.add = () => etcd.tokens!;
  etcd.tokens.clear();
  etcd.cut();
  await following.turn(60_000);
  t.ok(etcd.authentications < 40, `${etcd.authentications} in a minute`);
});

t.test('a user is no harm where there is no authentication', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.put(`${PEERS}/a`, peer(1));
  t.strictSame((await follow(t, etcd, USER)).names, ['a']);
});

t.test('at start an unreachable etcd is waited for, and stopping ends the wait', async (t) => {
  const etcd = new MemoryEtcd();
  etcd.isDown = true;
  const patient = new Following(t, [etcd]);
  const started = patient.start();
  await patient.turn(30_000);
  t.equal(patient.told.length, 0);
  etcd.isDown = false;
  await patient.turn(6_000);
  await started;
  t.equal(patient.told.length, 1);
  etcd.isDown = true;
  const stopped = new Following(t, [etcd]);
  const waiting = stopped.start();
  await stopped.turn(1000);
  await stopped.source.stop();
  await waiting;
  t.equal(stopped.clock.pendingTimers, 0);
});

t.test('settings that cannot work are told at start, and ridden out later', async (t) => {
  const etcd = new MemoryEtcd();
  let hasCertificate = false;
  const settings = chooseDatastore({ ETCD_ENDPOINTS: 'http://e:1' }, 'n') as EtcdSettings;
  const clock = new FakeClock();
  const connect = () => {
    if (!hasCertificate) throw new CatbirdError('CATBIRD_DATASTORE_SETTINGS', 'no certificate');
    return etcd.connect();
  };
  const ports = { clock, random: { uniform: () => 0 }, log: silentLog, connect };
  await t.rejects(
    new EtcdSource(settings, ports).start(() => {}),
    /no certificate/,
  );
  hasCertificate = true;
  const source = new EtcdSource(settings, ports);
  let told = 0;
  await source.start(() => told++);
  hasCertificate = false;
  etcd.cut();
  await new Promise((resolve) => setImmediate(resolve));
  hasCertificate = true;
  for (let i = 0; i < 40; i++) {
    clock.advance(250);
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal(etcd.connections, 1);
  await source.stop();
  t.equal(clock.pendingTimers, 0);
});
