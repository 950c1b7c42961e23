/** A real etcd that is restarted, compacted, frozen, emptied, secured; what was read must stay in force. */
import { once } from 'node:events';
import { createConnection, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { type EtcdPorts, EtcdSource } from '../../src/datastore/etcd/etcd-source.ts';
import { connect } from '../../src/datastore/etcd/grpc-connection.ts';
import { JoinedDatastore } from '../../src/datastore/joined-datastore.ts';
import { readDatastore } from '../../src/datastore/open-datastore.ts';
import type { EtcdSettings } from '../../src/datastore/settings/settings.ts';
import type { Snapshot } from '../../src/datastore/snapshot.ts';
import { SystemClock, SystemRandom } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { SnapshotQueue } from '../contract/datastore.ts';
import { type EtcdServer, noEtcd, startEtcd, startEtcdCluster } from '../support/etcd-server.ts';

const PEERS = '/calico/resources/v3/projectcalico.org/bgppeers/';
const USER = { ETCD_USERNAME: 'root', ETCD_PASSWORD: 'secret' };
const clock = new SystemClock();
const PORTS: EtcdPorts = { clock, random: new SystemRandom(), log: silentLog, connect };

const put = (etcd: EtcdServer, name: string, asNumber: unknown = 1) =>
  etcd.put(`${PEERS}${name}`, { spec: { peerIP: '192.0.2.1', asNumber } });

const has =
  (...names: string[]) =>
  ({ bgpPeers }: Snapshot) =>
    [...bgpPeers.keys()].join() === names.join();

async function follow(t: Test, settings: EtcdSettings, ports: Partial<EtcdPorts> = {}) {
  const datastore = new JoinedDatastore([new EtcdSource(settings, { ...PORTS, ...ports })], clock);
  const snapshots = new SnapshotQueue();
  t.teardown(() => datastore.stop());
  await datastore.start(snapshots.push);
  return snapshots;
}

/** The numbers of peers seen, in order. */
const sizes = ({ received }: SnapshotQueue) => received.map(({ bgpPeers }) => bgpPeers.size);

t.test('restarted with its data', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  await put(etcd, 'a');
  const snapshots = await follow(t, etcd.settings('n'));
  await etcd.restart();
  await put(etcd, 'b');
  await snapshots.until(has('a', 'b'));
  t.strictSame(sizes(snapshots), [1, 2]);
});

t.test('compacted while it could not be reached', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  for (const name of ['a', 'b', 'c']) await put(etcd, name);
  let isDown = false;
  const refuse: EtcdPorts['connect'] = (endpoint, settings) =>
    connect(isDown ? { ...endpoint, address: '127.0.0.1:1' } : endpoint, settings);
  const snapshots = await follow(t, etcd.settings('n'), { connect: refuse });
  isDown = true;
  await etcd.restart();
  await etcd.delete(`${PEERS}a`);
  for (let i = 0; i < 20; i++) await put(etcd, 'b', 100 + i);
  await etcd.compact(await etcd.revision());
  isDown = false;
  const after = await snapshots.until(has('b', 'c'));
  t.equal(after.bgpPeers.get('b')?.asNumber, 119);
  t.strictSame(sizes(snapshots), [3, 2], 'nothing was missing in between');
});

t.test('emptied is a snapshot like any other', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  for (let i = 0; i < 50; i++) await put(etcd, `p${i}`);
  const snapshots = await follow(t, etcd.settings('n'));
  await etcd.deleteAll('/calico/');
  await snapshots.until(has());
  t.strictSame(sizes(snapshots), [50, 0]);
});

t.test('a value spoilt, restarted meanwhile, mended', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  await put(etcd, 'a', 7);
  const snapshots = await follow(t, etcd.settings('n'));
  await etcd.put(`${PEERS}a`, '{"spec":');
  const spoilt = await snapshots.until(({ faults }) => faults.length > 0);
  t.match(spoilt.faults, [{ file: `${PEERS}a`, object: 'BGPPeer/a', reason: /not JSON/ }]);
  t.equal(spoilt.bgpPeers.get('a')?.asNumber, 7);
  await etcd.restart();
  await put(etcd, 'b');
  const later = await snapshots.until(has('a', 'b'));
  t.equal(later.bgpPeers.get('a')?.asNumber, 7);
  await put(etcd, 'a', 8);
  await snapshots.until(({ bgpPeers }) => bgpPeers.get('a')?.asNumber === 8);
});

t.test('frozen, and another endpoint of its cluster takes over', { skip: noEtcd }, async (t) => {
  const members = await startEtcdCluster(t, 3);
  await put(members[0]!, 'a');
  const settings = {
    ...members[0]!.settings('n'),
    endpoints: members.map(({ url }) => url),
  };
  const timers = { createMs: 1500, probeAfterMs: 1000, probeTimeoutMs: 1000 };
  const used: string[] = [];
  const noting: EtcdPorts['connect'] = (endpoint, settings) => {
    used.push(endpoint.address);
    return connect(endpoint, settings);
  };
  const random = { uniform: () => 0 };
  const snapshots = await follow(t, settings, { timers, random, connect: noting });
  const first = members.find(({ url }) => url.endsWith(used[0]!))!;
  const others = members.filter((member) => member !== first);
  first.freeze();
  await put(others[0]!, 'b').catch(() => put(others[1]!, 'b'));
  await snapshots.until(has('a', 'b'));
  t.not(used.at(-1), used[0]);
  first.thaw();
  const second = members.find(({ url }) => url.endsWith(used.at(-1)!))!;
  await second.stop();
  const alive = members.find((member) => member !== second)!;
  await alive.ready();
  await put(alive, 'c');
  await snapshots.until(has('a', 'b', 'c'));
  t.strictSame(sizes(snapshots), [1, 2, 3]);
});

/** The same server at an address that its certificate does not know. */
async function relay(t: Test, host: string, port: number): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((client) => {
    const upstream = createConnection(port, '127.0.0.1');
    for (const socket of [client, upstream]) socket.on('error', () => {});
    sockets.push(client, upstream);
    client.pipe(upstream).pipe(client);
  }).listen(0, host);
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await once(server, 'listening');
  return `https://${host}:${(server.address() as { port: number }).port}`;
}

t.test('TLS with client certificates', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t, { isSecure: true });
  await put(etcd, 'a');
  const snapshots = await follow(t, etcd.settings('n', { TLS_MIN_VERSION: '1.3' }));
  await put(etcd, 'b');
  await snapshots.until(has('a', 'b'));
  const { ca, client, ...bare } = etcd.settings('n');
  const strangers = { ...bare, ca: undefined, client: undefined };
  const read = (settings: EtcdSettings) => readDatastore(settings, PORTS, 1000);
  await t.rejects(read(strangers), { code: 'CATBIRD_DATASTORE_UNREADABLE', message: /cert/ });
  await t.rejects(read({ ...strangers, ca }), { code: 'CATBIRD_DATASTORE_UNREADABLE' });
  const suites = 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384';
  t.ok(has('a', 'b')(await read(etcd.settings('n', { TLS_CIPHER_SUITES: suites }))));
  const url = new URL(etcd.url);
  t.ok(await read({ ...etcd.settings('n'), endpoints: [`https://localhost:${url.port}`] }));
  const elsewhere = await relay(t, '127.0.0.2', Number(url.port));
  await t.rejects(read({ ...etcd.settings('n'), endpoints: [elsewhere] }), /altnames/);
  await etcd.restart();
  await put(etcd, 'c');
  await snapshots.until(has('a', 'b', 'c'));
});

t.test('users whose tokens expire', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t, { words: ['--auth-token-ttl', '1'] });
  await put(etcd, 'a');
  await etcd.enableAuthentication('secret');
  const snapshots = await follow(t, etcd.settings('n', USER));
  await new Promise((resolve) => setTimeout(resolve, 2500));
  await etcd.logIn('secret');
  await put(etcd, 'b');
  await snapshots.until(has('a', 'b'));
  await etcd.restart();
  await etcd.logIn('secret');
  await put(etcd, 'c');
  await snapshots.until(has('a', 'b', 'c'));
  t.strictSame(sizes(snapshots), [1, 2, 3]);
  const wrong = etcd.settings('n', { ...USER, ETCD_PASSWORD: 'wrong' });
  await t.rejects(readDatastore(wrong, PORTS, 1000), { message: /invalid user ID or password/ });
  await t.rejects(readDatastore(etcd.settings('n'), PORTS, 1000), {
    message: /user name is empty/,
  });
});

t.test('values of a megabyte each, many at once', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  const large = { spec: { peerIP: '192.0.2.1', asNumber: 1 }, status: 'x'.repeat(1_000_000) };
  for (let i = 0; i < 50; i++) await etcd.put(`${PEERS}p${i}`, large);
  const snapshots = await follow(t, etcd.settings('n'));
  t.equal(snapshots.received[0]?.bgpPeers.size, 50);
});
