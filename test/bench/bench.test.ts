/** The bench at tiny sizes against Catbird alone: every scenario ends with its books in order. */
import t from 'tap';
import type { LoadReport } from '../../bench/load/main.ts';
import { pieces } from '../../bench/micro/pieces.ts';
import { parseOptions } from '../../bench/options.ts';
import { drawPlots } from '../../bench/plot.ts';
import { catbird } from '../../bench/programs/catbird.ts';
import { scalingSteps } from '../../bench/scaling.ts';
import { SCENARIOS, scenarioNamed } from '../../bench/scenario/catalog.ts';
import { runTrial } from '../../bench/trial.ts';
import { catbird as catbirdNode } from '../../lab/support/catbird.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';

t.jobs = 5; // a trial spends most of its time on processes that start

const obstacle = obstacleTo([], catbirdNode);

interface Trial {
  readonly sizes: string;
  readonly phases: readonly string[];
}

const TABLE = {
  sizes: '--prefixes 600 --attribute-sets 30',
  phases: ['announce', 'withdraw half', 'announce half'],
};
const FLAPS = ['all have all', 'clients down', 'clients up'];
const FAN_OUT = { sizes: '--clients 4 --per-client 3 --flapping 2', phases: FLAPS };
const COLD = { sizes: '--clients 4 --per-client 3', phases: ['all have all'] };

const TRIALS: Readonly<Record<string, Trial>> = {
  table: TABLE,
  'fan-out': FAN_OUT,
  reflector: {
    sizes: '--clients 3 --per-client 40 --attribute-sets 4',
    phases: ['all have all'],
  },
  'cold-start': COLD,
  'cold-start-500': COLD,
  sessions: { sizes: '--clients 8', phases: ['establish', 'all have all'] },
  fib: { sizes: '--per-client 200 --attribute-sets 5', phases: ['in', 'out'] },
  'fib-mesh': { sizes: '--clients 4 --per-client 3', phases: ['in', 'out'] },
  churn: {
    sizes: '--clients 3 --prefixes 60 --rate 100 --seconds 1',
    phases: ['all have all', 'churn'],
  },
  'slow-peer': {
    sizes: '--clients 4 --per-client 20 --attribute-sets 4',
    phases: ['all have all', 'changes', 'changes, two slow', 'the slow catch up'],
  },
  'v6-fan-out': FAN_OUT,
  'v6-table': TABLE,
  idle: {
    sizes: '--clients 3 --per-client 2 --seconds 1',
    phases: ['in', 'rest', 'rest, watched'],
  },
  'add-path': { sizes: '--clients 6 --per-client 3', phases: ['all have all'] },
  policy: TABLE,
  'lateness-table': { sizes: TABLE.sizes, phases: ['announce', 'policy'] },
  'lateness-fib': { sizes: '--per-client 200 --attribute-sets 5', phases: ['in'] },
};

function play(name: string): Promise<LoadReport> {
  const scenario = scenarioNamed(name);
  const sizes = parseOptions(TRIALS[name]!.sizes.split(' ')).sizesOf(scenario);
  return runTrial({ scenario, sizes, program: catbird, deadlineSec: 20, graceMs: 0 });
}

const options = { skip: obstacle ?? false, buffered: true };

for (const [name, { phases }] of Object.entries(TRIALS)) {
  t.test(`${name} ends with every route in place`, options, async (t) => {
    const report = await play(name);
    t.strictSame(
      report.phases.map((phase) => phase.name),
      phases,
    );
    t.ok(report.peakMemoryMiB > 0, 'the memory of the speaker was read');
    t.ok(report.phases[0]!.loopDelay, 'the delay of its event loop was measured');
  });
}

t.test('every scenario is tried', async (t) => {
  t.strictSame(
    SCENARIOS.map(({ name }) => name),
    Object.keys(TRIALS),
  );
});

t.test('scaling stays within the sizes given', async (t) => {
  const options = parseOptions(['scaling', '--prefixes', '10000', '--clients', '30']);
  const steps = scalingSteps(options).map(({ scenario, at }) => `${scenario.name} ${at}`);
  t.strictSame(steps, ['table 1000', 'table 10000', 'fan-out 10', 'fan-out 30']);
});

t.test('a plot has a line for each series on powers of ten', async (t) => {
  const points = [
    [1000, 0.2],
    [10_000, 2],
  ] as const;
  const svg = drawPlots([{ title: 'a', unit: 'prefixes', series: [{ name: 'bird', points }] }]);
  t.equal(svg.match(/<polyline/g)?.length, 1);
  t.match(svg, /points="52\.0,208\.1 344\.0,102\.1"/);
  t.match(svg, />10k</);
});

t.test('every piece of the micro benches can be run', async (t) => {
  for (const { name, run } of pieces()) t.doesNotThrow(run, name);
});

t.test('unknown words on the command line are named', async (t) => {
  t.throws(() => parseOptions(['tables']), /no scenario tables; there are table, fan-out/);
  t.throws(() => parseOptions(['--peers', 'quagga']), /no peer quagga; there are catbird/);
  t.throws(() => parseOptions(['--clients', 'many']), /--clients takes a whole number/);
  t.throws(() => parseOptions(['--mrt', 'nowhere.gz']), /there is no file nowhere.gz/);
});
