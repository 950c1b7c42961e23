/**
 * What the hand-written tables of docs/configuration.md and docs/policy.md say of each key, so that the man page, the
 * reference and editors say the same.
 */

/** Headings of the tables → where their keys are in a document. */
const PLACES = {
  router: ['router'],
  'Route selection': ['router.decision'],
  fib: ['fib'],
  brokerOwners: ['brokerOwners[]'],
  neighbors: ['neighbors[]', 'neighborRanges[]'],
  match: ['policies.*[].match'],
  set: ['policies.*[].set'],
};

/**
 * @param markdown the text of a documentation page
 * @returns Map of `router.asNumber`, `neighbors[].holdTime` to `{ fallback, text }`; both may be empty
 */
export function keyDocs(markdown) {
  const found = new Map();
  let heading = '';
  let titles = [];
  let list = '';
  for (const line of markdown.split('\n')) {
    heading = /^#{2,3} (.*)/.exec(line)?.[1] ?? heading;
    if (!line.startsWith('|')) titles = [];
    else if (titles.length === 0) titles = cellsOf(line);
    else if (!line.startsWith('|---')) {
      const cells = cellsOf(line);
      if (titles[0] === 'list') list = wordsOf(cells[0])[0] ?? (cells[0] === '' ? list : '');
      for (const [path, doc] of rowOf(cells, titles, heading, list)) found.set(path, doc);
    }
  }
  return found;
}

function* rowOf(cells, titles, heading, list) {
  const isList = titles[0] === 'list';
  const [keys, fallback, ...rest] = isList ? cells.slice(1) : cells;
  if (isList && list === '') return;
  const places = isList ? [`${list}[]`] : PLACES[heading];
  if (!places || !/^key/.test(titles[isList ? 1 : 0])) return;
  const text = rest.at(-1) ?? '';
  const isExample = titles[1] === 'example';
  for (const key of wordsOf(keys)) {
    for (const place of places) {
      yield [
        `${place}.${key}`,
        { fallback: isExample ? '' : fallback, text: withExample(isExample, fallback, text) },
      ];
    }
  }
}

function withExample(isExample, example, text) {
  if (!isExample) return text;
  return text === '' ? `as ${example}` : `${text}; as ${example}`;
}

function cellsOf(line) {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split('|')
    .map((cell) => cell.trim());
}

function wordsOf(cell) {
  return [...cell.matchAll(/`([\w.]+)`/g)].map(([, word]) => word);
}
