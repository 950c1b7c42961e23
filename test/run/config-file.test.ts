import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Config } from '../../src/config/model.ts';
import { ConfigFileSource } from '../../src/run/config-file.ts';

/** A followed file whose one neighbour has its password in another file. */
async function scene(t: Test) {
  const folder = t.testdir();
  const key = join(folder, 'key');
  const text = (more: string) => `
router: { asNumber: 64512, routerId: 10.0.0.1 }
neighbors: [ { name: a, address: 10.0.0.2, asNumber: 64512${more} } ]`;
  const path = join(folder, 'catbird.yaml');
  await writeFile(path, text(`, passwordFile: ${key}`));
  const source = new ConfigFileSource(path);
  t.teardown(() => source.stop());
  const waiting: ((config: Config | undefined) => void)[] = [];
  const next = () => new Promise<Config | undefined>((resolve) => waiting.push(resolve));
  const first = next();
  await source.start(({ config }) => waiting.shift()?.(config));
  return { path, key, text, first: await first, next };
}

t.test('a password file is followed: made, changed, gone, named no more (SESS-9)', async (t) => {
  const { path, key, text, first, next } = await scene(t);
  t.match(first!.neighbors[0], { password: undefined, waitingFor: /key \(ENOENT\)/ });
  const passwords = async (act: Promise<void>, delivery = next()) => {
    await act;
    return (await delivery)!.neighbors[0];
  };
  t.match(await passwords(writeFile(key, 's3cret\n')), { password: 's3cret' });
  const other = await passwords(writeFile(key, 'other key'));
  t.match(other, { password: 'other key', waitingFor: undefined });
  t.match(await passwords(rm(key)), { password: undefined, waitingFor: /ENOENT/ });
  const without = await passwords(writeFile(path, text('')));
  t.match(without, { password: undefined, waitingFor: undefined });
});
