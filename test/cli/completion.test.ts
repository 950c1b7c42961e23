import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { createApiServer } from '../../src/api/server.ts';
import { CATALOG } from '../../src/cli/catalog.ts';
import type { CommandIo } from '../../src/cli/command.ts';
import { Words } from '../../src/cli/complete.ts';
import { completeLine } from '../../src/cli/completion.ts';
import { runCommandLine } from '../../src/cli/main.ts';
import { bindApiSocket, closeServer } from '../../src/run/unix-socket.ts';
import { NEIGHBOR, stubContext } from '../support/stub-views.ts';

const NAMES = [NEIGHBOR.name, 'tor:a', 'tor:b'];

async function daemon(t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'catbird-complete-'));
  const context = stubContext();
  const neighbors = () => NAMES.map((name) => ({ ...NEIGHBOR, name }));
  const config = () => ({ brokerOwners: [{ name: 'metallb' }] });
  const views = { ...context.views, neighbors, config };
  const server = createApiServer({ ...context, views });
  await bindApiSocket(server, join(folder, 'catbird.sock'));
  t.teardown(async () => {
    await closeServer(server);
    await rm(folder, { recursive: true });
  });
  return join(folder, 'catbird.sock');
}

t.test('words, options and their values come from the command table', async (t) => {
  const cases: readonly [string, readonly string[]][] = [
    ['catbird exp', ['explain']],
    ['catbird show adj', ['adj-in', 'adj-out']],
    ['catbird sho b', ['blocks']],
    ['catbird show rib --fam', ['--family']],
    ['catbird show rib --family ', ['ipv4', 'ipv6']],
    ['catbird clear ', ['neighbor']],
    ['catbird clear neighbor x --soft ', ['in', 'out']],
    ['catbird run --kernel ', ['dry-run', 'ip', 'netlink']],
    ['catbird render -o ', ['json', 'yaml']],
    ['catbird show fib -o ', ['json', 'table']],
    ['catbird log-level i', ['info']],
    ['catbird originate ', ['add', 'list', 'remove']],
    ['catbird completion ', ['bash', 'zsh']],
    ['catbird nonsense ', []],
    ['catbird run --config ', []],
    ['catbird show fib more ', []],
  ];
  for (const [line, words] of cases) t.same(await completeLine(line, CATALOG, {}), words, line);
  const all = await completeLine('catbird ', CATALOG, {});
  for (const { name } of CATALOG) t.ok(all.includes(name), name);
});

t.test('whatever the words, those that begin so are found', async (t) => {
  const word = fc.string({
    unit: fc.constantFrom('a', 'b', '-', '1', 'B', ':'),
    minLength: 1,
    maxLength: 6,
  });
  fc.assert(
    fc.property(fc.uniqueArray(word, { maxLength: 12 }), word, (words, start) => {
      const expected = words.filter((each) => each.startsWith(start)).sort();
      t.same(new Words('word', words).startingWith(start), expected);
    }),
    { numRuns: 300, seed: 1 },
  );
});

t.test('names are those the daemon has', async (t) => {
  const env = { CATBIRD_API: await daemon(t) };
  const cases: readonly [string, readonly string[]][] = [
    ['catbird clear neighbor ', NAMES],
    ['catbird clear neighbor Mesh', [NEIGHBOR.name]],
    ['catbird show adj-in tor', ['tor:a', 'tor:b']],
    ['catbird show rib --neighbor tor:b', ['tor:b']],
    ['catbird originate remove ', ['192.0.2.1/32']],
    ['catbird originate remove 192.0.2.9/32 192', ['192.0.2.1/32']],
    ['catbird originate list --owner ', ['metallb']],
  ];
  for (const [line, words] of cases) t.same(await completeLine(line, CATALOG, env), words, line);
  const elsewhere = `catbird clear neighbor --api ${env.CATBIRD_API} `;
  t.same(await completeLine(elsewhere, CATALOG, {}), NAMES);
});

t.test('without a daemon there are no names, and no errors', async (t) => {
  const env = { CATBIRD_API: '/nonexistent/catbird.sock' };
  t.same(await completeLine('catbird clear neighbor ', CATALOG, env), []);
});

t.test('completion takes a shell it knows', async (t) => {
  let err = '';
  const io: CommandIo = {
    stdout: { write: () => {} },
    stderr: { write: (text) => (err += text) },
    stdin: (async function* () {})(),
    env: {},
    isTerminal: false,
  };
  for (const words of [[], ['fish'], ['bash', 'zsh'], ['words'], ['toString']]) {
    t.equal(await runCommandLine(['completion', ...words], io), 2, words.join(' '));
  }
  t.match(err, /usage: catbird completion bash\|zsh/);
});

const BIN = new URL('../../bin', import.meta.url).pathname;

/** Runs a script with our command on PATH; the server in this process must go on answering. */
function shell(name: string, args: string[], api: string): Promise<string> {
  const env = {
    ...process.env,
    PATH: `${BIN}:${process.env['PATH']}`,
    CATBIRD_API: api,
    CATBIRD_COMPLETION_TIMEOUT: '60',
  };
  return new Promise((resolve) => {
    const child = spawn(name, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.on('close', () => resolve(out.trim()));
  });
}

t.test('bash completes, also behind a colon', async (t) => {
  const api = await daemon(t);
  const script = `
    source <(catbird completion bash)
    try() { COMP_LINE="$1"; COMP_POINT=\${#1}; _catbird catbird; echo "\${COMPREPLY[*]}"; }
    try "catbird sta"; try "catbird clear neighbor "; try "catbird clear neighbor tor:"; try "catbird run --config "
    complete -p catbird`;
  const out = await shell('bash', ['--norc', '-c', script], api);
  t.same(out.split('\n'), [
    'status',
    NAMES.join(' '),
    'a b',
    '',
    'complete -o default -F _catbird catbird',
  ]);
});

t.test('zsh completes', { skip: !existsSync('/usr/bin/zsh') && 'zsh is not here' }, async (t) => {
  const api = await daemon(t);
  const script = `
    autoload -Uz compinit; compinit -u -D
    source <(catbird completion zsh)
    echo "$_comps[catbird]"
    compadd() { shift 2; eval "echo \\"\\\${candidates[*]}\\""; }
    _files() { echo files; }
    try() { words=("$@"); CURRENT=$#words; PREFIX="\${words[-1]}"; _catbird; }
    try catbird sta; try catbird clear neighbor tor; try catbird run --config ""`;
  const out = await shell('zsh', ['-f', '-c', script], api);
  t.same(out.split('\n'), ['_catbird', 'status', 'tor:a tor:b', 'files']);
});
