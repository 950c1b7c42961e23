/** Medians of the repeats, and the table of them. */
import type { LoadReport } from './load/main.ts';
import { LIMITS } from './programs/catalog.ts';

/** One speaker in one scenario. */
export interface Outcome {
  readonly program: string;
  readonly phases: readonly PhaseOutcome[];
  readonly peakMemoryMiB: number;
  /** Why it has no figures, or not all repeats. */
  readonly failure?: string;
}

export interface PhaseOutcome {
  readonly name: string;
  readonly wallSec: number;
  /** Fastest and slowest repeat. */
  readonly wallRangeSec: readonly [number, number];
  readonly cpuSec: number;
  /** How late timers of the speaker were at p99.9, the worst repeat; undefined where it cannot be seen. */
  readonly loopDelayMs: number | undefined;
  readonly figures: Readonly<Record<string, number>>;
}

/** Medians over the repeats of one speaker. */
export function summarize(
  program: string,
  reports: readonly LoadReport[],
  failure: string | undefined,
): Outcome {
  const names = reports[0]?.phases.map(({ name }) => name) ?? [];
  return {
    program,
    phases: names.map((name, i) => phaseOutcome(name, i, reports)),
    peakMemoryMiB: median(reports.map((report) => report.peakMemoryMiB)),
    ...(failure !== undefined && { failure }),
  };
}

function phaseOutcome(name: string, i: number, reports: readonly LoadReport[]): PhaseOutcome {
  const phases = reports.map((report) => report.phases[i]!);
  const walls = phases.map(({ wallSec }) => wallSec);
  const keys = Object.keys(phases[0]!.figures ?? {});
  return {
    name,
    wallSec: median(walls),
    wallRangeSec: [Math.min(...walls), Math.max(...walls)],
    cpuSec: median(phases.map(({ cpuSec }) => cpuSec)),
    loopDelayMs: worst(phases.map(({ loopDelay }) => loopDelay?.p999Ms)),
    figures: Object.fromEntries(
      keys.map((key) => [key, median(phases.map(({ figures }) => figures![key]!))]),
    ),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)]! + sorted[Math.floor(middle)]!) / 2;
}

function worst(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length > 0 ? Math.max(...known) : undefined;
}

/** What one scenario came to. */
export interface Result {
  readonly scenario: string;
  readonly outcomes: readonly Outcome[];
}

const HEAD = [
  'scenario',
  '',
  'phase',
  'wall s',
  'min–max',
  '/bird',
  '/best',
  'CPU s',
  '/bird',
  '/best',
];
const TAIL = ['peak MiB', '/bird', '/best', 'loop ms', ''];
const TEXT_COLUMNS = 3;

/**
 * One line per scenario, speaker and phase. `/bird` and `/best` are ratios; best is the best but Catbird.
 * `loop ms` is how late timers of the speaker were at p99.9.
 */
export function formatTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ scenario, outcomes }) =>
    outcomes.flatMap((outcome) =>
      outcome.phases.map((phase) => [scenario, ...rowOf(outcomes, outcome, phase)]),
    ),
  );
  const failures = results.flatMap(({ scenario, outcomes }) =>
    outcomes.flatMap(({ program, failure }) =>
      failure === undefined ? [] : [`${scenario} ${program} FAILED: ${failure}`],
    ),
  );
  return [...alignColumns([[...HEAD, ...TAIL], ...rows]), ...failures].join('\n');
}

function rowOf(outcomes: readonly Outcome[], outcome: Outcome, phase: PhaseOutcome): string[] {
  const wall = (each: Outcome) => phaseOf(each, phase.name)?.wallSec;
  const cpu = (each: Outcome) => phaseOf(each, phase.name)?.cpuSec;
  const memory = (each: Outcome) => (each.phases.length > 0 ? each.peakMemoryMiB : undefined);
  const [fastest, slowest] = phase.wallRangeSec;
  const figures = Object.entries(phase.figures).map(([key, value]) => `${key} ${value}`);
  return [
    outcome.program,
    phase.name,
    phase.wallSec.toFixed(3),
    `${fastest.toFixed(2)}–${slowest.toFixed(2)}`,
    ...ratios(outcomes, outcome, wall),
    phase.cpuSec.toFixed(2),
    ...ratios(outcomes, outcome, cpu),
    outcome.peakMemoryMiB.toFixed(0),
    ...ratios(outcomes, outcome, memory),
    phase.loopDelayMs?.toFixed(1) ?? '–',
    figures.join(', '),
  ];
}

/** The phase of that name; undefined when the speaker did not come so far. */
export function phaseOf({ phases }: Outcome, name: string): PhaseOutcome | undefined {
  return phases.find((phase) => phase.name === name);
}

/** The ratio to BIRD, and to the best peer: neither Catbird nor a limit. */
function ratios(
  outcomes: readonly Outcome[],
  outcome: Outcome,
  figure: (outcome: Outcome) => number | undefined,
): [toBird: string, toBest: string] {
  const own = figure(outcome)!;
  const peers = outcomes.filter(({ program }) => program !== 'catbird' && !LIMITS.has(program));
  const figures = peers.map(figure).filter((value) => value !== undefined);
  const bird = peers.find(({ program }) => program === 'bird');
  const toBird = bird && figure(bird);
  return [ratio(own, toBird), ratio(own, figures.length > 0 ? Math.min(...figures) : undefined)];
}

function ratio(value: number, to: number | undefined): string {
  return to ? (value / to).toFixed(2) : '–';
}

function alignColumns(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const isText = (column: number) => column < TEXT_COLUMNS || column === widths.length - 1;
  const cell = (text: string, column: number) =>
    isText(column) ? text.padEnd(widths[column]!) : text.padStart(widths[column]!);
  return rows.map((row) => `  ${row.map(cell).join('  ')}`.trimEnd());
}
