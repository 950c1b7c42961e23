/** See generated-files.mjs. */
export function generatedFiles(parts: {
  readonly catalog: readonly { name: string; summary: string; help: string }[];
  readonly schema: Readonly<Record<string, unknown>>;
  readonly impacts: object;
  read(path: string): string;
}): Iterable<[path: string, text: string]>;
