/** Prints one record as indented text: `key: value` lines, nested parts indented. */

/** The record as text, ending in a newline; empty parts are left out. */
export function formatRecord(record: object, indent = ''): string {
  return Object.entries(record)
    .map(([key, value]) => formatEntry(key, value, indent))
    .join('');
}

function formatEntry(key: string, value: unknown, indent: string): string {
  if (value === null || value === undefined) return `${indent}${key}: -\n`;
  if (Array.isArray(value)) return `${indent}${key}:${formatList(value, indent)}`;
  if (typeof value === 'object') return `${indent}${key}:\n${formatRecord(value, `${indent}  `)}`;
  return `${indent}${key}: ${String(value)}\n`;
}

function formatList(values: readonly unknown[], indent: string): string {
  if (values.every((value) => typeof value !== 'object')) return ` ${values.join(', ') || '-'}\n`;
  return `\n${values.map((value) => formatItem(value, `${indent}  `)).join('')}`;
}

function formatItem(value: unknown, indent: string): string {
  if (typeof value !== 'object' || value === null) return `${indent}- ${String(value)}\n`;
  const text = formatRecord(value, `${indent}  `);
  return `${indent}- ${text.slice(indent.length + 2)}`;
}
