/** Plays a scene of the lab as a test: every claim that holds is an assertion. */
import t, { type Test } from 'tap';
import { recordedTable } from '../../lab/scenes/full-table.ts';
import type { Scene } from '../../lab/scenes/scene.ts';
import { catbird } from '../../lab/support/catbird.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { type Narrator, SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';

/** Registers the test; skipped with the reason where the machine lacks something. */
export function playScene(scene: Scene): void {
  t.test(scene.title, { skip: obstacleTo(scene.needs, catbird) ?? false }, async (t) => {
    const lab = new Laboratory(assertingNarrator(t));
    t.teardown(() => lab.dispose());
    try {
      await scene.play({ lab, program: catbird, tableFile: recordedTable() });
    } catch (error) {
      t.fail((error as Error).message, { logs: lab.logs() });
    }
  });
}

function assertingNarrator(t: Test): Narrator {
  return { ...SILENT, holds: (claim) => void t.pass(claim) };
}
