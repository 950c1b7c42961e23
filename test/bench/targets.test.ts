/** The verdicts on what a run came to. */
import t from 'tap';
import type { Outcome } from '../../bench/report.ts';
import { formatTable } from '../../bench/report.ts';
import { formatVerdicts, judge } from '../../bench/targets.ts';

function outcome(program: string, wallSec: number, peakMemoryMiB: number): Outcome {
  const phase = {
    name: 'all have all',
    wallSec,
    wallRangeSec: [wallSec, wallSec],
    cpuSec: wallSec,
    loopDelayMs: program === 'catbird' ? 12 : undefined,
    figures: {},
  } as const;
  return { program, phases: [phase], peakMemoryMiB };
}

const OUTCOMES = [outcome('catbird', 0.2, 100), outcome('bird', 1, 10), outcome('relay', 0.1, 40)];
const RESULTS = [{ scenario: 'fan-out', outcomes: OUTCOMES }];

t.test('a target holds, is missed, or cannot be told', async (t) => {
  t.strictSame(formatVerdicts(judge(RESULTS)).split('\n'), [
    '  pass  fan-out         all have all / bird: 0.20, at most 0.3',
    '  –     fan-out         all have all, fastest / frr: not measured, at most 1',
    '  pass  fan-out         all have all / relay: 2.00, at most 4',
    '  MISS  fan-out         peak MiB: 100.00, at most 96',
    '  pass  fan-out         event loop, ms late at p99.9: 12.00, at most 50',
  ]);
});

t.test('the best peer is neither Catbird nor a limit', async (t) => {
  const [, catbird] = formatTable(RESULTS).split('\n');
  t.match(catbird, /catbird +all have all +0\.200 +0\.20–0\.20 +0\.20 +0\.20/);
});
