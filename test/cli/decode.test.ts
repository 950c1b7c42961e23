/** `catbird decode`: inputs it takes, JSON it prints, exit codes. */
import t from 'tap';
import { decode } from '../../src/cli/commands/decode.ts';

const MARKER = 'ff'.repeat(16);
const KEEPALIVE = `${MARKER}001304`;
/** 10.1.0.0/16 by 192.0.2.1, path 65001 in two octets, LOCAL_PREF 100. */
const UPDATE = `${MARKER}0033 02 0000 0019 40010100 4002040201fde9 400304c0000201 40050400000064 100a01`;

async function run(args: string[], input: readonly string[] = []) {
  let stdout = '';
  async function* chunks() {
    yield* input;
  }
  const io = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: () => undefined },
    stdin: chunks(),
  };
  const code = await decode(args, io);
  const lines = stdout.split('\n').slice(0, -1);
  return { code, views: lines.map((line) => JSON.parse(line)) };
}

t.test('a message with its marker', async (t) => {
  t.same(await run([KEEPALIVE]), { code: 0, views: [{ type: 'KEEPALIVE' }] });
});

t.test('without marker: length, type, body', async (t) => {
  t.same((await run(['001304'])).views, [{ type: 'KEEPALIVE' }]);
  t.same((await run([UPDATE.slice(32)])).views, (await run([UPDATE])).views);
  t.same((await run(['001304001304'])).views.length, 2);
});

t.test('blanks, colons, upper case and 0x are tolerated', async (t) => {
  const colons = KEEPALIVE.toUpperCase().match(/../g)!.join(':');
  t.same((await run([colons])).views, [{ type: 'KEEPALIVE' }]);
  t.same((await run([`0x${KEEPALIVE.slice(0, 8)} ${KEEPALIVE.slice(8)}\n`])).views.length, 1);
});

t.test('an UPDATE', async (t) => {
  const { code, views } = await run([UPDATE]);
  t.equal(code, 0);
  t.same(views, [
    {
      type: 'UPDATE',
      withdrawn: [],
      announced: [{ prefix: '10.1.0.0/16', nextHop: '192.0.2.1' }],
      attributes: { origin: 'igp', asPath: '65001', nextHop: '192.0.2.1', localPref: 100 },
    },
  ]);
});

t.test('several messages in one word and several words', async (t) => {
  const { views } = await run([KEEPALIVE + UPDATE + KEEPALIVE, KEEPALIVE]);
  const types = views.map(({ type }) => type);
  t.same(types, ['KEEPALIVE', 'UPDATE', 'KEEPALIVE', 'KEEPALIVE']);
});

t.test('standard input: one message per line, any chunking', async (t) => {
  const text = `${KEEPALIVE}\r\n\n${UPDATE}\n${KEEPALIVE}`;
  const { code, views } = await run(['-'], text.match(/[\s\S]{1,7}/g)!);
  t.equal(code, 0);
  t.same(
    views.map(({ type }) => type),
    ['KEEPALIVE', 'UPDATE', 'KEEPALIVE'],
  );
});

t.test('a faulty line does not stop the next', async (t) => {
  const { code, views } = await run(['-'], [`zz\n${MARKER}001204\n${KEEPALIVE}\n`]);
  t.equal(code, 1);
  t.match(views, [
    { error: { code: 1 } },
    { error: { code: 1, subcode: 2 } },
    { type: 'KEEPALIVE' },
  ]);
});

t.test('faults in the shape of the surface', async (t) => {
  const update = (attributes: string) => {
    const octets = attributes.replace(/ /g, '');
    const size = octets.length / 2;
    const word = (value: number) => value.toString(16).padStart(4, '0');
    return `${MARKER}${word(26 + size)}020000${word(size)}${octets}100a01`;
  };
  const sound = '40010100 4002040201fde9 400304c0000201';
  const rows: [string, string, number, number, string][] = [
    ['marker', `${'ff'.repeat(15)}fe001304`, 1, 1, 'session-reset'],
    ['zero marker', `${'00'.repeat(16)}001304`, 1, 1, 'session-reset'],
    ['length', `${MARKER}001204`, 1, 2, 'session-reset'],
    ['length without marker', '001204', 1, 2, 'session-reset'],
    ['type', `${MARKER}001309`, 1, 3, 'session-reset'],
    ['cut short', KEEPALIVE.slice(0, 30), 1, 2, 'session-reset'],
    ['body cut short', UPDATE.replace(/ /g, '').slice(0, 60), 1, 2, 'session-reset'],
    ['OPEN version', '001d01 03fde9005ac000020100', 2, 1, 'session-reset'],
    ['OPEN hold time', '001d01 04fde90001c000020100', 2, 6, 'session-reset'],
    ['ROUTE-REFRESH length', `${MARKER}001405 00`, 7, 1, 'session-reset'],
    ['ORIGIN', update(sound.replace('40010100', '40010107')), 3, 6, 'treat-as-withdraw'],
    ['ATOMIC_AGGREGATE', update(`${sound} 40060100`), 3, 5, 'attribute-discard'],
    ['attribute length', `${MARKER}0017020000ffff`, 3, 1, 'session-reset'],
  ];
  for (const [name, hex, code, subcode, action] of rows) {
    const result = await run([hex]);
    t.equal(result.code, 1, name);
    t.match(result.views.at(-1), { error: { code, subcode, action, reason: String } }, name);
  }
});

t.test('what a fault leaves of an UPDATE is shown', async (t) => {
  const bad = UPDATE.replace('40010100', '40010107');
  t.match((await run([bad])).views[0], { withdrawn: [{ prefix: '10.1.0.0/16' }], announced: [] });
});

t.test('--as4, --add-path and --extended', async (t) => {
  const as4 = '002e02 0000 0014 40010100 4002060201 00010000 400304c0000201 100a01'.replace(
    / /g,
    '',
  );
  t.match((await run(['--as4', as4])).views[0], {
    attributes: { asPath: '65536' },
  });
  const addPath = '001e02 0007 00000001 100a01 0000'.replace(/ /g, '');
  t.same((await run(['--add-path', addPath])).views[0]?.withdrawn, [
    { prefix: '10.1.0.0/16', pathId: 1 },
  ]);
  const long = `${MARKER}101702 1000 ${'00'.repeat(4096)} 0000`;
  t.match((await run([long])).views[0], { error: { code: 1, subcode: 2 } });
  t.equal((await run(['--extended', long])).views[0]?.withdrawn.length, 4096);
});

t.test('-o json is the only output', async (t) => {
  t.equal((await run(['-o', 'json', KEEPALIVE])).code, 0);
  await t.rejects(run(['-o', 'table', KEEPALIVE]), /JSON only/);
});

t.test('words that are not hex are wrong usage', async (t) => {
  await t.rejects(run(['hello']), /not hex/);
  await t.rejects(run(['fff']), /not hex/);
  await t.rejects(run(['--nonsense']), { code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' });
});
