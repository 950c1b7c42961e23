import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { FolderDatastore } from '../../src/datastore/folder.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import type { WrittenObject } from '../contract/datastore.ts';
import { testScenarios } from '../contract/datastore-scenarios.ts';
import { makeFolder } from './folder-fixture.ts';

testScenarios(t, async () => {
  const folder = await makeFolder(t);
  const fileOf = ({ kind, metadata }: WrittenObject) =>
    join(folder, `${kind}-${metadata.name}.json`);
  return {
    open: () => new FolderDatastore(folder, new SystemClock()),
    put: (object) => writeFile(fileOf(object), JSON.stringify(object)),
    delete: (object) => rm(fileOf(object)),
    close: async () => {},
  };
});
