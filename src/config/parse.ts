/** Configuration text to `Config`, or to every fault in it with its place. */
import { checkConfig } from './check.ts';
import type { IssuePath } from './issues.ts';
import type { Config } from './model.ts';
import { YamlSource } from './yaml-source.ts';

/** Something wrong in a configuration file. */
export interface ConfigFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** `neighbors[0].holdTime`; empty when the text itself is meant. */
  readonly path: string;
  /** Plain words that say what is wrong and what was expected. */
  readonly reason: string;
}

/**
 * Reads a configuration.
 *
 * @param text YAML or JSON
 * @param fileName for the faults
 * @returns the frozen configuration, or every fault in the order of the text
 */
export function parseConfig(
  text: string,
  fileName: string,
): { readonly config: Config } | { readonly faults: readonly ConfigFault[] } {
  const source = new YamlSource(text);
  const faults = source.faults.map((fault) => ({ file: fileName, path: '', ...fault }));
  if (source.value === undefined) return { faults: sorted(faults) };
  const outcome = checkConfig(source.value);
  if ('config' in outcome && faults.length === 0) return outcome;
  const issues = 'issues' in outcome ? outcome.issues : [];
  for (const { path, reason, isAboutKey } of issues) {
    const position = source.locate(path, isAboutKey);
    faults.push({ file: fileName, path: formatPath(path), reason, ...position });
  }
  return { faults: sorted(faults) };
}

/** `file:line:column: path: reason`, on one line. */
export function formatFault({ file, line, column, path, reason }: ConfigFault): string {
  return [`${file}:${line}:${column}`, path, reason].filter((part) => part !== '').join(': ');
}

/** `neighbors[0].holdTime`; keys that are no plain words are quoted. */
export function formatPath(path: IssuePath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[\w-]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

function sorted(faults: ConfigFault[]): ConfigFault[] {
  return faults.sort((a, b) => a.line - b.line || a.column - b.column);
}
