/**
 * The lab: plays scenes with real kernels, BIRD and GoBGP, and tells what happens.
 *
 *   npm run lab                      all scenes
 *   npm run lab -- 1 3               some of them
 *   npm run lab -- --table FILE      another MRT file for the full table, `generated` to make one
 *   npm run lab -- --control 1 2     BIRD in Catbird's place: the claims must hold for it as well
 *
 * Exit code 0 only when every claim of every scene held.
 */
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { catbirdReflector } from './scenes/catbird-reflector.ts';
import { fullMesh } from './scenes/full-mesh.ts';
import { fullTable, recordedTable } from './scenes/full-table.ts';
import { noLoss } from './scenes/no-loss.ts';
import { reflectorOffCluster } from './scenes/reflector-off-cluster.ts';
import { restart } from './scenes/restart.ts';
import type { Scene } from './scenes/scene.ts';
import { birdNode } from './support/bird.ts';
import { catbird } from './support/catbird.ts';
import { Laboratory } from './support/laboratory.ts';
import { TerminalNarrator } from './support/narrator.ts';
import type { NodeProgram } from './support/node-program.ts';
import { obstacleTo } from './support/requirements.ts';

const SCENES: readonly Scene[] = [
  reflectorOffCluster,
  fullMesh,
  catbirdReflector,
  fullTable,
  restart,
  noLoss,
];

interface Options {
  readonly numbers: readonly number[];
  readonly program: NodeProgram;
  readonly tableFile: string | undefined;
}

function parseOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { table: { type: 'string' }, control: { type: 'boolean', default: false } },
  });
  const numbers = positionals.length > 0 ? positionals.map(Number) : SCENES.map((_, i) => i + 1);
  const unknown = positionals.find((_, i) => !SCENES[numbers[i]! - 1]);
  if (unknown !== undefined) {
    throw new Error(`there is no scene '${unknown}'; scenes are 1 to ${SCENES.length}`);
  }
  return { numbers, program: values.control ? birdNode : catbird, tableFile: table(values.table) };
}

function table(option: string | undefined): string | undefined {
  if (option === 'generated') return undefined;
  if (option !== undefined && !existsSync(option)) throw new Error(`there is no file ${option}`);
  return option ?? recordedTable();
}

/** Plays one scene; true when all its claims held. */
async function play(number: number, { program, tableFile }: Options): Promise<boolean> {
  const scene = SCENES[number - 1]!;
  console.log(`\n━━━ Scene ${number}: ${scene.title}`);
  const obstacle = obstacleTo(scene.needs, program);
  if (obstacle) {
    console.log(`  not played: ${obstacle}`);
    return false;
  }
  const startedAt = performance.now();
  const lab = new Laboratory(new TerminalNarrator());
  try {
    await scene.play({ lab, program, tableFile });
    console.log(`\n  scene ${number} holds, ${seconds(startedAt)}`);
    return true;
  } catch (error) {
    console.log(`\n  FAILED  ${(error as Error).message}\n${lab.logs()}`);
    return false;
  } finally {
    lab.dispose();
  }
}

function seconds(startedAt: number): string {
  return `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
}

async function main(args: string[]): Promise<number> {
  const options = parseOptions(args);
  const startedAt = performance.now();
  const failed: number[] = [];
  for (const number of options.numbers) if (!(await play(number, options))) failed.push(number);
  const verdict = failed.length > 0 ? `failed: scene ${failed.join(', ')}` : 'every claim holds';
  console.log(`\n━━━ ${verdict} (${seconds(startedAt)})`);
  return failed.length > 0 ? 1 : 0;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => process.exit(130)); // the exit handler of laboratory.ts cleans up
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`lab: ${(error as Error).message}`);
  process.exitCode = 2;
}
