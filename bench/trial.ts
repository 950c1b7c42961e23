/** One trial: one speaker, one scenario, from an empty network to the generator's report. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Laboratory } from '../lab/support/laboratory.ts';
import type { Narrator } from '../lab/support/narrator.ts';
import { inside, run } from '../lab/support/shell.ts';
import { eventually } from '../lab/support/wait.ts';
import type { LoadOrder, LoadReport } from './load/main.ts';
import type { Program, Role } from './programs/program.ts';
import { Speaker } from './programs/speaker.ts';
import { type Scenario, SEGMENT_LENGTH, type Sizes } from './scenario/scenario.ts';

const GENERATOR = fileURLToPath(new URL('./load/main.ts', import.meta.url));
const START_SEC = 60;
const LOG_LINES = 8;
/** Port 179 in state LISTEN, as /proc/net/tcp writes it. */
const LISTENING = /:00B3 \S+ 0A /;

const SILENT: Narrator = {
  say: () => undefined,
  command: () => undefined,
  holds: () => undefined,
};

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
  let speaker: Speaker | undefined;
  try {
    const wanted = scenario.role(sizes);
    const role: Role = program.name === 'relay' ? { ...wanted, kind: 'relay' } : wanted;
    const [speakerAt, generatorAt] = connect(lab, role);
    const argv = program.prepare(role, lab.folder(program.name));
    speaker = new Speaker(speakerAt, argv, lab.path('speaker.log'));
    await listening(speaker);
    await delay(trial.graceMs);
    return await generate(generatorAt, {
      scenario: scenario.name,
      sizes,
      role,
      pid: speaker.pid,
      deadlineSec: trial.deadlineSec,
    });
  } catch (cause) {
    const log = speaker?.logTail(LOG_LINES);
    throw new Error(`${(cause as Error).message}${log ? `\n${log}` : ''}`, { cause });
  } finally {
    await speaker?.stop(); // in its own way: profiles are written then
    lab.dispose();
  }
}

/** Lays the segment: the speaker on one side, all addresses of the generator on the other. */
function connect(lab: Laboratory, role: Role): [speakerAt: string, generatorAt: string] {
  const [first, ...others] = role.neighbors;
  const cidr = (address: string) => `${address}/${SEGMENT_LENGTH}`;
  const speakerAt = lab.network.addHost('speaker', cidr(role.address));
  const generatorAt = lab.network.addHost('generator', cidr(first!.address));
  const addresses = others.map(({ address }) => `address add ${cidr(address)} dev eth0`);
  run(['ip', '-n', generatorAt, '-batch', '-'], `${addresses.join('\n')}\n`);
  if (role.resolvesAll) {
    lab.run(speakerAt, ['ip', 'route', 'add', 'default', 'via', first!.address]);
  }
  return [speakerAt, generatorAt];
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
