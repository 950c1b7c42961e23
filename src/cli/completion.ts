/**
 * What may come next on a command line: words of the command table, values their help names, and names
 * the running daemon knows.
 *
 * Nothing at all means that the shell completes names of files.
 */
import { apiPath, getDocument } from './client.ts';
import type { CommandEntry, CommandIo } from './command.ts';
import { Words } from './complete.ts';
import {
  LOG_LEVELS,
  MONITOR_TOPICS,
  ORIGINATE_ACTIONS,
  RECORD_SUBJECTS,
  SHELLS,
  TEMPLATE_ACTIONS,
  VIEW_NAMES,
} from './vocabulary.ts';

/** What a word stands for: fixed words, or what the daemon is asked for. */
type Kind = readonly string[] | keyof typeof LIVE;

type Document = Readonly<Record<string, unknown>>;
type Rows = readonly Document[];
type Ask = (path: string) => Promise<unknown>;

/** Names of the running daemon. */
const LIVE = {
  neighbors: async (ask: Ask) => column(await ask('/v1/neighbors'), 'name'),
  owners: async (ask: Ask) =>
    column(((await ask('/v1/config')) as Document)['brokerOwners'], 'name'),
  originated: async (ask: Ask) => column(await ask('/v1/originated'), 'prefix'),
  prefixes: async (ask: Ask) => [
    ...column(await ask('/v1/blocks'), 'cidr'),
    ...column(await ask('/v1/originated'), 'prefix'),
  ],
} as const;

/** Command, and first word behind it where that matters → what the next word is. */
const POSITIONALS: Readonly<Record<string, Kind>> = {
  show: VIEW_NAMES,
  'show neighbor': 'neighbors',
  'show adj-in': 'neighbors',
  'show adj-out': 'neighbors',
  'show quarantine': 'neighbors',
  'show rib': 'prefixes',
  explain: 'prefixes',
  monitor: MONITOR_TOPICS,
  clear: ['neighbor'],
  'clear neighbor': 'neighbors',
  shutdown: ['neighbor'],
  'shutdown neighbor': 'neighbors',
  enable: ['neighbor'],
  'enable neighbor': 'neighbors',
  originate: ORIGINATE_ACTIONS,
  'originate remove': 'originated',
  template: TEMPLATE_ACTIONS,
  record: RECORD_SUBJECTS,
  completion: SHELLS,
  'log-level': LOG_LEVELS,
};

/** Options whose values are names of the daemon. */
const OPTION_VALUES: Readonly<Record<string, Kind>> = {
  '--neighbor': 'neighbors',
  '--owner': 'owners',
  '--log-level': LOG_LEVELS,
  '--datastore': ['folder:', 'etcd', 'kubernetes'],
};

/**
 * The candidates for the last word of a line.
 *
 * @param line up to the cursor, the program's name first
 */
export async function completeLine(
  line: string,
  catalog: readonly CommandEntry[],
  env: CommandIo['env'],
): Promise<string[]> {
  const [, ...words] = line.split(/\s+/);
  const current = words.pop() ?? '';
  const [first, ...rest] = words;
  const commands = catalog.map(({ name }) => name);
  if (first === undefined) return choose([...commands, 'help'], current);
  const entry = catalog.find(({ name }) => name === resolved('command', commands, first));
  if (!entry) return [];
  if (current.startsWith('-')) return choose(optionsOf(entry), current);
  const kind = kindOfNext(entry, rest);
  return kind === undefined ? [] : choose(await wordsOf(kind, rest, env), current);
}

/** What the next word is, from the words behind the command. */
function kindOfNext(entry: CommandEntry, words: readonly string[]): Kind | undefined {
  const last = words.at(-1);
  if (last !== undefined && takesValue(entry, last)) {
    return OPTION_VALUES[last] ?? valuesIn(entry, last);
  }
  const isValue = (word: string, i: number) => i > 0 && takesValue(entry, words[i - 1]!) && word;
  const plain = words.filter((word, i) => !word.startsWith('-') && !isValue(word, i));
  const [subject, ...more] = plain;
  const subjects = POSITIONALS[entry.name];
  if (subject === undefined) return subjects;
  const known = Array.isArray(subjects) ? resolved('word', subjects, subject) : subject;
  const isOpen = more.length === 0 || entry.name === 'originate';
  return isOpen ? POSITIONALS[`${entry.name} ${known}`] : undefined;
}

/** In the help a word in capitals, or several to choose from, stand behind such an option. */
function takesValue({ help }: CommandEntry, option: string): boolean {
  return (
    option.startsWith('-') && new RegExp(`(^|[\\s[])${option} ([A-Z]|\\w+\\|)`, 'm').test(help)
  );
}

function valuesIn({ help }: CommandEntry, option: string): string[] | undefined {
  if (option === '-o') return /-o json\|yaml/.test(help) ? ['json', 'yaml'] : ['json', 'table'];
  const found = new RegExp(`${option} ([\\w-]+(?:\\|[\\w-]+)+)`).exec(help);
  return found?.[1]?.split('|');
}

function optionsOf({ help }: CommandEntry): string[] {
  const found = help.matchAll(/(?<=^|[\s[])--?[a-z][a-z0-9-]*/gm);
  return [...new Set([...Array.from(found, ([option]) => option), '--help'])];
}

async function wordsOf(kind: Kind, words: readonly string[], env: CommandIo['env']) {
  if (typeof kind !== 'string') return kind;
  const given = words[words.indexOf('--api') + 1];
  const api = apiPath(words.includes('--api') ? given : undefined, env);
  try {
    return await LIVE[kind]((path) => getDocument(api, path));
  } catch {
    return []; // a shell is no place for errors: without a daemon there are no names
  }
}

function choose(words: readonly string[], start: string): string[] {
  return new Words(
    'word',
    [...new Set(words)].filter((word) => word !== ''),
  ).startingWith(start);
}

function resolved(kind: string, words: readonly string[], text: string): string | undefined {
  const found = words.includes(text) ? [text] : new Words(kind, words).startingWith(text);
  return found.length === 1 ? found[0] : undefined;
}

function column(rows: unknown, key: string): string[] {
  return (rows as Rows).map((row) => String(row[key]));
}
