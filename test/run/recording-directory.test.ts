import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { RecordingDirectory } from '../../src/run/recording-directory.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

function* octets(text: string) {
  yield Buffer.from(text);
}

t.test('files are bounded in number and size, the oldest go, others stay', async (t) => {
  const directory = join(t.testdir(), 'recordings');
  let now = AT;
  const store = new RecordingDirectory({ directory, files: 3, bytes: 100 }, () => now);
  await store.write('a', octets('x'));
  writeFileSync(join(directory, 'mine.mrt'), 'kept');
  writeFileSync(join(directory, 'catbird-20200101T000000000Z-a.mrt.part'), 'left over');
  for (let i = 1; i < 6; i++) {
    now += 1000;
    await store.write(`n${i}`, octets('x'));
  }
  t.same(readdirSync(directory).sort(), [
    'catbird-20260102T030408006Z-n3.mrt',
    'catbird-20260102T030409006Z-n4.mrt',
    'catbird-20260102T030410006Z-n5.mrt',
    'mine.mrt',
  ]);
  now += 1000;
  await store.write('large', octets('y'.repeat(99)));
  t.same(readdirSync(directory).filter((name) => name !== 'mine.mrt').length, 2);
});

t.test(
  'a file is named for its time and label, whatever is in it, and is its owner’s',
  async (t) => {
    const directory = join(t.testdir(), 'recordings');
    const store = new RecordingDirectory({ directory, files: 9, bytes: 1000 }, () => AT);
    const first = await store.write('../../etc/passwd', octets('one'));
    const second = store.writeNow('../../etc/passwd', octets('two'));
    t.equal(first, join(directory, 'catbird-20260102T030405006Z-.._.._etc_passwd.mrt'));
    t.equal(second, join(directory, 'catbird-20260102T030405006Z-1-.._.._etc_passwd.mrt'));
    t.equal(readFileSync(second, 'utf8'), 'two');
    t.equal(statSync(first).mode & 0o777, 0o600);
    t.equal(statSync(directory).mode & 0o777, 0o700);
  },
);

t.test('what cannot be written is told, and leaves nothing', async (t) => {
  const directory = join(t.testdir({ file: '' }), 'file', 'below');
  const store = new RecordingDirectory({ directory, files: 9, bytes: 1000 }, () => AT);
  await t.rejects(store.write('x', octets('')), { code: 'ENOTDIR' });
  t.throws(() => store.writeNow('x', octets('')), { code: 'ENOTDIR' });
});
