/** Temporary folders of resource files, and datastores that follow them. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { FolderDatastore } from '../../src/datastore/folder.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { type DatastoreDriver, SnapshotQueue, type WrittenObject } from '../contract/datastore.ts';

/** A new empty folder, removed after the test. */
export async function makeFolder(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-folder-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a datastore on the path; stopped after the test. */
export async function follow(t: Test, path: string) {
  const datastore = new FolderDatastore(path, new SystemClock());
  const snapshots = new SnapshotQueue();
  t.teardown(() => datastore.stop());
  await datastore.start(snapshots.push);
  return { datastore, snapshots };
}

/** For the suites that every datastore passes: a file for each object. */
export async function folderDriver(t: Test): Promise<DatastoreDriver> {
  const folder = await makeFolder(t);
  const fileOf = ({ kind, metadata }: WrittenObject) =>
    join(folder, `${kind}-${metadata.name}.json`);
  return {
    open: () => new FolderDatastore(folder, new SystemClock()),
    put: (object) => writeFile(fileOf(object), JSON.stringify(object)),
    delete: (object) => rm(fileOf(object)),
    close: async () => {},
  };
}

/** Replaces a file in one step, as careful writers do. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
}

/** A BGPPeer as a YAML document. */
export function peerYaml(name: string, spec = 'asNumber: 64512'): string {
  return `---\nkind: BGPPeer\napiVersion: projectcalico.org/v3\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;
}
