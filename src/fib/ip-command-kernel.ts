/**
 * The kernel through the `ip` command: for machines where koffi cannot load. Slower, but the same rules.
 *
 * `ip -batch` takes one route per line and says on stderr which lines failed and why; `ip monitor` tells
 * that something changed, our own changes included, hence every change is an overrun.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { CatbirdError } from '../net/error.ts';
import { formatAddress, formatPrefix } from '../net/text.ts';
import { noPrivilege } from './errno.ts';
import { addressesOf, linkOf, parseListing, routeOf } from './ip-json.ts';
import {
  type InterfaceAddress,
  type Kernel,
  type KernelChange,
  type KernelLink,
  type KernelNextHop,
  matchesFilter,
  type RouteBatch,
  type RouteError,
  type RouteFilter,
  type RouteOperation,
  type RouteVisitor,
} from './kernel.ts';

/** The command's words for an error, and the errno behind them. */
const ERRORS: readonly (readonly [RegExp, string])[] = [
  [/Operation not permitted/, 'EPERM'],
  [/File exists/, 'EEXIST'],
  [/No such process/, 'ESRCH'],
  [/Cannot find device/, 'ENODEV'],
  [/invalid gateway|Network is unreachable/, 'ENETUNREACH'],
  [/No route to host/, 'EHOSTUNREACH'],
  [/Network is down|Nexthop device is not up|Device for nexthop is not up/, 'ENETDOWN'],
  [/No buffer space/, 'ENOBUFS'],
];
const READ_ATTEMPTS = 5;
/** A monitor that died is started again after this long. */
const MONITOR_RESTART_MS = 1000;

/** Live kernel through iproute2, in the network namespace of the process. */
export class IpCommandKernel implements Kernel {
  #tail: Promise<unknown> = Promise.resolve();
  readonly #monitors = new Set<() => void>();

  async apply(batch: RouteBatch): Promise<RouteError[]> {
    if (batch.operations.length === 0) return [];
    const lines = batch.operations.map((operation) => lineOf(batch, operation));
    const turn = this.#tail.then(() => runIp(['-force', '-batch', '-'], `${lines.join('\n')}\n`));
    this.#tail = turn.catch(() => undefined); // the caller of `turn` hears of it
    return errorsOf((await turn).stderr);
  }

  async scanRoutes(filter: RouteFilter, visitor: RouteVisitor): Promise<void> {
    const family = filter.family === 'ipv4-unicast' ? '-4' : '-6';
    // No filter of the command's own: it leaves out of the listing what it filters by.
    const command = [family, '-j', '-N', '-d', 'route', 'show', 'table', 'all'];
    const text = await readIp(command);
    visitor.restart();
    for (const entry of parseListing(text)) {
      const route = routeOf(entry, filter.family);
      if (route && matchesFilter(filter, route.table, route.protocol)) visitor.route(route);
    }
  }

  async dumpAddresses(): Promise<InterfaceAddress[]> {
    return parseListing(await readIp(['-j', 'addr'])).flatMap(addressesOf);
  }

  async dumpLinks(): Promise<KernelLink[]> {
    return parseListing(await readIp(['-j', 'link'])).map(linkOf);
  }

  watch(onChange: (change: KernelChange) => void): () => void {
    const stop = monitor(() => onChange({ kind: 'overrun' }));
    const unwatch = () => {
      stop();
      this.#monitors.delete(unwatch);
    };
    this.#monitors.add(unwatch);
    return unwatch;
  }

  async close(): Promise<void> {
    for (const unwatch of [...this.#monitors]) unwatch();
    await this.#tail;
  }
}

/** Next hops must come last. */
function lineOf(
  { table, protocol }: RouteBatch,
  { action, prefix, target }: RouteOperation,
): string {
  const verb = action === 'delete' ? 'del' : action;
  const words = ['route', verb, target.type, formatPrefix(prefix), 'table', table];
  words.push('proto', protocol);
  if (target.metric > 0) words.push('metric', target.metric);
  if (action === 'delete') return words.join(' ');
  const [first, ...others] = target.nextHops;
  if (first && others.length === 0) words.push(...hopWords(first, prefix.address.length));
  else {
    for (const hop of target.nextHops) {
      words.push('nexthop', ...hopWords(hop, prefix.address.length), 'weight', hop.weight ?? 1);
    }
  }
  return words.join(' ');
}

function hopWords({ via, dev, onlink }: KernelNextHop, size: number): string[] {
  const words: string[] = [];
  if (via) words.push('via');
  if (via && via.length !== size) words.push('inet6');
  if (via) words.push(formatAddress(via));
  if (dev !== undefined) words.push('dev', dev);
  if (onlink) words.push('onlink');
  return words;
}

/** Complaints, each followed by `Command failed -:LINE`. */
function errorsOf(stderr: string): RouteError[] {
  const errors: RouteError[] = [];
  let reason = '';
  for (const line of stderr.split('\n')) {
    const failed = /^Command failed -:(\d+)/.exec(line);
    if (!failed) {
      reason = line.replace(/^(RTNETLINK answers|Error): /, '') || reason;
      continue;
    }
    const errno = ERRORS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'EINVAL';
    if (errno === 'EPERM') throw noPrivilege();
    errors.push({ index: Number(failed[1]) - 1, errno, reason });
  }
  return errors;
}

async function readIp(command: readonly string[]): Promise<string> {
  for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
    const { stdout, stderr, code } = await runIp(command, '');
    if (/interrupted/i.test(stderr)) continue;
    if (code === 0) return stdout;
    throw ipError(`ip ${command.join(' ')}: ${stderr.trim()}`);
  }
  throw new CatbirdError(
    'CATBIRD_KERNEL_BUSY',
    'kernel tables change faster than ip can read them',
  );
}

function runIp(
  command: readonly string[],
  input: string,
): Promise<{ stdout: string; stderr: string; code: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn('ip', command, { stdio: 'pipe', env: { ...process.env, LC_ALL: 'C' } });
    const stdout = collect(child.stdout);
    const stderr = collect(child.stderr);
    child.on('error', (error) => reject(ipError(`cannot run ip: ${error.message}`, error)));
    child.on('close', (code) => resolve({ stdout: stdout(), stderr: stderr(), code: code ?? -1 }));
    child.stdin.on('error', () => undefined); // the command ended early: its exit code tells
    child.stdin.end(input);
  });
}

function collect(stream: NodeJS.ReadableStream): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}

function ipError(message: string, cause?: unknown): CatbirdError {
  return new CatbirdError('CATBIRD_IP_COMMAND_FAILED', message, { cause });
}

/** Keeps `ip monitor` running until stopped. */
function monitor(onOutput: () => void): () => void {
  let child: ChildProcess | undefined;
  let restart: NodeJS.Timeout | undefined;
  const start = () => {
    const started = spawn('ip', ['-o', 'monitor', 'link', 'address', 'route'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    child = started;
    started.stdout.on('data', onOutput);
    started.on('spawn', onOutput); // whatever happened before it listened
    started.on('error', () => undefined); // followed by close
    started.on('close', () => {
      restart = setTimeout(start, MONITOR_RESTART_MS).unref();
    });
    started.unref();
  };
  start();
  return () => {
    clearTimeout(restart);
    child?.removeAllListeners('close');
    child?.kill();
  };
}
