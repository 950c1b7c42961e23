/** Man pages from what the program says of itself: the command table, and the schema of the configuration. */

/**
 * catbird(8).
 *
 * @param catalog entries with `name`, `summary` and `help`
 */
export function commandPage(catalog) {
  return `${[
    '.\\" Written by scripts/docs.mjs from the help of the commands; do not edit.',
    `.TH CATBIRD 8 ${DATE}`,
    '.SH NAME',
    'catbird \\- BGP route distribution for Calico nodes and plain Linux',
    '.SH SYNOPSIS',
    '.B catbird',
    '.I command',
    '.RI [ options ]',
    '.SH DESCRIPTION',
    ...paragraph(DESCRIPTION),
    '.SH COMMANDS',
    ...paragraph(
      'Commands and views may be shortened as long as they stay unambiguous: catbird expl 192.0.2.1.',
    ),
    ...catalog.flatMap(commandSection),
    ...fixedSections(COMMAND_SECTIONS),
    '.SH SEE ALSO',
    '.BR catbird.yaml (5),',
    '.BR ip\\-route (8)',
  ].join('\n')}\n`;
}

/**
 * catbird.yaml(5).
 *
 * @param keys as `schemaKeys` of reference.mjs lists them
 */
export function configurationPage(keys) {
  const sections = [...new Set(keys.map(({ section }) => section))];
  return `${[
    '.\\" Written by scripts/docs.mjs from the schema of the configuration; do not edit.',
    `.TH CATBIRD.YAML 5 ${DATE}`,
    '.SH NAME',
    'catbird.yaml \\- configuration of catbird',
    '.SH DESCRIPTION',
    ...paragraph(CONFIGURATION),
    ...sections.flatMap((section) => [
      `.SH ${roff(section.toUpperCase())}`,
      ...keys.filter((key) => key.section === section).flatMap(keyEntry),
    ]),
    '.SH EXAMPLES',
    '.nf',
    ...EXAMPLE.split('\n').map(escapeLine),
    '.fi',
    '.SH SEE ALSO',
    '.BR catbird (8)',
  ].join('\n')}\n`;
}

/** When their form last changed; the day of the build would make every build another. */
const DATE = '2026-11-24';

const DESCRIPTION = `Catbird speaks BGP-4 with neighbors, chooses routes, brings them into the kernel, and announces what this
node has. catbird run is the daemon; the other commands look into it and steer it over a unix socket, or work on files.`;

const CONFIGURATION = `One YAML or JSON document. Unknown keys are errors; catbird check --config FILE tells every fault with
its line. Durations are seconds, or 90s, 2m, 1h30m. What a change of a key does to a running daemon stands in
brackets: none, soft (announcements or kernel routes move in place), refresh (what neighbors sent is judged again), reset (that
session restarts), all (every session restarts), restart (takes effect at the next start of the process).`;

const EXAMPLE = `router: { asNumber: 64512, routerId: 192.0.2.1 }
neighbors:
  - name: tor
    address: 192.0.2.254
    asNumber: 64500
    export: [own]
policies:
  own:
    - { match: { prefixes: [10.0.0.0/8+] }, action: accept }
    - { action: reject }`;

const COMMAND_SECTIONS = {
  'EXIT STATUS': [
    ['0', 'done'],
    ['1', 'the answer is no, or what was given is not valid'],
    ['2', 'wrong usage'],
    ['3', 'no daemon answers'],
  ],
  ENVIRONMENT: [
    ['CATBIRD_API', 'unix socket of the daemon, where --api does not say'],
    ['NO_COLOR', 'no colors in the log'],
    ['', "catbird run, render and plan also take the variables of calico-node's environment."],
  ],
  FILES: [
    ['/etc/catbird/catbird.yaml', 'the configuration, where the service unit looks'],
    ['/run/catbird/catbird.sock', 'the API; with .read and .broker behind it, for groups'],
    ['/var/lib/catbird', 'the last good configuration, and what agents have announced'],
  ],
  SIGNALS: [
    ['SIGHUP', 'reads the configuration again'],
    ['SIGTERM', 'ends without a word to the neighbors, which go on forwarding'],
    ['SIGINT', 'ends with a Cease to all neighbors'],
  ],
};

function fixedSections(sections) {
  return Object.entries(sections).flatMap(([title, entries]) => [
    `.SH ${title}`,
    ...entries.flatMap(([term, text]) =>
      term === '' ? ['.PP', ...paragraph(text)] : tagged(term, text),
    ),
  ]);
}

/** Usage lines, then paragraphs and lists of terms, as the help has them. */
function commandSection({ name, summary, help }) {
  const [usage, ...blocks] = help.split('\n\n');
  return [
    `.SS ${roff(name)}`,
    ...paragraph(`${summary[0].toUpperCase()}${summary.slice(1)}.`),
    '.PP',
    '.nf',
    ...usage.split('\n').map(escapeLine),
    '.fi',
    ...blocks.flatMap(blockLines),
  ];
}

function blockLines(block) {
  const lines = block.split('\n').filter((line) => line.trim() !== '');
  const items = [];
  for (const line of lines) {
    const [, term, text] = /^ {2}(\S.*?)(?: {2,}(\S.*))?$/.exec(line) ?? [];
    if (term !== undefined) items.push({ term, texts: text === undefined ? [] : [text] });
    else if (line.startsWith('   ') && items.length > 0) items.at(-1).texts.push(line.trim());
    else items.push({ texts: [line] });
  }
  return items.flatMap(({ term, texts }, i) => {
    if (term !== undefined) return tagged(term, texts.join(' '));
    const isNew = i === 0 || items[i - 1].term !== undefined;
    return [...(isNew ? ['.PP'] : []), ...paragraph(texts.join(' '))];
  });
}

function keyEntry({ path, type, isRequired, fallback, change, text }) {
  const facts = [type, isRequired ? 'required' : fallback && `default ${fallback}`];
  const first = facts.filter(Boolean).join('; ');
  const effect = change ? ` [${change}]` : '';
  const rest = text === '' ? '' : ` ${text[0].toUpperCase()}${text.slice(1)}.`;
  return tagged(path, `${first}${effect}.${rest}`);
}

function tagged(term, text) {
  return ['.TP', `.B ${roff(term)}`, ...paragraph(text)];
}

/** Broken behind every sentence, as man pages should be, and never wide. */
function paragraph(text) {
  const words = plain(text).split(/\s+/).filter(Boolean);
  const lines = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && roff(`${line} ${word}`).length > 78) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word : `${line} ${word}`;
    if (/[.!?]$/.test(word) && !/^(?:e\.g|i\.e)\.$/.test(word)) {
      lines.push(line);
      line = '';
    }
  }
  if (line !== '') lines.push(line);
  return lines.map(escapeLine);
}

/** Markdown as text. */
function plain(text) {
  return text.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1').replaceAll('`', '');
}

const NAMED = { '−': '\\-', '…': '...', '→': '->', '–': '-', '≥': '>=', '≤': '<=' };

function roff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/[−…→–≥≤]/g, (character) => NAMED[character])
    .replace(
      /[^ -~]/g,
      (character) => `\\[u${character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}]`,
    );
}

/** A line that begins with a dot or an apostrophe would be a request. */
function escapeLine(line) {
  const text = roff(line);
  return /^[.']/.test(text) ? `\\&${text}` : text;
}
