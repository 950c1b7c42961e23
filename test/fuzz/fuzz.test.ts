/**
 * Fuzzing as part of the tests: all finds of old, then thirty seconds over all targets, from one seed. Longer
 * campaigns: `npm run fuzz`.
 */
import t, { type Test } from 'tap';
import { readCorpus, textOf } from './corpus.ts';
import { failureOf, runSeed } from './runner.ts';
import type { FuzzTarget } from './target.ts';
import { TARGETS } from './targets.ts';

const SEED = 20_260_101;
const SECONDS = 30;
/** However slow the machine is. */
const RUNS_AT_LEAST = 100;

for (const { file, why, target, input } of readCorpus()) {
  t.test(`fixture ${file}: ${why}`, async (t) => {
    const error = await failureOf(target, input);
    t.equal(error?.stack, undefined);
  });
}

for (const target of TARGETS) {
  t.test(`target ${target.name}`, (t) => fuzz(t, target, (SECONDS * 1000) / TARGETS.length));
}

/** The inputs are the same each time; how many of them there is time for differs. */
async function fuzz(t: Test, target: FuzzTarget, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  for (let runs = 0; ; runs++) {
    if (runs >= RUNS_AT_LEAST && performance.now() >= end) {
      t.pass(`seeds ${SEED} to ${SEED + runs - 1}`);
      return;
    }
    const find = await runSeed(target, SEED + runs);
    if (find === undefined) continue;
    t.fail(`seed ${find.seed}: ${find.error.stack}\n${textOf(target, find.input)}`);
    return;
  }
}
