import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createApiServer } from '../../src/api/server.ts';
import type { CommandIo } from '../../src/cli/command.ts';
import { runCommandLine } from '../../src/cli/main.ts';
import { bindApiSocket, closeServer } from '../../src/run/unix-socket.ts';
import { EXPLANATION, NEIGHBOR, STATUS, stubContext } from '../support/stub-views.ts';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function run(words: string[], env: Record<string, string> = {}): Promise<Outcome> {
  let out = '';
  let err = '';
  const io: CommandIo = {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {})(),
    env,
    isTerminal: false,
  };
  return { code: await runCommandLine(words, io), out, err };
}

async function withDaemon(t: Test, routes = 2): Promise<{ api: string; record: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-api-'));
  const api = join(folder, 'catbird.sock');
  const record: string[] = [];
  const server = createApiServer(stubContext(routes, record));
  await bindApiSocket(server, api);
  t.teardown(async () => {
    await closeServer(server);
    await rm(folder, { recursive: true });
  });
  return { api, record };
}

t.test('show neighbors prints a table with state and counters', async (t) => {
  const { api } = await withDaemon(t);
  const { code, out } = await run(['show', 'neighbors', '--api', api]);
  t.equal(code, 0);
  const [titles, row] = out.split('\n');
  t.match(titles, /^NEIGHBOR +ADDRESS +AS +STATE/);
  t.match(row, /^Mesh_10_0_0_2 +10\.0\.0\.2 +64512 +Established +1h02m +3 +2 +1 +-$/);
});

t.test('show neighbors -o json is the view as it stands', async (t) => {
  const { api } = await withDaemon(t);
  const { out } = await run(['show', 'neighbors', '-o', 'json'], { CATBIRD_API: api });
  t.same(JSON.parse(out), [NEIGHBOR]);
});

t.test('show rib -o json prints one object per line, however many there are', async (t) => {
  const { api } = await withDaemon(t, 2000);
  const { out } = await run(['show', 'rib', '-o', 'json', '--api', api]);
  const lines = out.trimEnd().split('\n');
  t.equal(lines.length, 2000);
  t.equal(JSON.parse(lines[1999]!).prefix, '10.7.207.0/24');
});

t.test('show rib prints titles once and aligned rows', async (t) => {
  const { api } = await withDaemon(t, 600);
  const { out } = await run(['show', 'rib', '--api', api]);
  const lines = out.trimEnd().split('\n');
  t.equal(lines.length, 601);
  t.equal(lines.filter((line) => line.includes('PREFIX')).length, 1);
});

t.test('the other views print', async (t) => {
  const { api } = await withDaemon(t);
  for (const words of [['fib'], ['blocks'], ['config'], ['version'], ['neighbor', NEIGHBOR.name]]) {
    const { code, out } = await run(['show', ...words, '--api', api]);
    t.equal(code, 0, words.join(' '));
    t.match(out, /10\.0|64512/, words.join(' '));
  }
  t.match((await run(['show', 'fib', '--api', api])).out, /via 10\.0\.0\.2 dev eth0/);
});

t.test('an unknown neighbor is exit code 1 with a sentence', async (t) => {
  const { api } = await withDaemon(t);
  const { code, err } = await run(['show', 'adj-in', 'nobody', '--api', api]);
  t.equal(code, 1);
  t.match(err, /^catbird: there is no neighbor of that name/);
});

t.test('no daemon is exit code 3, wrong words are exit code 2', async (t) => {
  const unreachable = await run(['show', 'neighbors', '--api', '/nonexistent/catbird.sock']);
  t.equal(unreachable.code, 3);
  t.match(unreachable.err, /no daemon answers on \/nonexistent\/catbird\.sock/);
  t.equal((await run(['show', 'nothing'])).code, 2);
  t.equal((await run(['show', 'neighbors', '--wrong'])).code, 2);
  t.equal((await run(['fly'])).code, 2);
  t.equal((await run(['clear', 'neighbor', 'a', '--soft', 'up'])).code, 2);
  t.equal((await run(['clear', 'neighbor', 'a', '--soft', 'in', '--message', 'x'])).code, 2);
  t.equal((await run(['enable', 'neighbor', 'a', '--soft', 'in'])).code, 2);
  t.equal((await run([])).code, 2);
  t.equal((await run(['show', '--help'])).code, 0);
});

t.test('words may be shortened while they are unambiguous', async (t) => {
  const { api } = await withDaemon(t);
  t.equal((await run(['sho', 'neighbors', '--api', api])).code, 0);
  t.equal((await run(['show', 'bl', '--api', api])).code, 0);
  const ambiguous = await run(['sh', 'neighbors']);
  t.equal(ambiguous.code, 2);
  t.match(ambiguous.err, /'sh' may be show or shutdown/);
});

t.test('administrative commands reach the daemon with their text', async (t) => {
  const { api, record } = await withDaemon(t);
  t.equal(
    (await run(['clear', 'neighbor', NEIGHBOR.name, '--message', 'hi', '--api', api])).code,
    0,
  );
  t.equal((await run(['clear', 'neighbor', NEIGHBOR.name, '--soft', 'in', '--api', api])).code, 0);
  t.equal((await run(['shutdown', 'neighbor', NEIGHBOR.name, '--api', api])).code, 0);
  t.equal((await run(['enable', 'neighbor', 'nobody', '--api', api])).code, 1);
  t.equal((await run(['log-level', 'debug', '--api', api])).code, 0);
  t.same(record, [
    `clear ${NEIGHBOR.name} hi`,
    `soft ${NEIGHBOR.name} in`,
    `shutdown ${NEIGHBOR.name}`,
    'enable nobody',
    'log-level debug',
  ]);
});

t.test('a second daemon on the same socket is refused, a stale socket is replaced', async (t) => {
  const { api } = await withDaemon(t);
  const second = createApiServer(stubContext());
  await t.rejects(bindApiSocket(second, api), { code: 'CATBIRD_API_BUSY' });
  t.equal((await stat(api)).mode & 0o777, 0o660);
});

t.test('drain and stop --withdraw follow the drain to its end', async (t) => {
  const { api, record } = await withDaemon(t);
  const drained = await run(['drain', '--wait', '5', '--message', 'new kernel', '--api', api]);
  t.same(drained, { code: 0, out: 'drained: 0 sessions, 0 routes announced\n', err: '' });
  t.equal((await run(['stop', '--withdraw', '--api', api])).code, 0);
  t.equal((await run(['stop', '--api', api])).code, 0);
  t.equal((await run(['drain', '--abort', '--api', api])).code, 0);
  t.equal((await run(['drain', '--detach', '--api', api])).out, '');
  t.same(record, ['drain 5 new kernel', 'drain 0 stop', 'stop', 'abort-drain', 'drain 30']);
  const { out } = await run(['drain', '--status', '-o', 'json', '--api', api]);
  t.match(JSON.parse(out), { phase: 'drained', sessions: 0, routes: 0 });
});

t.test('drain and stop refuse what makes no sense', async (t) => {
  const { api, record } = await withDaemon(t);
  t.match(await run(['drain', '--wait', 'long', '--api', api]), { code: 2, err: /--wait/ });
  t.match(await run(['drain', '--wait', '999999', '--api', api]), { code: 1, err: /waitSec/ });
  t.match(await run(['stop', '--wait', '5', '--api', api]), { code: 2, err: /--withdraw/ });
  t.same(record, []);
});

t.test(
  'apply has the configuration read again; with --force it releases what is held',
  async (t) => {
    const { api, record } = await withDaemon(t);
    t.equal((await run(['apply', '--api', api])).code, 0);
    const forced = await run(['apply', '--force', '--api', api]);
    t.match(forced, { code: 1, err: /no configuration is held/ });
    t.same(record, ['apply false', 'apply true']);
  },
);

t.test('diff tells what is not in force, and ends with 1', async (t) => {
  const { api } = await withDaemon(t);
  const { code, out } = await run(['diff', '--api', api]);
  t.equal(code, 1);
  t.match(out, /held since .*all 2 peers; in 9 s it is applied; catbird apply --force/);
  t.match(
    out,
    /fault: BGPPeer.x: no\nwaits for a restart: fib.table 254 -> 100\nleaving: old 10.0.0.9/,
  );
  const json = await run(['diff', '-o', 'json', '--api', api]);
  t.match(JSON.parse(json.out), { isInForce: false, needsRestart: [{ key: 'fib.table' }] });
  t.equal((await run(['diff', '-o', 'xml', '--api', api])).code, 2);
});

t.test('explain marks the first "no" and puts neighbors of one fate together', async (t) => {
  const { api } = await withDaemon(t);
  const { code, out } = await run(['explain', '10.0.1.0/24', '--api', api]);
  t.equal(code, 0);
  const lines = out.split('\n');
  t.equal(lines[0], '10.0.1.0/24: no: export (b): rejected by rule 1 of policy p');
  t.match(lines[2], /^ +STAGE +ANSWER +NEIGHBOR +OBJECT +WHY$/);
  t.match(lines[4], /^ +export +yes +a +- +it is announced$/);
  t.match(lines[5], /^> +export +no +b +BGPFilter\/f +it is policy$/);
  t.match(out, /lately:\n {2}a withdrew it 3 s ago\n$/);
});

t.test('explain -o json is the story as it stands, of the neighbor asked for', async (t) => {
  const { api } = await withDaemon(t);
  const { out } = await run(['explain', '10.0.1.9', '-o', 'json', '--api', api]);
  t.same(JSON.parse(out), { ...EXPLANATION, query: '10.0.1.9' });
  const nobody = await run(['explain', '10.0.1.9', '--neighbor', 'nobody', '--api', api]);
  t.equal(nobody.code, 1);
  t.match(nobody.err, /there is no neighbor of that name/);
  t.equal((await run(['explain', '--api', api])).code, 2);
});

t.test('show rib takes filters, and says where they do not belong', async (t) => {
  const { api } = await withDaemon(t, 600);
  const prefixesOf = async (...words: string[]) => {
    const { out } = await run(['show', 'rib', ...words, '-o', 'json', '--api', api]);
    return out
      .trimEnd()
      .split('\n')
      .map((line) => (line === '' ? '' : JSON.parse(line).prefix));
  };
  t.same(await prefixesOf('10.0.7.0/24', '--longer'), ['10.0.7.0/24']);
  t.equal((await prefixesOf('10.1.0.0/16', '--longer', '--best', '--family', 'ipv4')).length, 256);
  t.same(await prefixesOf('--neighbor', 'Mesh_*', '--community', '1:*'), ['']);
  t.same(await prefixesOf('--as-path', '^64514'), ['']);
  for (const words of [
    ['neighbors', '--best'],
    ['rib', '--longer'],
    ['adj-in', 'x', '--longer'],
  ]) {
    t.equal((await run(['show', ...words, '--api', api])).code, 2, words.join(' '));
  }
  const { code, err } = await run(['show', 'rib', '--family', 'vpn', '--api', api]);
  t.same([code, err], [1, "catbird: --family takes ipv4 or ipv6, not 'vpn'\n"]);
});

t.test('columns of a long listing never become narrower', async (t) => {
  const { api } = await withDaemon(t, 1200);
  const { out } = await run(['show', 'rib', '--api', api]);
  const at = out
    .trimEnd()
    .split('\n')
    .map((line) => line.indexOf('Mesh_'));
  t.ok(at.slice(1).every((column, i) => i === 0 || column >= at[i]!));
});

t.test('status tells each thing amiss; --why-not-ready says no with its exit code', async (t) => {
  const { api } = await withDaemon(t);
  const plain = await run(['status', '--api', api]);
  t.equal(plain.code, 0);
  t.match(plain.out, /^not-ready\nnode a, AS 64512.* up 1m15s; 1 of 2 sessions Established\n/);
  t.match(plain.out, /wrong-as +BGPPeer\/b +b is Idle: Bad Peer AS\n$/);
  const asked = await run(['status', '--why-not-ready', '--api', api]);
  t.equal(asked.code, 1);
  t.match(asked.out, /^not ready: 1 of 2 sessions are Established, 2 needed; b is Idle\n/);
  const json = await run(['status', '-o', 'json', '--api', api]);
  t.same(JSON.parse(json.out), STATUS);
});

t.test('record table writes the file whole, for its owner alone', async (t) => {
  const { api } = await withDaemon(t);
  const file = join(t.testdir(), 'table.mrt');
  const { code, out } = await run(['record', 'table', file, '--view', 'best', '--api', api]);
  t.match({ code, out }, { code: 0, out: `${file}: 11 octets` });
  t.equal(await readFile(file, 'utf8'), 'best octets');
  t.equal((await stat(file)).mode & 0o777, 0o600);
});

t.test('record save writes here, or has the daemon write there', async (t) => {
  const { api } = await withDaemon(t);
  const file = join(t.testdir(), 'messages.mrt');
  t.match(await run(['record', 'save', file, '--api', api]), { code: 0, out: `${file}: 8 octets` });
  t.equal(await readFile(file, 'utf8'), 'messages');
  const there = await run(['record', 'save', '--api', api]);
  t.match(there, { code: 0, out: '/somewhere/catbird.mrt\n' });
});

t.test('record leaves nothing behind where it cannot write, and says what it takes', async (t) => {
  const { api } = await withDaemon(t);
  const folder = t.testdir();
  const missing = await run(['record', 'table', join(folder, 'no', 'file'), '--api', api]);
  t.match(missing, { code: 1, err: /was not written/ });
  t.match(await run(['record', 'table']), { code: 2, err: /FILE/ });
  t.match(await run(['record', 'table', 'x', '--view', 'bes', '--api', `${api}.no`]), { code: 3 });
});
