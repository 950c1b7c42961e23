import { chmod, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { printConfig } from '../../src/config/print.ts';
import { StateFile } from '../../src/run/state-file.ts';
import { configOf } from '../support/lab.ts';

const ORIGIN = 'etcd a:2379, node n1';

const CONFIG = configOf(`
router: { asNumber: 64512, routerId: 10.0.0.1 }
blocks: [ { cidr: 10.1.1.0/26 } ]
neighbors:
- { name: a, address: 10.0.0.2, asNumber: 64512, password: s3cret }
- { name: b, address: 10.0.0.3, asNumber: 65000, import: [p] }
policies: { p: [{ match: { prefixes: [10.0.0.0/8 le 24] }, action: reject }] }`);

t.test('what is stored comes back, with its time and without secrets (SESS-9)', async (t) => {
  const file = new StateFile(join(t.testdir(), 'state'), ORIGIN);
  t.equal(await file.load(), undefined);
  await file.save(CONFIG, 1_700_000_000_000);
  const text = await readFile(file.path, 'utf8');
  t.notMatch(text, 's3cret');
  const stored = await new StateFile(join(file.path, '..'), ORIGIN).load();
  t.equal(stored?.savedAt, 1_700_000_000_000);
  const [a, b] = stored!.config.neighbors;
  t.match(a, { password: undefined, waitingFor: /password/ });
  t.same(b, CONFIG.neighbors[1]);
  t.same(printConfig(stored!.config)['policies'], printConfig(CONFIG)['policies']);
});

t.test('only its owner may read it, and nothing is left beside it', async (t) => {
  const directory = t.testdir();
  const file = new StateFile(directory, ORIGIN);
  await file.save(CONFIG, 0);
  t.equal((await stat(file.path)).mode & 0o777, 0o600);
  await writeFile(`${file.path}.new`, 'left by a crash');
  await chmod(`${file.path}.new`, 0o644);
  await file.save({ ...CONFIG, blocks: [] }, 0);
  t.equal((await stat(file.path)).mode & 0o777, 0o600);
  t.equal((await readdir(directory)).length, 1);
  t.same((await file.load())?.config.blocks, []);
});

t.test('of saves at one time the last counts; the same again writes nothing', async (t) => {
  const file = new StateFile(t.testdir(), ORIGIN);
  const all = [1, 2, 3].map((time) => file.save({ ...CONFIG, pools: [] }, time));
  await Promise.all([...all, file.save({ ...CONFIG, blocks: [] }, 4)]);
  t.same([(await file.load())?.savedAt, (await file.load())?.config.blocks], [4, []]);
  await file.save({ ...CONFIG, blocks: [] }, 5);
  t.equal((await file.load())?.savedAt, 4);
});

t.test('what is damaged, cut short or of another origin is not used', async (t) => {
  const directory = t.testdir();
  const file = new StateFile(directory, ORIGIN);
  await file.save(CONFIG, 0);
  const text = await readFile(file.path, 'utf8');
  for (const [damaged, reason] of [
    ['', /not a stored configuration/],
    ['null\n{}', /another version/],
    [text.slice(0, -5), /checksum/],
    [text.replace('10.0.0.2', '10.0.0.9'), /checksum/],
    [text.replace('node n1', 'node n2'), /is of etcd a:2379, node n2/],
  ] as const) {
    await writeFile(file.path, damaged);
    await t.rejects(file.load(), reason);
  }
  t.equal(await new StateFile(directory, 'etcd b:2379, node n1').load(), undefined);
});
