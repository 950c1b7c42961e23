/**
 * The bench: speakers as black boxes in network namespaces, one after the other, under the same load.
 *
 *   npm run bench                                     all scenarios, all speakers that are installed
 *   npm run bench -- table fan-out --peers catbird,bird --repeat 5
 *   npm run bench -- table --prefixes 10000 --json result.json
 *   npm run bench -- scaling --peers catbird,bird --svg plot.svg
 *
 * Exit code 0 only when every trial ended with every route where it belongs.
 */
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { LoadReport } from './load/main.ts';
import { machine } from './machine.ts';
import { type Options, parseOptions } from './options.ts';
import { drawPlots } from './plot.ts';
import { isPresent } from './programs/catalog.ts';
import type { Program } from './programs/program.ts';
import { formatTable, type Outcome, type Result, summarize } from './report.ts';
import { scalingPlots, scalingSteps } from './scaling.ts';
import type { Scenario, Sizes } from './scenario/scenario.ts';
import { formatVerdicts, judge, type Verdict } from './targets.ts';
import { runTrial } from './trial.ts';

/** BIRD turns connections away in its first second. */
const GRACE_MS = 1500;
const DIST = fileURLToPath(new URL('../dist', import.meta.url));

async function main(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (!existsSync(DIST)) throw new Error('dist/ is missing: run npm run build');
  const programs = options.programs.filter(isPresent);
  const absent = options.programs.filter((program) => !programs.includes(program));
  const where = machine(programs);
  console.log(where.text);
  for (const { name } of absent) console.log(`not installed: ${name}`);
  const { results, verdicts } = options.isScaling
    ? await playScaling(programs, options)
    : await playScenarios(programs, options);
  const document = { ...where.facts, repeat: options.repeat, results, verdicts };
  if (options.json) writeFileSync(options.json, `${JSON.stringify(document, null, 2)}\n`);
  return results.some(({ outcomes }) => outcomes.some(({ failure }) => failure)) ? 1 : 0;
}

interface Played {
  readonly results: readonly Result[];
  readonly verdicts: readonly Verdict[];
}

async function playScenarios(programs: readonly Program[], options: Options): Promise<Played> {
  const results = [];
  for (const scenario of options.scenarios) {
    const sizes = options.sizesOf(scenario);
    const chosen = programs.filter((program) => isMeantFor(scenario, program));
    const outcomes = await playAll(scenario, sizes, chosen, options);
    console.log(
      `\n${scenario.name}: ${scenario.title(sizes)}\n${formatTable([{ scenario: '', outcomes }])}`,
    );
    results.push({ scenario: scenario.name, sizes, outcomes });
  }
  if (results.length > 1) console.log(`\nall scenarios\n${formatTable(results)}`);
  const verdicts = judge(results);
  console.log(`\ntargets (at the default sizes)\n${formatVerdicts(verdicts)}`);
  return { results, verdicts };
}

/** A speaker that failed at one size is still tried at the others. */
async function playScaling(programs: readonly Program[], options: Options): Promise<Played> {
  const steps = scalingSteps(options);
  const results: Result[] = [];
  for (const { scenario, sizes, at } of steps) {
    const chosen = programs.filter((program) => isMeantFor(scenario, program));
    const outcomes = await playAll(scenario, sizes, chosen, options);
    results.push({ scenario: `${scenario.name} ${at}`, outcomes });
  }
  console.log(`\nscaling\n${formatTable(results)}`);
  if (options.svg) writeFileSync(options.svg, drawPlots(scalingPlots(steps, results)));
  return { results, verdicts: [] };
}

/** The kernel's limit stands only beside speakers that fill it. */
function isMeantFor({ programs }: Scenario, { name }: Program): boolean {
  return programs ? programs.includes(name) : name !== 'kernel';
}

async function playAll(
  scenario: Scenario,
  sizes: Sizes,
  programs: readonly Program[],
  { repeat, deadlineSec }: Options,
): Promise<Outcome[]> {
  const reports = new Map<Program, LoadReport[]>(programs.map((program) => [program, []]));
  const failures = new Map<Program, string>();
  for (let round = 0; round < repeat; round++) {
    for (const program of programs) {
      if (failures.has(program)) continue;
      console.error(`· ${scenario.name} ${round + 1}/${repeat} ${program.name}`);
      try {
        const trial = { scenario, sizes, program, deadlineSec, graceMs: GRACE_MS };
        reports.get(program)!.push(await runTrial(trial));
      } catch (error) {
        failures.set(program, (error as Error).message);
      }
    }
  }
  return programs.map((program) =>
    summarize(program.name, reports.get(program)!, failures.get(program)),
  );
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`npm run bench: ${(error as Error).message}`);
  process.exitCode = 1;
}
