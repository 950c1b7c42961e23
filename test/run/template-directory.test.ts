import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { TemplateFiles } from '../../src/config-templates/template-source.ts';
import { openTemplates, readAllTemplates } from '../../src/run/template-sources.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { makeFolder, replaceFile } from '../datastore/folder-fixture.ts';

const NEIGHBOR = 'neighbor.yaml.liquid';

/** Follows the templates beside a folder and those of a directory; each delivery can be waited for. */
async function follow(t: Test, folder: string, directory: string | undefined) {
  const source = openTemplates({ kind: 'folder', path: folder }, directory, new SystemClock())!;
  let latest: TemplateFiles = { files: [], faults: [] };
  let wake = () => {};
  t.teardown(() => source.stop());
  await source.start((files) => {
    latest = files;
    wake();
  });
  return async (isWanted: (files: TemplateFiles) => boolean) => {
    while (!isWanted(latest)) await new Promise<void>((resolve) => (wake = resolve));
    return latest;
  };
}

const texts = ({ files }: TemplateFiles) => files.map(({ name, text }) => `${name}: ${text}`);

t.test('the directory that is named counts before templates/ of the folder', async (t) => {
  const [folder, named] = [await makeFolder(t), await makeFolder(t)];
  await mkdir(join(folder, 'templates'));
  await writeFile(join(folder, 'templates', NEIGHBOR), 'one');
  await writeFile(join(folder, 'templates', 'pool.yaml.liquid'), 'two');
  await writeFile(join(folder, 'templates', 'readme.txt'), 'not one');
  await writeFile(join(named, NEIGHBOR), 'three');
  const read = await readAllTemplates({ kind: 'folder', path: folder }, named);
  t.same(texts(read), ['neighbor: three', 'pool: two']);
  t.equal(read.files[0]?.place, join(named, NEIGHBOR));
});

t.test('changes, new files and removal are followed, a folder that comes later too', async (t) => {
  const folder = await makeFolder(t);
  const until = await follow(t, folder, undefined);
  t.same(texts(await until(() => true)), []);
  await mkdir(join(folder, 'templates'));
  await writeFile(join(folder, 'templates', NEIGHBOR), 'one');
  await until(({ files }) => files[0]?.text === 'one');
  await replaceFile(join(folder, 'templates', NEIGHBOR), 'two');
  await until(({ files }) => files[0]?.text === 'two');
  await rm(join(folder, 'templates', NEIGHBOR));
  t.same((await until(({ files }) => files.length === 0)).faults, []);
});

t.test('a named directory must be there at the start; later its files stay', async (t) => {
  const [folder, named] = [await makeFolder(t), await makeFolder(t)];
  const settings = { kind: 'folder', path: folder } as const;
  await t.rejects(readAllTemplates(settings, join(named, 'nowhere')), {
    code: 'CATBIRD_TEMPLATES_UNREADABLE',
    message: /nowhere cannot be read: no such file or directory/,
  });
  await writeFile(join(named, NEIGHBOR), 'one');
  const until = await follow(t, folder, named);
  await rm(named, { recursive: true });
  const { files, faults } = await until((now) => now.faults.length > 0);
  t.match([files, faults], [[{ text: 'one' }], [/stays in force/]]);
});
