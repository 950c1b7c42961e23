/** One step of an explanation while it is being told. */
import type { ExplainStep } from '../api/views.ts';

export interface Step extends ExplainStep {
  /**
   * Where the step stands: on the way of the route itself, on that of a path that lost to it, or on the
   * way to one neighbour.
   */
  readonly scope: 'trunk' | 'rival' | 'neighbor';
  /** A "no" that is told, but holds the route up for nobody who was not asked about. */
  readonly isAside: boolean;
}

type Extras = Partial<Pick<Step, 'neighbor' | 'object' | 'scope' | 'isAside'>>;
/** A function that makes steps of one stage. */
type Maker = (code: string, text: string, extras?: Extras) => Step;

/** Makers of the three answers of one stage. */
export function stage(name: ExplainStep['stage']): Record<ExplainStep['answer'], Maker> {
  const maker =
    (answer: ExplainStep['answer']): Maker =>
    (code, text, extras = {}) => ({
      stage: name,
      answer,
      code,
      text,
      neighbor: null,
      object: null,
      scope: 'trunk',
      isAside: false,
      ...extras,
    });
  return { yes: maker('yes'), no: maker('no'), note: maker('note') };
}

/**
 * The first "no" that matters: on the way of the route, then on the way to a neighbour; what is
 * told aside counts only where one neighbour was asked about.
 */
export function firstNo(steps: readonly Step[], isNarrowed: boolean): number | undefined {
  const isNo = (scope: Step['scope'], withAsides: boolean) => (each: Step) =>
    each.answer === 'no' && each.scope === scope && (withAsides || !each.isAside);
  const order = [isNo('trunk', true), isNo('neighbor', isNarrowed)];
  if (isNarrowed) order.splice(1, 0, isNo('rival', true));
  const found = order.map((test) => steps.findIndex(test)).find((index) => index >= 0);
  return found;
}

/** As the API prints it. */
export function printStep({ stage, answer, code, text, neighbor, object }: Step): ExplainStep {
  return { stage, answer, code, text, neighbor, object };
}

/** `4 s`, `12 min`, `3 h`, `5 d`. */
export function age(seconds: number): string {
  if (seconds < 120) return `${Math.floor(seconds)} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800
    ? `${Math.floor(seconds / 3600)} h`
    : `${Math.floor(seconds / 86_400)} d`;
}
