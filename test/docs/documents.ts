/** The project's documents, taken apart: fenced blocks, inline code, links, headings. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A fenced block. */
export interface Block {
  /** Path of the document below the root. */
  readonly document: string;
  /** Number of the line that opens it, from 1. */
  readonly line: number;
  /** The word behind the fence: `sh`, `yaml`, `console`; empty for none. */
  readonly language: string;
  /** What stands between the fences. */
  readonly text: string;
}

/** Every document, as its path below the root. */
export function documents(): readonly string[] {
  const inFolder = (folder: string) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    );
  const all = ['README.md', 'CHANGELOG.md', 'bench/README.md', ...inFolder('docs')];
  return all.filter((name) => name.endsWith('.md'));
}

export function textOf(document: string): string {
  return readFileSync(join(ROOT, document), 'utf8');
}

/** The fenced blocks of a document, in order. */
export function blocksOf(document: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { line: number; language: string; lines: string[] } | undefined;
  for (const [index, line] of textOf(document).split('\n').entries()) {
    if (!line.startsWith('```')) open?.lines.push(line);
    else if (!open) open = { line: index + 1, language: line.slice(3).trim(), lines: [] };
    else {
      const { lines, ...where } = open;
      blocks.push({ document, ...where, text: lines.map((each) => `${each}\n`).join('') });
      open = undefined;
    }
  }
  return blocks;
}

/** What stands between single backquotes outside fenced blocks. */
export function inlineCodeOf(document: string): readonly string[] {
  const prose = proseOf(document);
  return [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]!);
}

/** Targets of the links to files of the project: `docs/policy.md`, with `#heading` where they have one. */
export function linksOf(document: string): readonly string[] {
  const targets = [...proseOf(document).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1]!);
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .map((target) =>
      target.startsWith('#') ? document + target : relative('.', join(document, '..', target)),
    );
}

/** The anchors a document's headings make, as GitHub makes them. */
export function anchorsOf(document: string): ReadonlySet<string> {
  const headings = [...proseOf(document).matchAll(/^#+ (.+)$/gm)].map((match) => match[1]!);
  const anchor = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set(headings.map(anchor));
}

function proseOf(document: string): string {
  return textOf(document).replace(/^```[\s\S]*?^```/gm, '');
}

const ROUTER = 'router: { asNumber: 64512, routerId: 192.0.2.1 }\n';

/** A configuration as a document shows it, whole or in part; a part is whole with a router of ours in front. */
export function wholeConfiguration({ text }: Block): string {
  return /^router:/m.test(text) ? text : ROUTER + text;
}
