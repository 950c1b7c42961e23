/** What a scene is: a topology, a story, and claims that must hold, played by the lab and by tests. */
import type { Laboratory } from '../support/laboratory.ts';
import type { NodeProgram } from '../support/node-program.ts';

export interface Stage {
  readonly lab: Laboratory;
  /** What runs on the cluster's nodes. */
  readonly program: NodeProgram;
  /** MRT file of the full table; generated when undefined. */
  readonly tableFile: string | undefined;
}

export interface Scene {
  readonly title: string;
  /** Commands that have to be installed. */
  readonly needs: readonly string[];
  /** @throws Error when a claim does not hold */
  play(stage: Stage): Promise<void>;
}
