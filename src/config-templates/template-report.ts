/** What became of users' templates: for `show config`, `template list` and the metrics. */
import type { RenderFault } from './options.ts';
import type { TemplateSet } from './template-set.ts';

export interface OverrideReport {
  readonly name: string;
  readonly place: string;
  readonly kind: 'override' | 'addition';
  /** `partly`: for some objects something before it is in force. */
  readonly state: 'in force' | 'partly' | 'rejected';
  /** Objects and texts it is rejected for. */
  readonly faults: number;
}

export interface TemplateReport {
  readonly overrides: readonly OverrideReport[];
  /** Rejections since the start. */
  readonly rejectedTotal: number;
}

/** Counts rejections when they begin, not as long as they last. */
export class RejectionCount {
  #total = 0;
  #standing: ReadonlySet<string> = new Set();

  /** @returns the total with those in `faults` that were not there last time */
  add(faults: readonly RenderFault[]): number {
    const now = new Set(
      faults.map(({ template, object, reason }) => `${template} ${object} ${reason}`),
    );
    for (const fault of now) if (!this.#standing.has(fault)) this.#total++;
    this.#standing = now;
    return this.#total;
  }
}

/** @param faults of this rendering, all of them */
export function reportOn(
  templates: TemplateSet,
  faults: readonly RenderFault[],
  count: RejectionCount,
): TemplateReport {
  const places = new Map<string, RenderFault[]>();
  const overrides: OverrideReport[] = [];
  for (const { name, place, adds, isBroken } of templates.users()) {
    const own = faults.filter(({ template }) => template === place);
    places.set(place, own);
    const isDead = isBroken || own.some(({ object }) => object === `template ${name}`);
    const state = own.length === 0 ? 'in force' : isDead ? 'rejected' : 'partly';
    const kind = adds ? 'addition' : 'override';
    overrides.push({ name, place, kind, state, faults: own.length });
  }
  return { overrides, rejectedTotal: count.add([...places.values()].flat()) };
}
