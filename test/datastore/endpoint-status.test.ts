/** The files Felix writes of workloads, read beside any datastore (calico-datastore.md §6.12). */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readFolder } from '../../src/datastore/folder.ts';
import { endpointStatusSource } from '../../src/datastore/folder-follower.ts';
import { openDatastore, readDatastore } from '../../src/datastore/open-datastore.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { SnapshotQueue } from '../contract/datastore.ts';
import { makeFolder, peerYaml } from './folder-fixture.ts';

const PORTS = { clock: new SystemClock(), random: { uniform: () => 0 }, log: silentLog };
const STATUS = {
  ifaceName: 'cali0a1b2c3d4e5',
  mac: 'ee:ee:ee:ee:ee:ee',
  ipv4Nets: ['10.244.1.7/32', 'nonsense'],
  ipv6Nets: ['fd00:244:0::7/128'],
  bgpPeerName: 'tenants',
};

/** A prefix with its status folder, and a writer into it. */
async function makePrefix(t: Test) {
  const prefix = await makeFolder(t);
  const folder = join(prefix, 'endpoint-status');
  await mkdir(folder);
  const put = (name: string, status: unknown) =>
    writeFile(join(folder, name), typeof status === 'string' ? status : JSON.stringify(status));
  return { prefix, folder, put };
}

/** What is read of a folder with one object and these files. */
async function read(t: Test, files: Readonly<Record<string, unknown>>) {
  const { prefix, put } = await makePrefix(t);
  await writeFile(join(prefix, 'tor.yaml'), peerYaml('tor'));
  for (const [name, status] of Object.entries(files)) await put(name, status);
  const snapshot = await readFolder(prefix);
  t.strictSame([...snapshot.bgpPeers.keys()], ['tor'], 'nothing else is lost');
  const faults = snapshot.faults.map(({ object, path, reason }) => `${object} ${path}: ${reason}`);
  return { statuses: [...snapshot.endpointStatuses.values()], faults };
}

t.test('a file tells the peer and the first address of each family (LWP-1)', async (t) => {
  const { statuses, faults } = await read(t, { 'k8s default.router eth0': STATUS });
  t.strictSame(faults, []);
  t.strictSame(statuses, [
    {
      name: 'k8s default.router eth0',
      bgpPeerName: 'tenants',
      ipv4Address: '10.244.1.7',
      ipv6Address: 'fd00:244::7',
    },
  ]);
});

t.test('a workload that is no peer is nothing, whatever its networks are (§6.12)', async (t) => {
  const { bgpPeerName: _, ...plain } = STATUS;
  const { statuses, faults } = await read(t, {
    absent: plain,
    empty: { ...STATUS, bgpPeerName: '' },
    none: { ...plain, ipv4Nets: ['nonsense'], bgpPeerName: null },
    '.hidden': 'no JSON at all',
  });
  t.strictSame(statuses, []);
  t.strictSame(faults, []);
});

t.test('a first network that is none makes no peer (§6.12)', async (t) => {
  const { statuses, faults } = await read(t, {
    a: { ...STATUS, ipv4Nets: ['nonsense', '10.0.0.1/32'] },
    b: { ...STATUS, ipv4Nets: ['fd00::1/128'] },
    c: { ...STATUS, ipv6Nets: [7] },
    d: { ...STATUS, ipv4Nets: [], ipv6Nets: null },
  });
  t.strictSame(statuses, [{ name: 'd', bgpPeerName: 'tenants' }]);
  t.match(faults, [
    /^EndpointStatus\/a ipv4Nets: the first entry is no IPv4 network/,
    /^EndpointStatus\/b ipv4Nets: /,
    /^EndpointStatus\/c ipv6Nets: the first entry is no IPv6 network/,
  ]);
});

t.test('files of any content cost nothing but themselves', async (t) => {
  const huge = { ...STATUS, padding: 'x'.repeat(64 * 1024) };
  const { statuses, faults } = await read(t, {
    good: STATUS,
    cut: '{"ifaceName":"cali',
    deep: '['.repeat(30_000),
    empty: '',
    huge,
    list: '[1, 2]',
    number: '{"bgpPeerName": 7}',
    text: 'hello',
  });
  t.match(statuses, [{ name: 'good' }]);
  t.equal(faults.length, 6, faults.join('\n'));
  t.match(faults.join('\n'), /the limit is 65536/);
});

t.test('links and folders in it are not entered', async (t) => {
  const { prefix, folder } = await makePrefix(t);
  await mkdir(join(folder, 'deeper'));
  await symlink('/etc/hostname', join(folder, 'link'));
  const { endpointStatuses, faults } = await readFolder(prefix);
  t.equal(endpointStatuses.size, 0);
  t.strictSame(faults, []);
});

t.test('a folder that is not there is an empty one, and may come (§6.12)', async (t) => {
  const prefix = await makeFolder(t);
  const source = endpointStatusSource(prefix, new SystemClock());
  t.teardown(() => source.stop());
  const seen: number[] = [];
  let onFile = () => {};
  const arrived = new Promise<void>((resolve) => {
    onFile = resolve;
  });
  await source.start(({ sources, faults }) => {
    t.strictSame(faults, []);
    seen.push(sources.length);
    if (sources.length > 0) onFile();
  });
  await mkdir(join(prefix, 'endpoint-status'));
  await writeFile(join(prefix, 'endpoint-status', 'one'), JSON.stringify(STATUS));
  await arrived;
  t.equal(seen[0], 0, 'the first contents did not wait for it');
});

t.test('it is followed beside another datastore (LWP-1, LWP-5)', async (t) => {
  const path = await makeFolder(t);
  await writeFile(join(path, 'tor.yaml'), peerYaml('tor'));
  const { prefix, folder, put } = await makePrefix(t);
  const settings = { kind: 'folder', path, endpointStatusPrefix: prefix } as const;
  await put('one', STATUS);
  const once = await readDatastore(settings, PORTS);
  t.strictSame([...once.endpointStatuses.keys()], ['one']);

  const datastore = await openDatastore(settings, PORTS);
  const snapshots = new SnapshotQueue();
  t.teardown(() => datastore.stop());
  await datastore.start(snapshots.push);
  t.strictSame([...snapshots.received[0]!.bgpPeers.keys()], ['tor']);
  await put('two', '{"bgpPeerName":"ten');
  await snapshots.until(({ faults }) => faults.length === 1);
  await put('two', STATUS);
  await snapshots.until(
    ({ endpointStatuses, faults }) => endpointStatuses.size === 2 && faults.length === 0,
  );
  await rm(join(folder, 'one'));
  await snapshots.until(({ endpointStatuses }) => !endpointStatuses.has('one'));
  await rm(folder, { recursive: true });
  const last = await snapshots.until(({ endpointStatuses }) => endpointStatuses.size === 0);
  t.ok(last.bgpPeers.has('tor'));
});
