/** Sessions at a prompt, as documents print them: `$ command` and what it answers. */

export interface Exchange {
  /** What is typed behind `$ `. */
  readonly command: string;
  /** The lines it answers. */
  readonly answer: readonly string[];
}

/** Takes a block apart. */
export function exchangesOf(text: string): readonly Exchange[] {
  const parts = text.split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const [command = '', ...answer] = part.trimEnd().split('\n');
    return { command, answer: answer.length === 0 ? [''] : answer };
  });
}

/**
 * True when an answer is the one that is printed. Runs of blanks are one, and `…` in a line stands for
 * anything; as a line of its own for any lines.
 */
export function matches(printed: readonly string[], answered: readonly string[]): boolean {
  const pattern = printed.map((line) => (line.trim() === '…' ? '(.*\n)*?' : `${lineOf(line)}\n`));
  return new RegExp(`^${pattern.join('')}$`).test(
    answered.map((line) => `${words(line)}\n`).join(''),
  );
}

function lineOf(line: string): string {
  const parts = words(line)
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return parts.join('.*');
}

function words(line: string): string {
  return line.trim().replace(/\s+/g, ' ');
}
