/**
 * Micro benches of the pieces that carry Catbird's speed, by mitata.
 *
 *   npm run bench:micro                    nanoseconds per operation
 *   npm run bench:micro -- --save          … and kept as the baseline of this machine's kind
 *   npm run bench:micro -- --compare       … beside the baseline; exit code 1 when one is 1.5 times as slow
 *   npm run bench:micro -- packer walk     only those whose names have one of the words in them
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measure } from 'mitata';
import { type Piece, pieces } from './pieces.ts';

/** Nanoseconds of one operation, by piece: the median, and the fastest as the steadier figure. */
type Figures = Readonly<Record<string, { readonly medianNs: number; readonly fastestNs: number }>>;

interface Baseline {
  readonly processor: string;
  readonly node: string;
  readonly figures: Figures;
}

const SLOWER = 1.5;
const FOLDER = fileURLToPath(new URL('../baselines', import.meta.url));

async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { save: { type: 'boolean' }, compare: { type: 'boolean' }, file: { type: 'string' } },
  });
  const file = values.file ?? `${FOLDER}/micro.json`;
  const baseline = values.compare ? readBaseline(file) : undefined;
  const chosen = pieces().filter(
    ({ name }) => positionals.length === 0 || positionals.some((word) => name.includes(word)),
  );
  const figures: Record<string, Figures[string]> = {};
  let isSlower = false;
  for (const piece of chosen) {
    const figure = await time(piece);
    figures[piece.name] = figure;
    const ratio = ratioTo(baseline?.figures[piece.name], figure);
    isSlower ||= ratio !== undefined && ratio > SLOWER;
    console.log(lineOf(piece.name, figure, ratio));
  }
  if (values.save) save(file, figures);
  return isSlower ? 1 : 0;
}

async function time({ run, per }: Piece): Promise<Figures[string]> {
  const { p50, min } = await measure(run);
  return { medianNs: p50 / per, fastestNs: min / per };
}

/** Fastest against fastest: what else the machine does only ever adds. */
function ratioTo(before: Figures[string] | undefined, now: Figures[string]): number | undefined {
  return before && now.fastestNs / before.fastestNs;
}

function lineOf(name: string, { medianNs, fastestNs }: Figures[string], ratio?: number): string {
  const figures = `${medianNs.toFixed(1).padStart(9)} ns  fastest ${fastestNs.toFixed(1).padStart(9)} ns`;
  return `${name.padEnd(50)} ${figures}${ratio === undefined ? '' : `  ${ratio.toFixed(2)} × baseline`}`;
}

function readBaseline(file: string): Baseline {
  if (!existsSync(file)) throw new Error(`there is no baseline ${file}: make one with --save`);
  const baseline = JSON.parse(readFileSync(file, 'utf8')) as Baseline;
  console.log(`baseline: ${baseline.processor}, Node ${baseline.node}`);
  return baseline;
}

function save(file: string, figures: Figures): void {
  mkdirSync(FOLDER, { recursive: true });
  const processor = cpus()[0]?.model.trim() ?? 'unknown';
  const baseline: Baseline = { processor, node: process.version, figures };
  writeFileSync(file, `${JSON.stringify(baseline, null, 2)}\n`);
  console.log(`saved as ${file}`);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`npm run bench:micro: ${(error as Error).message}`);
  process.exitCode = 1;
}
