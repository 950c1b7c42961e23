/** Pages of code that go after the start: only views of a file, of the program and its libraries. */
import t from 'tap';
import { cleanMappings, giveBackCodePages } from '../../src/runtime/code-pages.ts';

const PROGRAM = '/usr/bin/node';

/** A section of smaps. */
function section(header: string, fields: Readonly<Record<string, number>>): string {
  const lines = Object.entries({ Rss: 64, ...fields });
  return [header, ...lines.map(([name, kib]) => `${name}:   ${kib} kB`), 'VmFlags: rd mr'].join(
    '\n',
  );
}

function found(header: string, fields: Readonly<Record<string, number>> = {}) {
  const others = section('7fff0000-7fff1000 rw-p 00000000 00:00 0    [stack]', { Anonymous: 4 });
  return cleanMappings(`${section(header, fields)}\n${others}\n`, PROGRAM);
}

t.test('code and constants of the program and its libraries are found', async (t) => {
  const expected = [{ from: 0x400000n, sizeBytes: 0x3000, residentKiB: 64 }];
  t.same(found('00400000-00403000 r-xp 00001000 fe:00 123   /usr/bin/node'), expected);
  t.same(found('00400000-00403000 r--p 00001000 fe:00 123   /usr/bin/node'), expected);
  t.same(found('00400000-00403000 r-xp 00001000 fe:00 123   /lib/libc.so.6'), expected);
  t.same(found('00400000-00403000 r-xp 00001000 fe:00 123   /opt/a b/koffi.node'), expected);
});

t.test('what holds a page of its own, can be written, or is no code stays', async (t) => {
  const code = '00400000-00403000 r-xp 00001000 fe:00 123   /usr/bin/node';
  for (const field of ['Anonymous', 'Private_Dirty', 'Swap'])
    t.same(found(code, { [field]: 4 }), []);
  t.same(found('00400000-00403000 rw-p 00001000 fe:00 123   /usr/bin/node'), []);
  t.same(found('00400000-00403000 rwxp 00001000 fe:00 123   /usr/bin/node'), []);
  t.same(found('00400000-00403000 r-xs 00001000 fe:00 123   /usr/bin/node'), []);
  t.same(found('00400000-00403000 r-xp 00000000 00:00 0 '), []);
  t.same(found('00400000-00403000 r--p 00001000 fe:00 123   /usr/lib/locale/C.utf8/LC_CTYPE'), []);
});

t.test('this process goes on without them', { skip: process.platform !== 'linux' }, async (t) => {
  t.ok((await giveBackCodePages()) > 1024);
  t.ok(/^[a-z]+$/.test('alive'));
  t.same(JSON.parse(JSON.stringify({ a: [1, 2.5, 'x'] })), { a: [1, 2.5, 'x'] });
});
