/**
 * The lines of BIRD's control protocol: a code of four digits, `-` while more follows and a blank on the
 * last line; a line with the code of the one before it begins with a blank instead.
 */

/** One line of an answer, without its code's framing. */
export type Reply = readonly [code: number, text: string];

/** An answer: its lines on demand, undefined where only work was done, the last one as the generator's result. */
export type Answer = Generator<Reply | undefined, Reply>;

export const GREETING = 1;
export const OK = 0;
export const RECONFIGURING = 4;
export const ALREADY_DISABLED = 8;
export const DISABLED = 9;
export const ALREADY_ENABLED = 10;
export const ENABLED = 11;
export const RESTARTED = 12;
export const STATUS_END = 13;
export const ROUTE_TOTAL = 14;
export const RESTRICTED = 16;
export const RECOVERING = 24;
export const VERSION = 1000;
export const INTERFACE = 1001;
export const PROTOCOL = 1002;
export const ADDRESS = 1003;
export const INTERFACE_FLAGS = 1004;
export const PROTOCOL_DETAILS = 1006;
export const ROUTE = 1007;
export const ROUTE_TYPE = 1008;
export const STATUS = 1011;
export const ROUTE_ATTRIBUTES = 1012;
export const PROTOCOL_HEADER = 2002;
export const NOT_FOUND = 8001;
export const ACCESS_DENIED = 8007;
export const SYNTAX_ERROR = 9001;

/** An answer of one line. */
// biome-ignore lint/correctness/useYield: it has nothing but its last line
export function* only(code: number, text: string): Answer {
  return [code, text];
}

/** The text lines of an answer, made one at a time; empty texts are steps in between. */
export function* encode(answer: Answer): Generator<string> {
  let before = -1;
  for (;;) {
    const { value, done } = answer.next();
    yield value ? format(value, before, done === true) : '';
    if (done) return;
    before = value?.[0] ?? before;
  }
}

function format([code, text]: Reply, before: number, isLast: boolean): string {
  const digits = String(code).padStart(4, '0');
  const head = isLast ? `${digits} ` : code === before ? ' ' : `${digits}-`;
  return `${head}${printable(text)}\n`;
}

/** A line break in a text would be read as an answer of ours; tabs are part of the format. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, '?');
}
