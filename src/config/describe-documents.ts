/** What differs between two printed configurations, object by object and key by key, for people. */
import type { PlainObject } from './plain-object.ts';

type Objects = ReadonlyMap<string, PlainObject>;

/**
 * Lines as of a diff: the object, then its keys with `-` before and `+` after; nothing for equal ones.
 *
 * @param before, after what `printConfig` gives
 */
export function describeDocuments(before: PlainObject, after: PlainObject): string[] {
  const sections = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return sections.flatMap((section) =>
    describeSection(section, objectsOf(before[section]), objectsOf(after[section])),
  );
}

function describeSection(section: string, before: Objects, after: Objects): string[] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const lines = keyLines(before.get(name) ?? {}, after.get(name) ?? {});
    return lines.length === 0 ? [] : [`${section} ${name}`.trimEnd(), ...lines];
  });
}

function keyLines(before: PlainObject, after: PlainObject): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    const [from, to] = [JSON.stringify(before[key]), JSON.stringify(after[key])];
    if (from === to) return [];
    const line = (sign: string, text: string | undefined) =>
      text === undefined ? [] : [`  ${sign} ${key}: ${text}`];
    return [...line('-', from), ...line('+', to)];
  });
}

/** Entries of lists by what they are called; policies with their rules by number; a mapping is one object. */
function objectsOf(section: unknown): Objects {
  if (Array.isArray(section)) {
    return new Map(section.map((entry) => [nameOf(entry as PlainObject), entry as PlainObject]));
  }
  const entries = Object.entries((section ?? {}) as PlainObject);
  const isNamed = entries.length > 0 && entries.every(([, value]) => Array.isArray(value));
  if (!isNamed) return new Map([['', Object.fromEntries(entries)]]);
  return new Map(entries.map(([name, rules]) => [name, rulesOf(rules as readonly unknown[])]));
}

function nameOf({ name, cidr, prefix }: PlainObject): string {
  return String(name ?? cidr ?? prefix);
}

function rulesOf(rules: readonly unknown[]): PlainObject {
  return Object.fromEntries(rules.map((rule, i) => [`rule ${i + 1}`, rule]));
}
