import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Origination } from '../../src/daemon/broker.ts';
import { parsePrefix } from '../../src/net/text.ts';
import { keepOriginations, OriginationFile } from '../../src/run/origination-file.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';

const ROUTE: Origination = {
  owner: 'lb',
  prefix: parsePrefix('192.0.2.1/32')!,
  localPref: 200,
  med: undefined,
  communities: [4_227_858_442, 0xffff_ff01],
  largeCommunities: [[1, 2, 3]],
  leaseSec: 60,
  since: 1000,
  expiresAt: 61_000,
};

function fakeBroker(routes: readonly Origination[] = []) {
  const restored: Origination[] = [];
  return {
    restored,
    changed: () => {},
    list: () => [...routes],
    restore: (stored: readonly Origination[]) => void restored.push(...stored),
  };
}

t.test('what is stored comes back after a restart, with what is left of its lease', async (t) => {
  const file = new OriginationFile(join(t.testdir(), 'state'), 'n1 /run/x.sock');
  const before = new FakeClock();
  before.advance(31_000);
  await file.save([ROUTE], before);
  t.equal((await stat(file.path)).mode & 0o777, 0o600);
  const after = new FakeClock(); // the wall clock is where it was 31 s before, the lease 60 s long
  t.same(await file.load(after), [{ ...ROUTE, since: 0, expiresAt: 60_000 }]);
  after.advance(41_000);
  t.same(await file.load(after), [ROUTE]);
});

t.test('each daemon has a file of its own, and none is nothing', async (t) => {
  const directory = t.testdir();
  const file = new OriginationFile(directory, 'a');
  t.not(file.path, new OriginationFile(directory, 'b').path);
  t.same(await file.load(new FakeClock()), []);
});

t.test('a damaged file is told and left aside', async (t) => {
  const clock = new FakeClock();
  const file = new OriginationFile(t.testdir(), 'a');
  const texts = ['', 'null', '[]', '{"format":2}', '{"format":1}', '{"format":1,"routes":[{}]}'];
  const bad = { owner: 'x', prefix: 'no', communities: [], leaseSec: 60, since: 0, expiresAt: 0 };
  texts.push(JSON.stringify({ format: 1, routes: [bad] }));
  for (const text of texts) {
    await writeFile(file.path, text);
    const broker = fakeBroker();
    const warnings: object[] = [];
    const log = { ...silentLog, warn: (facts: object) => void warnings.push(facts) };
    const keeper = await keepOriginations(broker, file, { clock, log });
    t.same(broker.restored, [], text);
    t.match(warnings, [{ path: file.path }], text);
    await keeper.stop();
  }
});

t.test('changes are written a moment later, in one go, and at the end', async (t) => {
  const clock = new FakeClock();
  const file = new OriginationFile(t.testdir(), 'a');
  let saved = 0;
  const counting = {
    path: file.path,
    load: (...args: Parameters<typeof file.load>) => file.load(...args),
    save: (...args: Parameters<typeof file.save>) => {
      saved++;
      return file.save(...args);
    },
  };
  const broker = fakeBroker([ROUTE]);
  const keeper = await keepOriginations(broker, counting, { clock, log: silentLog });
  for (let i = 0; i < 100; i++) broker.changed();
  t.equal(saved, 0);
  clock.advance(1000);
  await Promise.resolve();
  t.equal(saved, 1);
  broker.changed();
  await keeper.stop();
  t.equal(saved, 2);
  t.equal(clock.pendingTimers, 0);
  t.match(await readFile(file.path, 'utf8'), '192.0.2.1/32');
  broker.changed();
  t.equal(clock.pendingTimers, 0);
});

t.test('a disk that takes nothing is told once, until it takes something again', async (t) => {
  const clock = new FakeClock();
  const warnings: object[] = [];
  const log = { ...silentLog, warn: (facts: object) => void warnings.push(facts) };
  let isFull = true;
  const file = {
    path: '/full',
    load: async () => [],
    save: async () => {
      if (isFull) throw new Error('ENOSPC');
    },
  };
  const broker = fakeBroker([ROUTE]);
  const keeper = await keepOriginations(broker, file, { clock, log });
  const write = async () => {
    broker.changed();
    clock.advance(1000);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  for (const full of [true, true, true, false, true, true]) {
    isFull = full;
    await write();
  }
  await keeper.stop();
  t.match(warnings, [{ reason: 'ENOSPC' }, { reason: 'ENOSPC' }]);
  t.equal(warnings.length, 2);
});
