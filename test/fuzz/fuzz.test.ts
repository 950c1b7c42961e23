/**
 * Fuzzing as part of the tests: all finds of old, then every target over the same seeds each time. Longer
 * campaigns: `npm run fuzz`.
 */
import t from 'tap';
import { readCorpus, textOf } from './corpus.ts';
import { failureOf, runSeed } from './runner.ts';
import { TARGETS } from './targets.ts';

const SEED = 20_260_101;
/** About two seconds each on a slow machine. */
const RUNS: Readonly<Record<string, number>> = {
  framer: 8000,
  open: 10_000,
  update: 6000,
  notification: 20_000,
  'route-refresh': 20_000,
  session: 3000,
  rib: 500,
  value: 15_000,
  selector: 15_000,
  datastore: 400,
  render: 200,
  config: 800,
  netlink: 10_000,
};

for (const { file, why, target, input } of readCorpus()) {
  t.test(`fixture ${file}: ${why}`, async (t) => {
    const error = await failureOf(target, input);
    t.equal(error?.stack, undefined);
  });
}

for (const target of TARGETS) {
  t.test(`target ${target.name}`, async (t) => {
    for (let seed = SEED; seed < SEED + RUNS[target.name]!; seed++) {
      const find = await runSeed(target, seed);
      if (!find) continue;
      t.fail(`seed ${seed}: ${find.error.stack}\n${textOf(target, find.input)}`);
      return;
    }
    t.pass(`${RUNS[target.name]} runs`);
  });
}
