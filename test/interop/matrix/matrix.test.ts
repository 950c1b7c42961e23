/**
 * The interop matrix: Catbird with every BGP implementation of the machine, in every role, from both
 * sides. The table it prints is kept in docs/interop.md (`node scripts/interop-matrix.mjs`).
 */
import { setImmediate as turn } from 'node:timers/promises';
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
import { isInstalled } from '../../../lab/support/shell.ts';
import { eventually } from '../../../lab/support/wait.ts';
import { assertAllEstablished } from './claims.ts';
import {
  announceAll,
  FEATURE_ROWS,
  ROUTE_ROWS,
  type Row,
  WITHDRAW_ROWS,
  withdrawAll,
} from './rows.ts';
import { MatrixTable, type Outcome } from './table.ts';
import { type Stage, setStage } from './topology.ts';

const PROGRAMS: readonly PeerProgram[] = [birdPeer, gobgpPeer, frrPeer, openbgpdPeer, exabgpPeer];

const table = new MatrixTable(
  PROGRAMS.map(({ name }) => name),
  [...ROUTE_ROWS, ...FEATURE_ROWS].map(({ title }) => title),
);

t.jobs = PROGRAMS.length; // they mostly wait
for (const program of PROGRAMS) {
  const options = { skip: obstacle(program) ?? false, buffered: true };
  t.test(program.name, options, (t) => playColumn(t, program));
}
t.teardown(() => {
  for (const line of table.toMarkdown().split('\n')) console.log(`# matrix: ${line}`);
});

/** One sentence on why a column cannot be played here. */
function obstacle({ needs }: PeerProgram): string | undefined {
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  const missing = needs.filter((command) => !isInstalled(command));
  if (missing.length > 0) return `not installed: ${missing.join(', ')}`;
  return isCatbirdBuilt() ? undefined : 'dist/ is missing: run npm run build';
}

async function playColumn(t: Test, program: PeerProgram): Promise<void> {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const stage = setStage(lab, program);
  const play = async (row: Row) => {
    await turn(); // commands block: a column whose rows all hold would keep the others from looking
    return playRow(t, lab, stage, row);
  };
  // A session that stays down fails its own cells.
  const up = eventually('all sessions are up', 40, () => assertAllEstablished(stage));
  await up.catch((error: Error) => t.comment(error.message));
  announceAll(stage);
  for (const row of ROUTE_ROWS) await play(row);
  withdrawAll(stage);
  for (const row of WITHDRAW_ROWS) await play(row);
  for (const row of FEATURE_ROWS) await play(row);
}

async function playRow(t: Test, lab: Laboratory, stage: Stage, row: Row): Promise<void> {
  const { name } = stage.program;
  const outcome = await outcomeOf(stage, row);
  if (outcome.kind === 'failed') {
    t.fail(`${name}: ${row.title}: ${outcome.reason}`, { logs: lab.logs() });
  } else {
    t.pass(`${name}: ${row.title}: ${outcome.kind}`);
  }
  table.add(row.title, name, outcome);
}

async function outcomeOf(stage: Stage, row: Row): Promise<Outcome> {
  const { name, lacks } = stage.program;
  const lack = row.gap && lacks[row.gap];
  if (lack) return { kind: 'n/a', reason: `${name}: ${lack}` };
  try {
    await row.play?.(stage);
    return { kind: 'ok' };
  } catch (error) {
    const [reason] = (error as Error).message.split('\n');
    return { kind: 'failed', reason: `${name}: ${reason}` };
  }
}
