/** Who hears what a scene does: a reader at the terminal, or a test that only counts the claims. */

export interface Narrator {
  say(text: string): void;
  /** A command that was run `at` a host, with its output. */
  command(at: string, argv: readonly string[], output: string): void;
  /** A claim that was found to hold after waiting `sec`. */
  holds(claim: string, sec: number): void;
}

/** Nobody hears anything. */
export const SILENT: Narrator = {
  say: () => undefined,
  command: () => undefined,
  holds: () => undefined,
};

const MAX_OUTPUT_LINES = 24;

/** Tells the story on standard output. */
export class TerminalNarrator implements Narrator {
  say(text: string): void {
    console.log(`\n${text}`);
  }

  command(at: string, argv: readonly string[], output: string): void {
    const lines = output.trimEnd().split('\n');
    const shown = lines.slice(0, MAX_OUTPUT_LINES);
    if (lines.length > shown.length) shown.push(`… ${lines.length - shown.length} more lines`);
    console.log(`\n  ${at}$ ${argv.join(' ')}\n${shown.map((line) => `    ${line}`).join('\n')}`);
  }

  holds(claim: string, sec: number): void {
    console.log(`  ok  ${claim} (${sec.toFixed(1)} s)`);
  }
}
