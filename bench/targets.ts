/** What Catbird has to reach in the race, as ratios inside one run, and whether it did. */
import { LIMITS } from './programs/catalog.ts';
import { type Outcome, phaseOf, type Result } from './report.ts';

/** A figure of Catbird's against that of another, or against a number. */
interface Target {
  readonly scenario: string;
  readonly what: string;
  /** A phase's wall time, CPU time or own figure; peak memory. */
  readonly figure: Figure;
  /** Whom it is a ratio to: a program, the best peer; absent for an absolute bound. */
  readonly to?: string;
  readonly atMost: number;
}

type Figure = (outcome: Outcome) => number | undefined;

export interface Verdict {
  readonly scenario: string;
  readonly what: string;
  /** Undefined when the run had not what it takes to tell. */
  readonly value: number | undefined;
  readonly atMost: number;
  readonly holds: boolean | undefined;
}

const wall =
  (phase: string): Figure =>
  (outcome) =>
    phaseOf(outcome, phase)?.wallSec;
const fastest =
  (phase: string): Figure =>
  (outcome) =>
    phaseOf(outcome, phase)?.wallRangeSec[0];
const cpu =
  (phase: string): Figure =>
  (outcome) =>
    phaseOf(outcome, phase)?.cpuSec;
const own =
  (phase: string, key: string): Figure =>
  (outcome) =>
    phaseOf(outcome, phase)?.figures[key];
const peak: Figure = ({ phases, peakMemoryMiB }) => (phases.length > 0 ? peakMemoryMiB : undefined);
const ALL = 'all have all';

const TARGETS: readonly Target[] = [
  wallTarget('table', 'announce', 'bird', 0.7),
  wallTarget('table', 'announce', 'frr', 0.15),
  wallTarget('table', 'announce', 'openbgpd', 0.15),
  { scenario: 'table', what: 'peak memory / bird', figure: peak, to: 'bird', atMost: 1.5 },
  wallTarget('fan-out', ALL, 'bird', 0.3),
  {
    scenario: 'fan-out',
    what: 'all have all, fastest / frr',
    figure: fastest(ALL),
    to: 'frr',
    atMost: 1,
  },
  wallTarget('fan-out', ALL, 'relay', 4),
  memoryTarget('fan-out', 96),
  wallTarget('reflector', ALL, 'bird', 0.25),
  wallTarget('reflector', ALL, 'frr', 0.7),
  memoryTarget('reflector', 160),
  wallTarget('cold-start', ALL, 'best', 1),
  wallTarget('cold-start-500', ALL, 'best', 1),
  wallTarget('sessions', 'establish', 'best', 1),
  memoryTarget('sessions', 128),
  wallTarget('fib', 'in', 'bird', 0.7),
  wallTarget('fib', 'in', 'kernel', 1.5),
  wallTarget('fib-mesh', 'in', 'bird', 1),
  {
    scenario: 'churn',
    what: 'p99 / bird',
    figure: own('churn', 'p99 ms'),
    to: 'bird',
    atMost: 1.5,
  },
  { scenario: 'churn', what: 'CPU / bird', figure: cpu('churn'), to: 'bird', atMost: 0.5 },
  {
    scenario: 'slow-peer',
    what: 'changes with two slow clients / without',
    figure: (outcome) => quotient(wall('changes, two slow')(outcome), wall('changes')(outcome)),
    atMost: 1.1,
  },
  ...['announce', 'policy'].map((phase) => latenessTarget('lateness-table', phase)),
  latenessTarget('lateness-fib', 'in'),
  { scenario: 'idle', what: 'resident MiB', figure: own('rest', 'RSS MiB'), atMost: 64 },
  { scenario: 'idle', what: 'CPU %', figure: own('rest', 'CPU %'), atMost: 0.2 },
];

/** Judges Catbird by all targets of the scenarios that were played; the event loop in each of them. */
export function judge(results: readonly Result[]): Verdict[] {
  return results.flatMap(({ scenario, outcomes }) => {
    const targets = TARGETS.filter((target) => target.scenario === scenario);
    return [
      ...targets.map((target) => verdictOn(target, outcomes)),
      loopVerdict(scenario, outcomes),
    ];
  });
}

/** One line per target: pass, miss, or a dash when nothing can be said. */
export function formatVerdicts(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ scenario, what, value, atMost, holds }) => {
      const word = holds === undefined ? '–' : holds ? 'pass' : 'MISS';
      const figure = value === undefined ? 'not measured' : value.toFixed(2);
      return `  ${word.padEnd(4)}  ${scenario.padEnd(14)}  ${what}: ${figure}, at most ${atMost}`;
    })
    .join('\n');
}

function wallTarget(scenario: string, phase: string, to: string, atMost: number): Target {
  return { scenario, what: `${phase} / ${to}`, figure: wall(phase), to, atMost };
}

/** With hold time 3 s: a KEEPALIVE a second late is the last that comes in time. */
function latenessTarget(scenario: string, phase: string): Target {
  const what = `${phase}, ms a KEEPALIVE was late`;
  return { scenario, what, figure: own(phase, 'KEEPALIVE late ms'), atMost: 1000 };
}

function memoryTarget(scenario: string, atMost: number): Target {
  return { scenario, what: 'peak MiB', figure: peak, atMost };
}

function verdictOn({ scenario, what, figure, to, atMost }: Target, outcomes: readonly Outcome[]) {
  const catbird = outcomes.find(({ program }) => program === 'catbird');
  const mine = catbird && figure(catbird);
  const value = to === undefined ? mine : quotient(mine, reference(to, figure, outcomes));
  return verdict(scenario, what, value, atMost);
}

function loopVerdict(scenario: string, outcomes: readonly Outcome[]): Verdict {
  const catbird = outcomes.find(({ program }) => program === 'catbird');
  const delays = (catbird?.phases ?? []).map(({ loopDelayMs }) => loopDelayMs ?? 0);
  const value = delays.length > 0 ? Math.max(...delays) : undefined;
  return verdict(scenario, 'event loop, ms late at p99.9', value, 50);
}

function verdict(
  scenario: string,
  what: string,
  value: number | undefined,
  atMost: number,
): Verdict {
  return {
    scenario,
    what,
    value,
    atMost,
    holds: value === undefined ? undefined : value <= atMost,
  };
}

/** The figure of a program, or the smallest of all peers that are no limit. */
function reference(to: string, figure: Figure, outcomes: readonly Outcome[]): number | undefined {
  const chosen = outcomes.filter(({ program }) =>
    to === 'best' ? !NO_PEERS.has(program) : program === to,
  );
  const figures = chosen.map(figure).filter((value) => value !== undefined);
  return figures.length > 0 ? Math.min(...figures) : undefined;
}

const NO_PEERS: ReadonlySet<string> = new Set(['catbird', ...LIMITS]);

function quotient(value: number | undefined, by: number | undefined): number | undefined {
  return value === undefined || !by ? undefined : value / by;
}
