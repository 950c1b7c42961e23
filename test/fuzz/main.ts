/**
 * `npm run fuzz -- [--seconds 60] [--seed N] [--runs N] [--target NAME] [--save]`
 *
 * Gives every target its share of the time. Run number i of a target uses the seed plus i, so that each
 * find names the one seed that shows it again with `--runs 1`. `--save` keeps finds as fixtures, which
 * `npm test` replays.
 */
import { parseArgs } from 'node:util';
import { saveFind, textOf } from './corpus.ts';
import { type Find, inputOf, runSeed, signatureOf } from './runner.ts';
import type { FuzzTarget } from './target.ts';
import { TARGETS } from './targets.ts';
import { Watchdog } from './watchdog.ts';

interface Plan {
  readonly seed: number;
  /** Per target. */
  readonly milliseconds: number;
  readonly runs: number;
  readonly hasSave: boolean;
}

interface Outcome {
  runs: number;
  slowestMs: number;
  slowestSeed: number;
  readonly finds: Map<string, Find>;
}

async function fuzz(target: FuzzTarget, plan: Plan, watchdog: Watchdog): Promise<Outcome> {
  const outcome: Outcome = { runs: 0, slowestMs: 0, slowestSeed: 0, finds: new Map() };
  const end = performance.now() + plan.milliseconds;
  for (; outcome.runs < plan.runs; outcome.runs++) {
    const before = performance.now();
    if (before >= end) break;
    const seed = (plan.seed + outcome.runs) >>> 0;
    watchdog.begin(target.name, seed);
    const find = await runSeed(target, seed);
    const elapsedMs = performance.now() - before;
    if (find) note(find, plan, outcome);
    else if (elapsedMs > outcome.slowestMs) {
      outcome.slowestMs = elapsedMs;
      outcome.slowestSeed = seed;
    }
  }
  watchdog.end();
  return outcome;
}

function note(find: Find, { hasSave }: Plan, { finds }: Outcome): void {
  const signature = signatureOf(find.error);
  if (finds.has(signature)) return;
  finds.set(signature, find);
  const { target, seed, input, error } = find;
  console.log(`\n${target.name}: ${error.stack ?? error.message}`);
  console.log(textOf(target, input));
  console.log(`again: npm run fuzz -- --target ${target.name} --seed ${seed} --runs 1`);
  if (hasSave) console.log(`saved: ${saveFind(find)}`);
}

function planOf(
  values: Readonly<Record<string, string | boolean | undefined>>,
  targets: number,
): Plan {
  const number = (name: string, otherwise: number): number => {
    const value = Number(values[name] ?? otherwise);
    if (!(value >= 0)) throw new Error(`--${name} ${values[name]} is no number`);
    return value;
  };
  const runs = number('runs', Number.POSITIVE_INFINITY);
  const hasRuns = values['runs'] !== undefined && values['seconds'] === undefined;
  const seconds = hasRuns ? Number.POSITIVE_INFINITY : number('seconds', 60);
  const seed = number('seed', Date.now() % 1_000_000_000);
  return { seed, runs, milliseconds: (seconds * 1000) / targets, hasSave: values['save'] === true };
}

async function main(): Promise<number> {
  const text = { type: 'string' } as const;
  const options = {
    seconds: text,
    seed: text,
    runs: text,
    target: text,
    save: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ options });
  const targets = TARGETS.filter(({ name }) => name === (values.target ?? name));
  if (targets.length === 0) {
    throw new Error(
      `no target ${values.target}; there are ${TARGETS.map(({ name }) => name).join(', ')}`,
    );
  }
  const plan = planOf(values, targets.length);
  const watchdog = new Watchdog();
  let finds = 0;
  console.log(`seed ${plan.seed}`);
  for (const target of targets) {
    const startedAt = performance.now();
    const outcome = await fuzz(target, plan, watchdog);
    const perSecond = Math.round((outcome.runs * 1000) / (performance.now() - startedAt));
    const slowest = `slowest ${outcome.slowestMs.toFixed(0)} ms (seed ${outcome.slowestSeed})`;
    const size = inputOf(target, outcome.slowestSeed).length;
    console.log(
      `${target.name.padEnd(14)} ${String(outcome.runs).padStart(9)} runs, ${perSecond}/s, ${slowest}, ${size} octets, ${outcome.finds.size} finds`,
    );
    finds += outcome.finds.size;
  }
  watchdog.stop();
  return finds === 0 ? 0 : 1;
}

process.exitCode = await main();
