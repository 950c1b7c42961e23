/** Where a value was written, so that faults can point at it. */
import type { DatastoreFault } from './snapshot.ts';

/** A place in a text; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One parsed document: plain data (objects, arrays, texts, numbers, booleans, null), never cyclic. */
export interface SourceDocument {
  readonly value: unknown;
  /** The place of the value at `path`, or of the nearest one around it that exists. */
  locate(path: readonly PropertyKey[]): Place | undefined;
}

/** Builds a fault about an object or a whole file; `file` is filled in by whoever knows it. */
export function faultAt(
  place: Place | undefined,
  about: {
    readonly object?: string;
    readonly path?: readonly PropertyKey[];
    readonly reason: string;
  },
): DatastoreFault {
  return {
    object: about.object,
    file: undefined,
    line: place?.line,
    column: place?.column,
    path: formatPath(about.path ?? []),
    reason: about.reason,
  };
}

/** `spec.filters[0]`, `metadata.annotations["projectcalico.org/ASNumber"]`. */
export function formatPath(path: readonly PropertyKey[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (!/^\w+$/.test(String(step))) text += `[${JSON.stringify(String(step))}]`;
    else text += text === '' ? String(step) : `.${String(step)}`;
  }
  return text;
}
