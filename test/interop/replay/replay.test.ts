/**
 * Recorded sessions replayed through Catbird to every peer of the matrix: prefixes and attributes at the
 * far end are those bgpdump reads in the recording, but for what a reflector adds.
 *
 * The full table goes to BIRD in the scene of `full-table.test.ts`, here to FRR. The others take a minute
 * over it: they get its beginning, or with REPLAY_UPDATES=100000 all of it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { Laboratory } from '../../../lab/support/laboratory.ts';
import { SILENT } from '../../../lab/support/narrator.ts';
import { birdPeer } from '../../../lab/support/peers/bird-peer.ts';
import { isCatbirdBuilt } from '../../../lab/support/peers/catbird-speaker.ts';
import { exabgpPeer } from '../../../lab/support/peers/exabgp-peer.ts';
import { frrPeer } from '../../../lab/support/peers/frr-peer.ts';
import { gobgpPeer } from '../../../lab/support/peers/gobgp-peer.ts';
import { openbgpdPeer } from '../../../lab/support/peers/openbgpd-peer.ts';
import type { PeerProgram } from '../../../lab/support/peers/peer.ts';
import {
  differencesFrom,
  type RouteSet,
  type Routes,
  routesOfMrt,
} from '../../../lab/support/route-set.ts';
import { isInstalled } from '../../../lab/support/shell.ts';
import { asToldBy, reflected } from './expected-routes.ts';
import { beginning, churn, fullTable, type Recording } from './recordings.ts';
import { type Collector, FEEDER, REFLECTOR, SESSION, setStage, startFeed } from './topology.ts';

const UPDATES = Number(process.env['REPLAY_UPDATES'] ?? 3000);
const DEADLINE_SEC = 240;
const LOOKS = 3;
const ALL = [birdPeer, gobgpPeer, frrPeer, openbgpdPeer, exabgpPeer];

replay('the full table', [frrPeer], fullTable);
replay('the beginning of the table', [gobgpPeer, openbgpdPeer, exabgpPeer], (lab) =>
  beginning(lab, UPDATES),
);
replay('churn of both families', ALL, churn);

function replay(
  title: string,
  programs: readonly PeerProgram[],
  record: (lab: Laboratory) => Recording,
): void {
  t.test(title, { skip: obstacle() ?? false }, async (t) => {
    const lab = new Laboratory(SILENT);
    t.teardown(() => lab.dispose());
    try {
      await play(t, lab, present(t, programs), record(lab));
    } catch (error) {
      t.fail((error as Error).message, { logs: lab.logs() });
    }
  });
}

function obstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  if (!isInstalled('bgpdump')) return 'not installed: bgpdump';
  return isCatbirdBuilt() ? undefined : 'dist/ is missing: run npm run build';
}

/** Those that are installed; the others are told as skipped. */
function present(t: Test, programs: readonly PeerProgram[]): readonly PeerProgram[] {
  return programs.filter(({ name, needs }) => {
    const missing = needs.filter((command) => !isInstalled(command));
    if (missing.length > 0) t.pass(name, { skip: `not installed: ${missing.join(', ')}` });
    return missing.length === 0;
  });
}

async function play(
  t: Test,
  lab: Laboratory,
  programs: readonly PeerProgram[],
  { file, isGenerated }: Recording,
): Promise<void> {
  t.comment(isGenerated ? 'no recording here: generated data' : 'from a recording');
  const origin = { originatorId: FEEDER, clusterId: REFLECTOR };
  const wanted = reflected(await routesOfMrt(file), origin);
  const { feederAt, collectors } = setStage(lab, programs);
  await lab.expect('all sessions are up', 60, () => assertEstablished(collectors));
  startFeed(lab, feederAt, file);
  for (const collector of collectors) await awaitAll(t, lab, collector, wanted.size);
  for (const { name, peer } of collectors) {
    const told = asToldBy(name, wanted);
    const differences = await settled(told, () => peer.table(SESSION));
    t.same(differences.slice(0, 5), [], `${name}: ${told.size} routes, attribute by attribute`);
  }
}

function assertEstablished(collectors: readonly Collector[]): void {
  for (const { name, peer } of collectors) {
    const state = peer.state(SESSION);
    if (state !== 'Established') throw new Error(`${name}: ${state}`);
  }
}

async function awaitAll(
  t: Test,
  lab: Laboratory,
  { name, peer }: Collector,
  wanted: number,
): Promise<void> {
  const startedAt = performance.now();
  await lab.expect(`${name} has all`, DEADLINE_SEC, () => {
    const count = peer.count(SESSION);
    if (count !== wanted) throw new Error(`it has ${count} of ${wanted} prefixes`);
  });
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  t.comment(`${name}: ${wanted} prefixes, after ${seconds} s more`);
}

/** The count may be right on the way: what still differs is looked at again. */
async function settled(wanted: RouteSet, table: () => Routes): Promise<string[]> {
  for (let looks = 1; ; looks++) {
    const differences = await differencesFrom(wanted, table());
    if (differences.length === 0 || looks === LOOKS) return differences;
    await delay(1000);
  }
}
