/** The bench at tiny sizes against Catbird alone: every scenario ends with its books in order. */
import t from 'tap';
import type { LoadReport } from '../../bench/load/main.ts';
import { parseOptions } from '../../bench/options.ts';
import { catbird } from '../../bench/programs/catbird.ts';
import { scenarioNamed } from '../../bench/scenario/catalog.ts';
import { runTrial } from '../../bench/trial.ts';
import { catbird as catbirdNode } from '../../lab/support/catbird.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';

t.jobs = 5; // a trial spends most of its time on processes that start

const obstacle = obstacleTo([], catbirdNode);

const SIZES: Readonly<Record<string, string>> = {
  table: '--prefixes 600 --attribute-sets 30',
  'fan-out': '--clients 4 --per-client 3',
  reflector: '--clients 3 --per-client 40 --attribute-sets 4',
  sessions: '--clients 8',
  churn: '--clients 3 --prefixes 60 --rate 100 --seconds 1',
};

const PHASES: Readonly<Record<string, readonly string[]>> = {
  table: ['announce', 'withdraw half', 'announce half'],
  'fan-out': ['all have all'],
  reflector: ['all have all'],
  sessions: ['establish', 'all have all'],
  churn: ['all have all', 'churn'],
};

function play(name: string): Promise<LoadReport> {
  const scenario = scenarioNamed(name);
  const sizes = parseOptions(SIZES[name]!.split(' ')).sizesOf(scenario);
  return runTrial({ scenario, sizes, program: catbird, deadlineSec: 20, graceMs: 0 });
}

const options = { skip: obstacle ?? false, buffered: true };

for (const [name, phases] of Object.entries(PHASES)) {
  t.test(`${name} ends with every route in place`, options, async (t) => {
    const report = await play(name);
    t.strictSame(
      report.phases.map((phase) => phase.name),
      phases,
    );
    t.ok(report.peakMemoryMiB > 0, 'the memory of the speaker was read');
  });
}

t.test('unknown words on the command line are named', async (t) => {
  t.throws(() => parseOptions(['tables']), /no scenario tables; there are table, fan-out/);
  t.throws(() => parseOptions(['--peers', 'quagga']), /no peer quagga; there are catbird/);
  t.throws(() => parseOptions(['--clients', 'many']), /--clients takes a whole number/);
  t.throws(() => parseOptions(['--mrt', 'nowhere.gz']), /there is no file nowhere.gz/);
});
