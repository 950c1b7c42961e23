/** The command line of the bench. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { PROGRAMS, programNamed } from './programs/catalog.ts';
import type { Program } from './programs/program.ts';
import { SCENARIOS, scenariosFor } from './scenario/catalog.ts';
import type { Scenario, Sizes } from './scenario/scenario.ts';

export interface Options {
  readonly scenarios: readonly Scenario[];
  /** The growth of cost is asked for instead of scenarios. */
  readonly isScaling: boolean;
  /** Where the plot of it goes. */
  readonly svg: string | undefined;
  readonly programs: readonly Program[];
  readonly repeat: number;
  readonly deadlineSec: number;
  /** Where the result goes as JSON. */
  readonly json: string | undefined;
  /** Sizes of a scenario: its defaults under what was given. */
  sizesOf(scenario: Scenario): Sizes;
}

const NO_SIZES: Sizes = {
  prefixes: 0,
  attributeSets: 0,
  clients: 0,
  perClient: 0,
  rate: 0,
  seconds: 0,
  flapping: 0,
};

const SIZE_OPTIONS = {
  prefixes: 'prefixes',
  'attribute-sets': 'attributeSets',
  clients: 'clients',
  'per-client': 'perClient',
  rate: 'rate',
  seconds: 'seconds',
  flapping: 'flapping',
} as const satisfies Record<string, keyof Sizes>;

/** @throws Error that says which word is wrong */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peers: { type: 'string' },
      repeat: { type: 'string', default: '3' },
      deadline: { type: 'string', default: '180' },
      json: { type: 'string' },
      mrt: { type: 'string' },
      svg: { type: 'string' },
      ...Object.fromEntries(Object.keys(SIZE_OPTIONS).map((name) => [name, { type: 'string' }])),
    },
  });
  const given = sizesGiven(values);
  const isScaling = positionals[0] === 'scaling';
  const words = isScaling ? positionals.slice(1) : positionals;
  return {
    scenarios: words.length > 0 ? [...new Set(words.flatMap(scenariosFor))] : SCENARIOS,
    programs: values.peers ? values.peers.split(',').map(programNamed) : PROGRAMS,
    isScaling,
    svg: values.svg,
    repeat: wholeNumber('repeat', values.repeat),
    deadlineSec: wholeNumber('deadline', values.deadline),
    json: values.json,
    sizesOf: ({ defaults }) => ({ ...NO_SIZES, ...defaults, ...given }),
  };
}

function sizesGiven(values: Readonly<Record<string, unknown>>): Partial<Sizes> {
  const sizes = Object.entries(SIZE_OPTIONS)
    .filter(([option]) => values[option] !== undefined)
    .map(([option, key]) => [key, wholeNumber(option, values[option])]);
  const mrt = values['mrt'] as string | undefined;
  if (mrt !== undefined && !existsSync(mrt)) throw new Error(`there is no file ${mrt}`);
  return { ...Object.fromEntries(sizes), ...(mrt !== undefined && { mrt: resolve(mrt) }) };
}

function wholeNumber(option: string, text: unknown): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`--${option} takes a whole number above 0, not ${text}`);
}
