/** One trial: one speaker, one scenario, from an empty network to the generator's report. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Laboratory } from '../lab/support/laboratory.ts';
import { SILENT } from '../lab/support/narrator.ts';
import { inside, run } from '../lab/support/shell.ts';
import { eventually } from '../lab/support/wait.ts';
import type { LoadOrder, LoadReport } from './load/main.ts';
import { LIMITS } from './programs/catalog.ts';
import type { Program, Role } from './programs/program.ts';
import { Speaker } from './programs/speaker.ts';
import {
  IPV6_SEGMENT_LENGTH,
  type Scenario,
  SEGMENT_LENGTH,
  type Sizes,
} from './scenario/scenario.ts';

const GENERATOR = fileURLToPath(new URL('./load/main.ts', import.meta.url));
const START_SEC = 60;
const LOG_LINES = 8;
/** Port 179 in state LISTEN, as /proc/net/tcp writes it. */
const LISTENING = /:00B3 \S+ 0A /;

export interface Trial {
  readonly scenario: Scenario;
  readonly sizes: Sizes;
  readonly program: Program;
  readonly deadlineSec: number;
  /** Time the speaker gets between its first listening and the first session, for its configuration. */
  readonly graceMs: number;
}

/**
 * Runs a trial and removes all of it.
 *
 * @throws Error when the speaker does not start, or does not do what is expected of it
 */
export async function runTrial(trial: Trial): Promise<LoadReport> {
  const { scenario, sizes, program } = trial;
  const lab = new Laboratory(SILENT);
  const logFile = lab.path('speaker.log');
  let speaker: Speaker | undefined;
  try {
    const wanted = scenario.role(sizes);
    const isLimit = LIMITS.has(program.name);
    const role: Role = isLimit ? { ...wanted, kind: 'relay' } : wanted;
    const [speakerAt, generatorAt] = connect(lab, role, scenario.hasSmallBuffers);
    const folder = lab.folder(program.name);
    const argv = program.prepare(role, folder);
    if (!scenario.startsCold) speaker = await start(speakerAt, argv, logFile, trial.graceMs);
    return await generate(generatorAt, {
      scenario: scenario.name,
      sizes,
      role,
      speakerAt,
      speaker: speaker ? { pid: speaker.pid } : { launch: { namespace: speakerAt, argv, logFile } },
      folder,
      loopDelayFile: program.loopDelayFile?.(folder),
      deadlineSec: trial.deadlineSec,
    });
  } catch (cause) {
    const log = logTail(logFile, LOG_LINES);
    throw new Error(`${(cause as Error).message}${log ? `\n${log}` : ''}`, { cause });
  } finally {
    await speaker?.stop(); // in its own way: profiles are written then
    lab.dispose();
  }
}

async function start(
  namespace: string,
  argv: readonly string[],
  logFile: string,
  graceMs: number,
): Promise<Speaker> {
  const speaker = new Speaker(namespace, argv, logFile);
  try {
    await listening(speaker);
    await delay(graceMs);
    return speaker;
  } catch (error) {
    await speaker.stop();
    throw error;
  }
}

/** The end of a log; empty when there is none. */
function logTail(file: string, lines: number): string {
  if (!existsSync(file)) return '';
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
}

/**
 * Lays the segment: the speaker on one side, all addresses of the generator on the other. Both know each other's
 * link addresses, so that no scenario times ARP and a thousand neighbours fit the kernel's table.
 */
function connect(
  lab: Laboratory,
  role: Role,
  hasSmallBuffers = false,
): [speakerAt: string, generatorAt: string] {
  const [first, ...others] = role.neighbors.map(({ routerId }) => `${routerId}/${SEGMENT_LENGTH}`);
  const speakerAt = lab.network.addHost('speaker', `${role.routerId}/${SEGMENT_LENGTH}`);
  const generatorAt = lab.network.addHost('generator', first!);
  const extra = role.family === 'ipv6-unicast' ? role.neighbors.map(ipv6Of) : [];
  batch(generatorAt, [...others, ...extra].map(addAddress));
  if (extra.length > 0) batch(speakerAt, [addAddress(ipv6Of(role))]);
  const entry = (mac: string) => (address: string) =>
    `neigh replace ${address} lladdr ${mac} dev eth0 nud permanent`;
  const addresses = role.neighbors.flatMap((each) => [each.routerId, each.address]);
  batch(speakerAt, [...new Set(addresses)].map(entry(linkAddress(lab, generatorAt))));
  batch(generatorAt, [role.routerId, role.address].map(entry(linkAddress(lab, speakerAt))));
  if (hasSmallBuffers) for (const host of [speakerAt, generatorAt]) limitBuffers(lab, host);
  if (role.resolvesAll) {
    lab.run(speakerAt, ['ip', 'route', 'add', 'default', 'via', role.neighbors[0]!.address]);
  }
  return [speakerAt, generatorAt];
}

/** Without duplicate address detection: the address counts at once. */
function ipv6Of({ address }: { readonly address: string }): string {
  return `${address}/${IPV6_SEGMENT_LENGTH} nodad`;
}

function addAddress(cidr: string): string {
  return `address add ${cidr} dev eth0`;
}

function batch(namespace: string, commands: readonly string[]): void {
  run(['ip', '-n', namespace, '-batch', '-'], `${commands.join('\n')}\n`);
}

/** A socket of the namespace takes at most 64 KiB each way: a client that does not read is felt soon. */
function limitBuffers(lab: Laboratory, namespace: string): void {
  const limits = ['tcp_rmem', 'tcp_wmem'].map(
    (key) => `echo 4096 16384 65536 > /proc/sys/net/ipv4/${key}`,
  );
  lab.run(namespace, ['sh', '-c', limits.join(' && ')]);
}

function linkAddress(lab: Laboratory, namespace: string): string {
  const text = lab.run(namespace, ['cat', '/sys/class/net/eth0/address']);
  return text.trim();
}

async function listening(speaker: Speaker): Promise<void> {
  await eventually('the speaker listens', START_SEC, () => {
    if (!speaker.isRunning) throw new Error('it has ended');
    const sockets = ['tcp', 'tcp6'].map((kind) =>
      readFileSync(`/proc/${speaker.pid}/net/${kind}`, 'utf8'),
    );
    if (!sockets.some((text) => LISTENING.test(text))) throw new Error('not yet');
  });
}

/** Starts the generator and waits for its report. */
function generate(namespace: string, order: LoadOrder): Promise<LoadReport> {
  const argv = [process.execPath, ...process.execArgv, GENERATOR, JSON.stringify(order)];
  const [command, ...args] = inside(namespace, argv);
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('close', (status) => {
      if (status === 0) resolve(JSON.parse(output) as LoadReport);
      else reject(new Error(errors.trim() || `the generator ended with ${status}`));
    });
  });
}
