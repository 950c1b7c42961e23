/** How cost grows: a table of more and more prefixes, a fan-out to more and more clients. */
import type { Options } from './options.ts';
import type { Plot, Series } from './plot.ts';
import { phaseOf, type Result } from './report.ts';
import { fanOut } from './scenario/reflection.ts';
import type { Scenario, Sizes } from './scenario/scenario.ts';
import { table } from './scenario/table.ts';

/** What the recorded full table has on average: one attribute set to about 16 prefixes. */
const PREFIXES_PER_SET = 16;
const PREFIXES = [1000, 10_000, 100_000, 1_000_000, 2_000_000];
const CLIENTS = [10, 30, 100, 300, 1000];
const BLOCKS_PER_CLIENT = 10;

/** One trial of the series, and where it stands on the horizontal axis. */
export interface Step {
  readonly scenario: Scenario;
  readonly phase: string;
  readonly at: number;
  readonly sizes: Sizes;
}

/** All steps; `--prefixes` and `--clients` bound them from above. */
export function scalingSteps({ sizesOf }: Options): Step[] {
  const bound = sizesOf({ ...table, defaults: { prefixes: 2_000_000, clients: 1000 } });
  const tables = PREFIXES.filter((prefixes) => prefixes <= bound.prefixes).map((prefixes) => {
    const attributeSets = Math.ceil(prefixes / PREFIXES_PER_SET);
    const sizes = { ...bound, prefixes, attributeSets };
    return { scenario: table, phase: 'announce', at: prefixes, sizes };
  });
  const fans = CLIENTS.filter((clients) => clients <= bound.clients).map((clients) => {
    const sizes = {
      ...bound,
      clients,
      perClient: BLOCKS_PER_CLIENT,
      attributeSets: 1,
      flapping: 0,
    };
    return { scenario: fanOut, phase: 'all have all', at: clients, sizes };
  });
  return [...tables, ...fans];
}

/** Time and memory of both, a line per speaker. */
export function scalingPlots(steps: readonly Step[], results: readonly Result[]): Plot[] {
  return [
    { scenario: table, what: 'table', unit: 'prefixes' },
    { scenario: fanOut, what: `fan-out, ${BLOCKS_PER_CLIENT} blocks each`, unit: 'clients' },
  ].flatMap(({ scenario, what, unit }) => {
    const isOfIt = (i: number) => steps[i]!.scenario === scenario;
    const points = results.flatMap((result, i) => (isOfIt(i) ? pointsOf(steps[i]!, result) : []));
    return [
      { title: `${what}: seconds`, unit, series: seriesOf(points, ({ seconds }) => seconds) },
      { title: `${what}: peak MiB`, unit, series: seriesOf(points, ({ memory }) => memory) },
    ];
  });
}

interface Point {
  readonly program: string;
  readonly at: number;
  readonly seconds: number;
  readonly memory: number;
}

function pointsOf({ phase, at }: Step, { outcomes }: Result): Point[] {
  return outcomes.flatMap((outcome) => {
    const seconds = phaseOf(outcome, phase)?.wallSec;
    const { program, peakMemoryMiB: memory } = outcome;
    return seconds === undefined ? [] : [{ program, at, seconds, memory }];
  });
}

function seriesOf(points: readonly Point[], value: (point: Point) => number): Series[] {
  const programs = [...new Set(points.map(({ program }) => program))];
  return programs.map((name) => ({
    name,
    points: points
      .filter(({ program }) => program === name)
      .map((point) => [point.at, value(point)] as const),
  }));
}
