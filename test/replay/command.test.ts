import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { runCommandLine } from '../../src/cli/main.ts';
import { Lab } from '../support/lab.ts';

async function run(...words: string[]) {
  let [out, err] = ['', ''];
  const stdout = { write: (text: string) => (out += text) };
  const stderr = { write: (text: string) => (err += text) };
  const io = { stdout, stderr, stdin: (async function* () {})(), env: {}, isTerminal: false };
  return { code: await runCommandLine(words, io), out, err };
}

/** A table of one neighbor, as octets. */
async function recorded(): Promise<Buffer> {
  const lab = new Lab();
  const node = (last: number, other: number) =>
    lab.node(
      `10.0.0.${last}`,
      `router: { asNumber: 6500${last}, routerId: 10.0.0.${last} }
blocks: [{ cidr: 10.${last}.0.0/24 }]
neighbors: [{ name: p, address: 10.0.0.${other}, asNumber: 6500${other}, sourceAddress: 10.0.0.${last} }]`,
    );
  const [a, b] = [node(1, 2), node(2, 1)];
  await a.start();
  await b.start();
  await lab.settle();
  return Buffer.concat([...a.views.table('received')]);
}

t.test('replay prints routes as a table or as lines of JSON, packed files too', async (t) => {
  const folder = t.testdir();
  const file = join(folder, 'table.mrt');
  const octets = await recorded();
  writeFileSync(file, octets);
  writeFileSync(`${file}.gz`, gzipSync(octets));
  const table = await run('replay', file);
  t.match(table, { code: 0, err: /^3 records of 1 neighbors played\n$/ });
  t.match(table.out, /^ +PREFIX .*WHY\n\* +10\.1\.0\.0\/24/);
  const json = await run('replay', `${file}.gz`, '-o', 'json', '--prefix', '10.2.0.0/24');
  t.match(JSON.parse(json.out), { prefix: '10.2.0.0/24', best: true, neighbor: '10.0.0.2' });
});

t.test('replay says what is wrong with a file, and what it takes', async (t) => {
  const folder = t.testdir({ html: '<!DOCTYPE html><html></html>' });
  const file = join(folder, 'short.mrt');
  writeFileSync(file, (await recorded()).subarray(0, -1));
  t.match(await run('replay', file), { code: 1, err: /cut short/ });
  t.match(await run('replay', join(folder, 'html')), { code: 1, err: /no MRT/ });
  t.match(await run('replay', join(folder, 'none')), { code: 1, err: /ENOENT/ });
  t.match(await run('replay', join(folder, 'none.gz')), { code: 1, err: /ENOENT/ });
  t.match(await run('replay'), { code: 2 });
  t.match(await run('replay', file, '--prefix', 'x'), { code: 2 });
  t.match(await run('replay', file, '--config', join(folder, 'none')), { code: 1 });
});
