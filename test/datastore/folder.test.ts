import { mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { FolderDatastore, readFolder } from '../../src/datastore/folder.ts';
import { MAX_FILE_BYTES } from '../../src/datastore/folder-files.ts';
import { FolderReader } from '../../src/datastore/folder-reader.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { SnapshotQueue, testDatastore } from '../contract/datastore.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { folderDriver, follow, makeFolder, peerYaml, replaceFile } from './folder-fixture.ts';

t.test('the contract of datastores', (t) => {
  testDatastore(t, () => folderDriver(t));
  t.end();
});

t.test('any layout of YAML and JSON files, leftovers and hidden files aside', async (t) => {
  const folder = await makeFolder(t);
  await mkdir(join(folder, 'peers/rack2'), { recursive: true });
  await mkdir(join(folder, '.git'));
  const files: Record<string, string> = {
    'a.yaml': peerYaml('a') + peerYaml('b'),
    'peers/c.yml': peerYaml('c'),
    'peers/rack2/d.json': `{"kind":"BGPPeer","apiVersion":"projectcalico.org/v3","metadata":{"name":"d"}}`,
    'a.yaml~': peerYaml('x'),
    '.a.yaml.swp': peerYaml('x'),
    '.hidden.yaml': peerYaml('x'),
    '.git/e.yaml': peerYaml('x'),
    'README.md': 'not: [yaml',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const { bgpPeers, faults } = await readFolder(folder);
  t.strictSame([...bgpPeers.keys()], ['a', 'b', 'c', 'd']);
  t.strictSame(faults, []);
});

t.test('a single file may stand for a folder', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'cluster');
  await writeFile(path, peerYaml('a'));
  await writeFile(join(folder, 'other.yaml'), peerYaml('x'));
  const { snapshots } = await follow(t, path);
  t.strictSame([...(snapshots.received[0]?.bgpPeers.keys() ?? [])], ['a']);
  await replaceFile(path, peerYaml('b'));
  const changed = await snapshots.until(({ bgpPeers }) => bgpPeers.has('b'));
  t.strictSame([...changed.bgpPeers.keys()], ['b']);
});

t.test('a missing folder is an error at start that says what to do', async (t) => {
  const path = join(await makeFolder(t), 'missing');
  const expected = {
    code: 'CATBIRD_DATASTORE_UNREADABLE',
    message: `The datastore folder ${path} cannot be read: no such file or directory. Create it, or name another with --datastore folder:DIR.`,
  };
  const clock = new FakeClock();
  await t.rejects(
    new FolderDatastore(path, clock).start(() => {}),
    expected,
  );
  await t.rejects(readFolder(path), expected);
  t.equal(clock.pendingTimers, 0);
});

t.test('a half-written file keeps what it held, others go on', async (t) => {
  const folder = await makeFolder(t);
  const half = join(folder, 'half.yaml');
  await writeFile(half, peerYaml('a') + peerYaml('b'));
  const { snapshots } = await follow(t, folder);
  await writeFile(half, `${peerYaml('a', 'asNumber: 1')}${peerYaml('b').slice(0, -5)}`);
  await writeFile(join(folder, 'other.yaml'), peerYaml('c'));
  const { bgpPeers, faults } = await snapshots.until(
    ({ bgpPeers, faults }) => faults.length > 0 && bgpPeers.has('c'),
  );
  t.strictSame([...bgpPeers.keys()], ['a', 'b', 'c']);
  t.equal(bgpPeers.get('a')?.asNumber, 64512);
  t.match(faults, [{ object: undefined, file: half, line: 10, reason: /before stays in use/ }]);
  await writeFile(half, peerYaml('b'));
  const mended = await snapshots.until(({ bgpPeers }) => bgpPeers.has('c') && !bgpPeers.has('a'));
  t.strictSame(mended.faults, []);
});

t.test('an emptied file is believed, but not at once', async (t) => {
  const folder = await makeFolder(t);
  const path = join(folder, 'a.yaml');
  await writeFile(path, peerYaml('a'));
  const reader = new FolderReader(folder);
  await reader.read();
  const objects = async () => {
    const { sources, isSettled } = await reader.read();
    return [sources.flatMap(({ reading }) => reading.objects).length, isSettled];
  };
  await truncate(path);
  t.strictSame(await objects(), [1, false]);
  t.strictSame(await objects(), [0, true]);
});

t.test('unchanged files and documents are not read again', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'a.yaml'), peerYaml('a') + peerYaml('b'));
  await writeFile(join(folder, 'c.yaml'), peerYaml('c'));
  const reader = new FolderReader(folder);
  const before = await reader.read();
  t.equal(await reader.looksChanged(), false);
  await writeFile(join(folder, 'a.yaml'), `${peerYaml('new')}${peerYaml('b')}`);
  t.equal(await reader.looksChanged(), true);
  const after = await reader.read();
  t.equal(after.sources[2], before.sources[2], 'the other file');
  t.equal(after.sources[1]?.reading, before.sources[1]?.reading, 'the other document');
  t.not(after.sources[0]?.reading, before.sources[0]?.reading);
});

t.test('a file broken from the start gives what can be read of it', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'a.yaml'), `${peerYaml('a')}---\nkind: [\n${peerYaml('b')}`);
  const { bgpPeers, faults } = await readFolder(folder);
  t.strictSame([...bgpPeers.keys()], ['a', 'b']);
  t.match(faults, [{ file: join(folder, 'a.yaml'), line: 8 }]);
});

t.test('a mounted ConfigMap swaps all its files at once', async (t) => {
  const folder = await makeFolder(t);
  const version = async (name: string, text: string) => {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'peers.yaml'), text);
  };
  await version('..2026_1', peerYaml('a'));
  await symlink('..2026_1', join(folder, '..data'));
  await symlink('..data/peers.yaml', join(folder, 'peers.yaml'));
  const { snapshots } = await follow(t, folder);
  t.strictSame([...(snapshots.received[0]?.bgpPeers.keys() ?? [])], ['a']);
  await version('..2026_2', peerYaml('b'));
  await symlink('..2026_2', join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  await rm(join(folder, '..2026_1'), { recursive: true });
  const swapped = await snapshots.until(({ bgpPeers }) => bgpPeers.has('b'));
  t.strictSame([...swapped.bgpPeers.keys()], ['b']);
  t.equal(snapshots.received.length, 2);
});

t.test('folders that appear and vanish below are followed; links in a circle end', async (t) => {
  const folder = await makeFolder(t);
  const { snapshots } = await follow(t, folder);
  await mkdir(join(folder, 'new'));
  await symlink('..', join(folder, 'new/up'));
  await symlink('nowhere', join(folder, 'new/dangling.yaml'));
  await writeFile(join(folder, 'new/a.yaml'), peerYaml('a'));
  await snapshots.until(({ bgpPeers }) => bgpPeers.has('a'));
  await replaceFile(join(folder, 'new/a.yaml'), peerYaml('b'));
  await snapshots.until(({ bgpPeers }) => bgpPeers.has('b'));
  await rm(join(folder, 'new'), { recursive: true });
  const emptied = await snapshots.until((snapshot) => {
    return snapshot.bgpPeers.size === 0 && snapshots.received.indexOf(snapshot) > 0;
  });
  t.strictSame(emptied.faults, []);
});

t.test('a folder that vanishes leaves its state behind, and may come back', async (t) => {
  const folder = join(await makeFolder(t), 'datastore');
  await mkdir(folder);
  await writeFile(join(folder, 'a.yaml'), peerYaml('a'));
  const { snapshots } = await follow(t, folder);
  await rename(folder, `${folder}.away`);
  const lost = await snapshots.until(({ faults }) => faults.length > 0);
  t.ok(lost.bgpPeers.has('a'));
  t.match(lost.faults, [{ file: folder, reason: /no such file or directory; what was read/ }]);
  await rename(`${folder}.away`, folder);
  await writeFile(join(folder, 'b.yaml'), peerYaml('b'));
  const back = await snapshots.until(({ bgpPeers }) => bgpPeers.has('b'));
  t.ok(back.bgpPeers.has('a'));
  t.strictSame(back.faults, []);
});

t.test('files that cannot be resources are refused, and cost only themselves', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'a.yaml'), peerYaml('a'));
  await writeFile(join(folder, 'binary.yaml'), Uint8Array.of(0xff, 0xfe, 0x00));
  await writeFile(join(folder, 'huge.yaml'), '');
  await truncate(join(folder, 'huge.yaml'), MAX_FILE_BYTES + 1);
  const { bgpPeers, faults } = await readFolder(folder);
  t.ok(bgpPeers.has('a'));
  t.match(faults, [
    { file: join(folder, 'binary.yaml'), reason: 'the file is not UTF-8 text' },
    { file: join(folder, 'huge.yaml'), reason: /the limit is 16777216/ },
  ]);
});

t.test('of duplicates the first file by name counts', async (t) => {
  const folder = await makeFolder(t);
  await writeFile(join(folder, 'b.yaml'), peerYaml('p', 'asNumber: 2'));
  await writeFile(join(folder, 'a.yaml'), `# first\n${peerYaml('p', 'asNumber: 1')}`);
  const { bgpPeers, faults } = await readFolder(folder);
  t.equal(bgpPeers.get('p')?.asNumber, 1);
  const reason = `already defined at ${join(folder, 'a.yaml')}:3, which counts; this one is ignored`;
  t.match(faults, [{ object: 'BGPPeer/p', file: join(folder, 'b.yaml'), line: 2, reason }]);
});

t.test('stopping leaves no timer behind', async (t) => {
  const clock = new FakeClock();
  const datastore = new FolderDatastore(await makeFolder(t), clock);
  await datastore.start(() => {});
  t.ok(clock.pendingTimers > 0);
  await datastore.stop();
  t.equal(clock.pendingTimers, 0);
});

t.test('files that change during a read are told together, never half of them', async (t) => {
  const folder = await makeFolder(t);
  const [first, second] = [join(folder, 'first.yaml'), join(folder, 'second.yaml')];
  await writeFile(first, peerYaml('a', 'asNumber: 1'));
  await writeFile(second, peerYaml('b', 'asNumber: 1'));
  const clock = new SystemClock();
  let duringRead = async () => {};
  const slow = {
    now: () => clock.now(),
    wallTime: () => clock.wallTime(),
    setTimer: clock.setTimer.bind(clock),
    defer: (run: () => void) => void duringRead().then(() => clock.defer(run)),
  };
  const datastore = new FolderDatastore(folder, slow);
  const snapshots = new SnapshotQueue();
  t.teardown(() => datastore.stop());
  await datastore.start(snapshots.push);
  duringRead = async () => {
    duringRead = async () => {};
    await replaceFile(second, peerYaml('b', 'asNumber: 2'));
    await delay(20); // its notification comes
  };
  await replaceFile(first, peerYaml('a', 'asNumber: 2'));
  const changed = await snapshots.until(({ bgpPeers }) => bgpPeers.get('b')?.asNumber === 2);
  t.equal(changed.bgpPeers.get('a')?.asNumber, 2);
  const both = snapshots.received.map(({ bgpPeers }) =>
    [...bgpPeers.values()].map((peer) => peer.asNumber),
  );
  t.strictSame(both, [
    [1, 1],
    [2, 2],
  ]);
});
