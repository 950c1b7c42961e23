/**
 * Reads the text of a selector into an expression tree (calico-datastore.md §7.1).
 *
 * There is no token stream: whether `in` or `has` is a word or a label depends on where it stands, so
 * the parser looks at the text directly. Chains of `||` and `&&` become flat lists and runs of `!` fold
 * by parity, also through parentheses; only parentheses nest, and those at most {@link MAX_DEPTH} deep, so
 * that neither parsing nor matching can exhaust the stack.
 */

export type Expression =
  | { readonly kind: 'all' | 'global' }
  | { readonly kind: 'has'; readonly label: string }
  | {
      readonly kind: 'compare';
      readonly label: string;
      readonly operator: Comparison;
      readonly value: string;
    }
  | {
      readonly kind: 'set';
      readonly label: string;
      readonly isNegated: boolean;
      readonly values: ReadonlySet<string>;
    }
  | { readonly kind: 'not'; readonly term: Expression }
  | { readonly kind: 'and' | 'or'; readonly terms: readonly Expression[] };

export type Comparison = '==' | '!=' | 'contains' | 'starts with' | 'ends with';

/** Why a text is no selector; such a selector selects nothing (§7.2). */
export interface SelectorFault {
  /** Offset into the text, in UTF-16 units from 0, of what was not understood. */
  readonly at: number;
  readonly reason: string;
}

/** Deepest nesting of parentheses that is read. */
export const MAX_DEPTH = 200;
const MAX_LABEL_LENGTH = 512;

const BLANKS = /[ \t]*/y;
const LABEL = /[A-Za-z0-9_./-]+/y;
const FUNCTION = /(has|all|global)\(/y;
const END_OF_WORD = '(?![A-Za-z0-9_./-])';
const COMPARISONS: readonly (readonly [Comparison, RegExp])[] = [
  ['==', /==/y],
  ['!=', /!=/y],
  ['contains', new RegExp(`contains${END_OF_WORD}`, 'y')],
  ['starts with', new RegExp(`starts[ \\t]*with${END_OF_WORD}`, 'y')],
  ['ends with', new RegExp(`ends[ \\t]*with${END_OF_WORD}`, 'y')],
];
const IN = new RegExp(`in${END_OF_WORD}`, 'y');
const NOT_IN = new RegExp(`not[ \\t]*in${END_OF_WORD}`, 'y');

/** Reads a whole selector; empty or blank text is `all()`. Never throws. */
export function parseExpression(text: string): Expression | SelectorFault {
  try {
    return new Parser(text).selector();
  } catch (error) {
    if (error instanceof Misread) return { at: error.at, reason: error.message };
    throw error;
  }
}

/** Carries a fault out of the descent; never leaves this file. */
class Misread extends Error {
  readonly at: number;

  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  selector(): Expression {
    this.#skipBlanks();
    if (this.#at === this.#text.length) return { kind: 'all' };
    const expression = this.#or();
    this.#skipBlanks();
    if (this.#at < this.#text.length) {
      throw this.#misread("expected '&&', '||' or the end");
    }
    return expression;
  }

  #or(): Expression {
    const terms = [this.#and()];
    while (this.#takes('||')) terms.push(this.#and());
    return terms.length === 1 ? terms[0]! : { kind: 'or', terms };
  }

  #and(): Expression {
    const terms = [this.#operation()];
    while (this.#takes('&&')) terms.push(this.#operation());
    return terms.length === 1 ? terms[0]! : { kind: 'and', terms };
  }

  #operation(): Expression {
    let isNegated = false;
    while (this.#takes('!')) isNegated = !isNegated;
    const term = this.#primary();
    if (!isNegated) return term;
    return term.kind === 'not' ? term.term : { kind: 'not', term };
  }

  #primary(): Expression {
    if (this.#takes('(')) return this.#parenthesised();
    const name = this.#match(FUNCTION)?.slice(0, -1);
    if (name === undefined) return this.#labelOperation();
    const expression: Expression =
      name === 'has'
        ? { kind: 'has', label: this.#label() }
        : { kind: name === 'all' ? 'all' : 'global' };
    this.#expect(')');
    return expression;
  }

  #parenthesised(): Expression {
    if (++this.#depth > MAX_DEPTH) {
      throw this.#misread(`parentheses are nested deeper than ${MAX_DEPTH}`);
    }
    const inner = this.#or();
    this.#expect(')');
    this.#depth--;
    return inner;
  }

  #labelOperation(): Expression {
    const label = this.#label();
    this.#skipBlanks();
    for (const [operator, pattern] of COMPARISONS) {
      if (this.#match(pattern) !== undefined) {
        return { kind: 'compare', label, operator, value: this.#string() };
      }
    }
    if (this.#match(IN) !== undefined) return this.#set(label, false);
    if (this.#match(NOT_IN) !== undefined) return this.#set(label, true);
    throw this.#misread(`expected an operator after the label '${clip(label)}'`);
  }

  #set(label: string, isNegated: boolean): Expression {
    const values = new Set<string>();
    this.#expect('{');
    while (!this.#takes('}')) {
      values.add(this.#string());
      if (this.#takes(',')) continue;
      this.#expect('}');
      break;
    }
    return { kind: 'set', label, isNegated, values };
  }

  #label(): string {
    this.#skipBlanks();
    const start = this.#at;
    const label = this.#match(LABEL);
    if (label === undefined) throw this.#misread('expected a label name');
    if (label.length <= MAX_LABEL_LENGTH) return label;
    throw new Misread(start, `a label name has at most ${MAX_LABEL_LENGTH} characters`);
  }

  #string(): string {
    this.#skipBlanks();
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") throw this.#misread('expected a quoted string');
    const end = this.#text.indexOf(quote, this.#at + 1);
    if (end < 0) throw this.#misread('this string is not closed');
    const value = this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
    return value;
  }

  #takes(symbol: string): boolean {
    this.#skipBlanks();
    if (!this.#text.startsWith(symbol, this.#at)) return false;
    this.#at += symbol.length;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#takes(symbol)) throw this.#misread(`expected '${symbol}'`);
  }

  #skipBlanks(): void {
    this.#match(BLANKS);
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  #misread(reason: string): Misread {
    return new Misread(this.#at, reason);
  }
}

function clip(label: string): string {
  return label.length > 40 ? `${label.slice(0, 40)}…` : label;
}
