/**
 * The architecture as a test: who may import whom, which npm packages and which doors to the outside
 * (clock, sockets, files, environment) stay behind which walls.
 *
 * Type-only imports are free: a folder may name what it is handed without depending on it.
 */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import t from 'tap';
import { readSources, type SourceFile } from './support/source-imports.ts';

const ROOT = new URL('../', import.meta.url);
const sources = readSources(new URL('src', ROOT).pathname);

/** Folder → folders whose values it may import, itself apart. `main`, `index` are files. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  net: [],
  'bgp/wire': ['net'],
  'bgp/session': ['bgp/wire', 'net', 'runtime'],
  policy: ['bgp/wire', 'net'],
  rib: ['policy', 'bgp/wire', 'net'],
  fib: ['net', 'runtime'],
  bfd: ['net', 'runtime'],
  datastore: ['net', 'runtime'],
  config: ['net'],
  'config-templates': ['config', 'net'],
  telemetry: [],
  runtime: [],
  api: ['telemetry'],
  mrt: ['bgp/wire', 'net'],
  bmp: ['bgp/wire', 'net', 'runtime'],
  recorder: ['mrt', 'bgp/wire', 'net'],
  'bird-control': ['net'],
  web: ['net'],
  glass: [],
  cli: ['net'],
};

/** The composition: may import everything but the command line. */
const COMPOSITION: readonly string[] = ['daemon', 'run', 'replay', 'main', 'index'];

/** npm package → the folders or files it may be imported in. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'ip-num': ['net/text.ts'],
  zod: ['datastore', 'config'],
  yaml: ['datastore', 'config', 'run/render-once.ts', 'run/template-tools.ts'],
  '@grpc/grpc-js': ['datastore/etcd/grpc-connection.ts'],
  liquidjs: ['config-templates'],
  pino: ['telemetry'],
  'pino-pretty': ['telemetry'],
  'prom-client': ['telemetry'],
  koffi: ['runtime/native.ts'],
  'radix-trie-js': ['cli/complete.ts'],
};

/** Doors to the outside: modules and globals that make a result depend on more than its arguments. */
const DOORS: readonly string[] = [
  'node:net',
  'node:dgram',
  'node:fs',
  'node:fs/promises',
  'node:child_process',
  'Date.now',
  'performance.now',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'Math.random',
  'process.env',
];

/** Where doors are open. `run` is the part of `main` that opens sources and sockets. */
const OUTSIDE: readonly RegExp[] = [
  /^runtime\//,
  /^datastore\//,
  /^fib\/[a-z-]+-kernel\.ts$/,
  /^cli\//,
  /^run\//,
  /^glass\//, // runs in the browser, where its clock and timers are
  /^main\.ts$/,
];

interface Exception {
  readonly file: string;
  /** A folder, or a door. */
  readonly uses: string;
  readonly reason: string;
}

/** What differs from the tables above, and why. An entry nobody needs any more fails the test. */
const EXCEPTIONS: readonly Exception[] = [
  exception('api/routes.ts', 'net', 'CatbirdError, the one error users see, lives in net'),
  exception('api/originate.ts', 'net', 'CatbirdError, the one error users see, lives in net'),
  exception('api/server.ts', 'net', 'CatbirdError, the one error users see, lives in net'),
  exception('api/route-filter.ts', 'net', 'filters name prefixes, and CatbirdError lives in net'),
  exception('runtime/inherited-sockets.ts', 'net', 'addresses of sockets are compared'),
  exception('runtime/tcp-connection.ts', 'net', 'the system names addresses as text'),
  exception('runtime/tcp-transport.ts', 'net', 'the system names addresses as text'),
  exception('runtime/udp-transport.ts', 'net', 'the system names addresses as text'),
  exception(
    'runtime/router-discovery.ts',
    'net',
    'the system names addresses as octets, to be told apart',
  ),
  exception('cli/commands/run.ts', 'main', 'the command that starts the composition root'),
  exception('cli/commands/run.ts', 'run', 'reads the options of the composition root'),
  exception('cli/commands/check.ts', 'run', 'reads the file exactly as the daemon will'),
  exception('cli/commands/render.ts', 'run', 'renders exactly as the daemon will'),
  exception('cli/commands/replay.ts', 'replay', 'plays recordings as the daemon would'),
  exception('cli/commands/replay.ts', 'run', 'reads the file exactly as the daemon will'),
  exception('cli/commands/replay.ts', 'mrt', 'reading recordings is the command'),
  exception('cli/commands/plan.ts', 'run', 'reads and renders exactly as the daemon will'),
  exception('cli/commands/template.ts', 'run', 'renders exactly as the daemon will'),
  exception('cli/commands/decode.ts', 'bgp/wire', 'decoding messages is the command'),
  exception(
    'fib/netlink-channel.ts',
    'setImmediate',
    'a long kernel dump yields to the event loop',
  ),
  exception(
    'fib/netlink-channel.ts',
    'performance.now',
    'a long kernel dump yields in time slices',
  ),
  exception(
    'config-templates/load.ts',
    'node:fs',
    'the shipped templates are files beside the code',
  ),
  exception('telemetry/log.ts', 'process.env', 'NO_COLOR belongs to the terminal written to'),
];

function exception(file: string, uses: string, reason: string): Exception {
  return { file, uses, reason };
}

function folderOf(path: string): string {
  const parts = path.split('/');
  if (parts.length === 1) return path.replace(/\.ts$/, '');
  return parts[0] === 'bgp' ? `bgp/${parts[1]}` : parts[0]!;
}

function isWithin(path: string, places: readonly string[]): boolean {
  return places.some((place) => path === place || path.startsWith(`${place}/`));
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  return specifier.startsWith('@') ? parts.slice(0, 2).join('/') : parts[0]!;
}

function valueImports(source: SourceFile): string[] {
  return source.imports.filter(({ isTypeOnly }) => !isTypeOnly).map(({ specifier }) => specifier);
}

const isRelative = (specifier: string) => specifier.startsWith('.');
const isBuiltin = (specifier: string) => specifier.startsWith('node:');

/** The folders of our own that a file imports values from, without its own. */
function importedFolders(source: SourceFile): string[] {
  const own = folderOf(source.path);
  const targets = valueImports(source)
    .filter(isRelative)
    .map((specifier) => folderOf(posix.join(posix.dirname(source.path), specifier)));
  return [...new Set(targets)].filter((folder) => folder !== own);
}

function mayImport(from: string, to: string): boolean {
  if (COMPOSITION.includes(from)) return to !== 'cli';
  return ARROWS[from]?.includes(to) ?? false;
}

const used = new Set<Exception>();

function isExcepted(file: string, uses: string): boolean {
  const exception = EXCEPTIONS.find((entry) => entry.file === file && entry.uses === uses);
  if (exception) used.add(exception);
  return exception !== undefined;
}

/** `file: what` for every use of a file that `isFault` finds, exceptions apart. */
function faults(
  usesOf: (source: SourceFile) => readonly string[],
  isFault: (source: SourceFile, use: string) => boolean,
): string[] {
  return sources.flatMap((source) =>
    usesOf(source)
      .filter((use) => isFault(source, use) && !isExcepted(source.path, use))
      .map((use) => `${source.path}: ${use}`),
  );
}

t.test('values are imported only along the arrows between folders', async (t) => {
  const wrong = faults(importedFolders, ({ path }, to) => !mayImport(folderOf(path), to));
  t.strictSame(wrong, []);
});

t.test('every npm package stays in the folders it is fenced in', async (t) => {
  const packages = (source: SourceFile) =>
    source.imports
      .map(({ specifier }) => specifier)
      .filter((specifier) => !isRelative(specifier) && !isBuiltin(specifier))
      .map(packageOf);
  t.strictSame(
    faults(packages, ({ path }, name) => !isWithin(path, PACKAGES[name] ?? [])),
    [],
  );
});

t.test('every runtime dependency is imported somewhere', async (t) => {
  const { dependencies } = JSON.parse(readFileSync(new URL('package.json', ROOT), 'utf8'));
  const imported = new Set(sources.flatMap(valueImports).map(packageOf));
  t.strictSame(
    Object.keys(dependencies).filter((name) => !imported.has(name)),
    [],
  );
});

t.test('clock, sockets, files and environment are touched only at the outside', async (t) => {
  const doors = (source: SourceFile) => [
    ...valueImports(source).filter((specifier) => DOORS.includes(specifier)),
    ...[...source.names].filter((name) => DOORS.includes(name)),
  ];
  t.strictSame(
    faults(doors, ({ path }) => !OUTSIDE.some((place) => place.test(path))),
    [],
  );
});

t.test('built-in modules are imported with node:, our own with .ts', async (t) => {
  const specifiers = (source: SourceFile) => source.imports.map(({ specifier }) => specifier);
  const wrong = faults(specifiers, (_, specifier) =>
    isRelative(specifier) ? !specifier.endsWith('.ts') : isBareBuiltin(specifier),
  );
  t.strictSame(wrong, []);
});

t.test('files are named in kebab-case after one noun, and none is a drawer', async (t) => {
  const isWrong = ({ path }: SourceFile) =>
    !/^([a-z0-9]+(-[a-z0-9]+)*\/)*[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(path) ||
    /(^|\/)(utils?|helpers?|common|misc)\.ts$/.test(path);
  t.strictSame(
    sources.filter(isWrong).map(({ path }) => path),
    [],
  );
});

t.test('index.ts is the only file that re-exports', async (t) => {
  const barrels = sources.filter(({ isBarrel }) => isBarrel).map(({ path }) => path);
  t.strictSame(
    barrels.filter((path) => path !== 'index.ts'),
    [],
  );
});

t.test('every file opens with a comment that says why it exists', async (t) => {
  const bare = sources.filter(({ text }) => !text.startsWith('/*') && !text.startsWith('//'));
  t.strictSame(
    bare.map(({ path }) => path),
    [],
  );
});

t.test('docs/architecture.md has a word on every folder', async (t) => {
  const text = readFileSync(new URL('docs/architecture.md', ROOT), 'utf8');
  const folders = new Set(sources.map(({ path }) => folderOf(path)));
  t.strictSame(
    [...folders].filter((folder) => !text.includes(`\`${folder}`)),
    [],
  );
});

t.test('every exception is still needed', async (t) => {
  t.strictSame(
    EXCEPTIONS.filter((entry) => !used.has(entry)),
    [],
  );
});

function isBareBuiltin(specifier: string): boolean {
  return ['fs', 'net', 'path', 'os', 'util', 'http', 'child_process', 'module', 'url'].includes(
    specifier.split('/')[0]!,
  );
}
