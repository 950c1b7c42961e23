/** Scene 4: a full Internet table through one Catbird reflector, beside BIRD with the same feed. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Bird, birdNode, insideBird, startBird } from '../support/bird.ts';
import type { Feed } from '../support/feeder.ts';
import { startFeeder } from '../support/feeder-process.ts';
import type { Laboratory } from '../support/laboratory.ts';
import type { NodeProgram } from '../support/node-program.ts';
import {
  differencesFrom,
  type RouteSet,
  type Routes,
  routesOfBird,
  routesOfMrt,
} from '../support/route-set.ts';
import { writeGeneratedTable } from '../support/table-generator.ts';
import type { Scene } from './scene.ts';

/** The recorded session's AS; both sessions of the scene are internal. */
const AS = 3856;
const FEEDER = '198.51.100.1';
const REFLECTOR = '198.51.100.2';
const COLLECTOR = '198.51.100.3';
const GENERATED_PREFIXES = 577_703;
const DEADLINE_SEC = 90;

const RECORDED = fileURLToPath(
  new URL('../../../shared/data/full-table-2015.mrt.gz', import.meta.url),
);

/** The recorded table beside the checkout; undefined where it is absent. */
export function recordedTable(): string | undefined {
  return existsSync(RECORDED) ? RECORDED : undefined;
}

let runs = 0;

interface Run {
  readonly program: string;
  readonly convergenceSec: number;
  readonly cpuSec: number;
  readonly peakMemoryMiB: number;
  readonly namespace: string;
  readonly collector: Bird;
}

export const fullTable: Scene = {
  title: 'a full Internet table, reflected',
  needs: ['bird', 'birdc', 'bgpdump'],
  async play({ lab, program, tableFile }) {
    const file = tableFile ?? generate(lab);
    const wanted = await routesOfMrt(file);
    lab.say(
      `${wanted.size} prefixes: feeder → ${program.name} (reflector, fib off) → BIRD, all iBGP.`,
    );
    const first = await reflect(lab, program, file, wanted);
    await lab.expect('BIRD holds exactly these, attribute by attribute', 1, () =>
      assertSameRoutes(wanted, first),
    );
    const { namespace, collector } = first;
    const count = collector.client('show', 'route', 'protocol', 'reflector', 'count');
    lab.show('collector', namespace, count);
    collector.daemon.kill();

    lab.say('The same feed with BIRD as the reflector, to compare.');
    const second = await reflect(lab, birdNode, file, wanted);
    lab.say(report([first, second]));
  },
};

function generate(lab: Laboratory): string {
  lab.say('There is no recorded table here (--table FILE names one), so one is generated.');
  const file = lab.path('generated.mrt.gz');
  writeGeneratedTable(file, { asNumber: AS, prefixes: GENERATED_PREFIXES });
  return file;
}

/** Feeds the file through a reflector to a BIRD collector and measures until the collector has all. */
async function reflect(
  lab: Laboratory,
  program: NodeProgram,
  file: string,
  wanted: RouteSet,
): Promise<Run> {
  const prefixes = wanted.size;
  const name = `${program.name.toLowerCase()}${++runs}`;
  const host = (role: string, address: string) =>
    lab.network.addHost(`${name}-${role}`, `${address}/24`);
  const feederAt = host('feeder', FEEDER);
  const reflectorAt = host('reflector', REFLECTOR);
  const namespace = host('collector', COLLECTOR);
  lab.run(reflectorAt, ['ip', 'route', 'add', 'default', 'via', FEEDER]); // next hops resolve
  const reflector = program.startReflector({
    lab,
    name: `${name}-reflector`,
    namespace: reflectorAt,
    asNumber: AS,
    address: REFLECTOR,
    feeder: FEEDER,
    collector: COLLECTOR,
  });
  const collector = startCollector(lab, name, namespace);
  await lab.expect('the collector has its session to the reflector', 30, () => {
    const state = collector.sessions().get('reflector');
    if (state !== 'Established') throw new Error(`it is ${state}`);
  });
  const feeder = startFeeder(lab, `${name}-feeder`, feederAt, {
    ...{ to: REFLECTOR, asNumber: AS, routerId: FEEDER },
    file,
  });
  await lab.expect(`the collector has ${prefixes} prefixes`, DEADLINE_SEC, () => {
    const count = collector.imported('reflector');
    if (count < prefixes) throw new Error(`it has ${count}; feeder: ${feeder.logTail(1)}`);
  });
  const endedAt = Date.now();
  const { startedAt } = JSON.parse(feeder.logTail(1)) as Feed;
  const measured = {
    convergenceSec: (endedAt - startedAt) / 1000,
    cpuSec: reflector.daemon.cpuSec(),
    peakMemoryMiB: reflector.daemon.peakMemoryMiB(),
  };
  await lab.expect(`the reflector has ${prefixes} prefixes`, 10, () => {
    const count = reflector.accepted();
    if (count !== prefixes) throw new Error(`it has ${count}`);
  });
  feeder.kill();
  reflector.daemon.kill();
  return { program: program.name, ...measured, namespace, collector };
}

function startCollector(lab: Laboratory, name: string, namespace: string): Bird {
  return startBird(lab, `${name}-collector`, namespace, {
    asNumber: AS,
    address: COLLECTOR,
    routes: [],
    resolveAllVia: REFLECTOR,
    sessions: [{ name: 'reflector', address: REFLECTOR, asNumber: AS, export: 'none' }],
  });
}

/**
 * Compares what the collector holds with the file; the reflector's cluster id in front is expected.
 *
 * @throws Error with the first differences
 */
async function assertSameRoutes(wanted: RouteSet, run: Run): Promise<void> {
  const { namespace, collector } = run;
  const argv = insideBird(namespace, collector, 'show', 'route', 'all', 'protocol', 'reflector');
  const differences = await differencesFrom(wanted, withoutCluster(routesOfBird(argv)));
  if (differences.length === 0) return;
  throw new Error(`${differences.length} differences\n${differences.slice(0, 5).join('\n')}`);
}

async function* withoutCluster(routes: Routes): Routes {
  for await (const [prefix, attributes] of routes) {
    yield [prefix, attributes.replace(`|${REFLECTOR} `, '|')];
  }
}

function report(measured: readonly Run[]): string {
  const rows = measured.map(
    ({ program, convergenceSec, cpuSec, peakMemoryMiB }) =>
      `  ${program.padEnd(10)}${convergenceSec.toFixed(2).padStart(17)} s${cpuSec.toFixed(2).padStart(8)} s${peakMemoryMiB.toFixed(0).padStart(10)} MiB`,
  );
  return ['  reflector  feed to last route       CPU   peak memory', ...rows].join('\n');
}
