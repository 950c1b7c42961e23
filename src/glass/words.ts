/** How numbers, times and texts are written; nothing here knows of the page. */

/** Control, format (bidirectional overrides included), surrogate and line-separating characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** What could not be seen, or would turn the text around it, written out. */
export function visible(text: string): string {
  return text.replace(UNPRINTABLE, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** `1,234`, and with fractions only where they tell something. */
export function count(value: number): string {
  const digits = value !== 0 && Math.abs(value) < 10 ? 1 : 0;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** `4 s`, `12 min`, `3 h 20 min`, `5 d 4 h`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(0, Math.floor(seconds))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return joined(hours, 'h', minutes % 60, 'min');
  return joined(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** `3 ms`, `1.4 s`. */
export function milliseconds(ms: number): string {
  return ms < 1000 ? `${count(ms)} ms` : `${count(ms / 1000)} s`;
}

/** Cut to so many characters, the last of them saying so. */
export function shorten(text: string, most: number): string {
  const characters = [...text];
  return characters.length <= most ? text : `${characters.slice(0, most - 1).join('')}…`;
}

function joined(large: number, unit: string, small: number, smaller: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smaller}`;
}
