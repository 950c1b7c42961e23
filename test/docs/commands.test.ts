/** What the documents tell a reader to type exists: commands, their options, npm scripts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CATALOG } from '../../src/cli/catalog.ts';
import { blocksOf, documents, inlineCodeOf, ROOT } from './documents.ts';

const SCRIPTS = new Set(
  Object.keys(
    (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object }).scripts,
  ),
);

/** Command lines: those of shell blocks and of sessions at a prompt, and what inline code quotes. */
function commandLinesOf(document: string): readonly string[] {
  const shell = blocksOf(document).filter(({ language }) => /^(sh|console|)$/.test(language));
  const lines = shell.flatMap(({ text }) => text.replaceAll('\\\n', ' ').split('\n'));
  const parts = [...lines, ...inlineCodeOf(document)].flatMap((line) => line.split(/ [|;&]+ /));
  return parts.map((part) =>
    part
      .replace(/^\$ /, '')
      .replace(/\s+#.*$/, '')
      .trim(),
  );
}

/** The faults of one command line; a placeholder in capitals stands for anything. */
function faultsOf(line: string): readonly string[] {
  const [program, name = '', ...words] = line.split(/\s+/);
  if (program === 'npm' && name === 'run')
    return SCRIPTS.has(words[0]!) ? [] : [`no script: ${line}`];
  if (!/^(bin\/)?catbird$/.test(program!) || !/^[a-z][a-z-]*$/.test(name)) return [];
  const entry = CATALOG.find((candidate) => candidate.name === name);
  if (!entry) return name === 'help' ? [] : [`no command: ${line}`];
  const flags = words.filter((word) => /^--[a-z]/.test(word)).map((word) => word.split('=')[0]!);
  return flags.filter((flag) => !knows(entry.help, flag)).map((flag) => `no ${flag}: ${line}`);
}

function knows(help: string, flag: string): boolean {
  return flag === '--help' || new RegExp(`${flag}(?![a-z-])`).test(help);
}

for (const document of documents()) {
  t.test(`every command of ${document} exists, with its options`, async (t) => {
    t.same(commandLinesOf(document).flatMap(faultsOf), []);
  });
}
