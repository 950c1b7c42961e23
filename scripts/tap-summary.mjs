/**
 * Reads the TAP stream of a run: counts tests, shortens what passed and shows in full what failed.
 *
 * A test is a test point directly in a file (`t.test(…)`, or a bare assertion beside them). A file that
 * has none counts as one test: skipped when it says so, otherwise failed.
 */

const POINT = /^( {4})?(not )?ok \d+(?: - (.*?))?(?: # (SKIP|TODO|time)\b.*)?$/i;

export class TapSummary {
  passed = 0;
  failed = 0;
  skipped = 0;

  #print;
  #block = [];
  #testsInFile = 0;

  /** @param {(text: string) => void} print takes one line or block at a time */
  constructor(print) {
    this.#print = print;
  }

  /** @param {string} line one line of TAP, without its end */
  read(line) {
    this.#block.push(line);
    const point = POINT.exec(line);
    if (!point) return;
    const [, indent, not, name, directive] = point;
    const outcome = not ? 'failed' : directive?.toUpperCase() === 'SKIP' ? 'skipped' : 'passed';
    if (indent) this.#countTest(outcome);
    else this.#endFile(outcome, name ?? '', line);
  }

  #countTest(outcome) {
    this.#testsInFile++;
    this[outcome]++;
  }

  #endFile(outcome, name, line) {
    if (this.#testsInFile === 0 && outcome !== 'passed') this[outcome]++;
    if (outcome === 'failed') this.#print(this.#block.join('\n'));
    else if (outcome === 'skipped') this.#print(line.replace(/^ok \d+ - /, 'skip '));
    else this.#print(`ok   ${name} (${this.#testsInFile})`);
    this.#block = [];
    this.#testsInFile = 0;
  }
}
