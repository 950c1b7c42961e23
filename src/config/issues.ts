/** What is wrong with a document, by path; positions come from the text it was read from. */
import { z } from 'zod';
import { documentSchema } from './schema.ts';
import { nearest } from './suggest.ts';
import { show } from './values.ts';

export type IssuePath = readonly (string | number)[];

export interface ConfigIssue {
  readonly path: IssuePath;
  /** Plain words, completing "path: …". */
  readonly reason: string;
  /** True when the key itself is meant, not its value. */
  readonly isAboutKey: boolean;
}

/** One issue per fault and per unknown key. */
export function issuesOf(error: z.ZodError, document: unknown): ConfigIssue[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key));
    return [{ path, reason: reasonOf(issue, valueAt(document, path)), isAboutKey: false }];
  });
}

function unknownKey(path: IssuePath, key: string): ConfigIssue {
  const suggestion = nearest(key, keysAt(path));
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return { path: [...path, key], reason: `there is no such key${hint}`, isAboutKey: true };
}

function reasonOf(issue: z.core.$ZodIssue, value: unknown): string {
  if (issue.code !== 'invalid_type') return issue.message;
  const expected = issue.expected === 'array' ? 'a list' : 'a mapping';
  return value === undefined
    ? `is required: ${expected}`
    : `expected ${expected}, found ${show(value)}`;
}

function valueAt(document: unknown, path: IssuePath): unknown {
  let value = document;
  for (const part of path) value = (value as Record<string | number, unknown> | undefined)?.[part];
  return value;
}

/** The keys the schema knows at a path. */
function keysAt(path: IssuePath): readonly string[] {
  let schema: unknown = documentSchema;
  for (const part of path) schema = inner(unwrap(schema), part);
  const found = unwrap(schema);
  return found instanceof z.ZodObject ? Object.keys(found.shape) : [];
}

function inner(schema: unknown, part: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[part];
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

function unwrap(schema: unknown): unknown {
  const isWrapped = schema instanceof z.ZodOptional || schema instanceof z.ZodLazy;
  return isWrapped ? unwrap(schema.unwrap()) : schema;
}
