/** Finds of old, one file each in test/fixtures/fuzz: `{ target, seed, why, text | hex }`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hex, toHex } from '../bgp/wire/build.ts';
import { type Find, signatureOf } from './runner.ts';
import type { FuzzTarget } from './target.ts';
import { TARGETS } from './targets.ts';

const FOLDER = new URL('../fixtures/fuzz/', import.meta.url);

interface Fixture {
  readonly target: string;
  readonly seed: number;
  /** What was broken. */
  readonly why: string;
  readonly text?: string;
  readonly hex?: string;
}

/** One find, to be run again. */
export interface OldFind {
  readonly file: string;
  readonly why: string;
  readonly target: FuzzTarget;
  readonly input: Uint8Array;
}

/** All of them, by file name. */
export function readCorpus(): OldFind[] {
  const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
  return files.sort().map((file) => {
    const fixture: Fixture = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
    const target = TARGETS.find(({ name }) => name === fixture.target);
    if (!target) throw new Error(`${file}: no target ${fixture.target}`);
    const input = fixture.text === undefined ? hex(fixture.hex ?? '') : Buffer.from(fixture.text);
    return { file, why: fixture.why, target, input };
  });
}

/** Keeps a find; answers the path of its file. */
export function saveFind({ target, seed, input, error }: Find): string {
  const why = error.message.split('\n', 1)[0]!;
  const content = target.isText ? { text: new TextDecoder().decode(input) } : { hex: toHex(input) };
  const fixture: Fixture = { target: target.name, seed, why, ...content };
  const words = signatureOf(error)
    .toLowerCase()
    .match(/[a-z]+/g)!
    .slice(1, 6)
    .join('-');
  const file = new URL(`${target.name}-${words}-${seed}.json`, FOLDER);
  writeFileSync(file, `${JSON.stringify(fixture, null, 2)}\n`);
  return fileURLToPath(file);
}

/** An input to be looked at. */
export function textOf(target: FuzzTarget, input: Uint8Array): string {
  return target.isText ? JSON.stringify(new TextDecoder().decode(input)) : toHex(input);
}
