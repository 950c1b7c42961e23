/**
 * Calico's selector language: which nodes or workloads an object applies to, told by their labels
 * (calico-datastore.md §7). The text is read once by `selector-parser.ts`; matching walks the tree.
 */
import {
  type Comparison,
  type Expression,
  parseExpression,
  type SelectorFault,
} from './selector-parser.ts';

export type { SelectorFault } from './selector-parser.ts';

/** Labels by name; only own properties count. */
export type Labels = Readonly<Record<string, string>>;

/** A selector that was read without fault. */
export class Selector {
  readonly #expression: Expression;

  constructor(expression: Expression) {
    this.#expression = expression;
  }

  /** True when the labels satisfy the selector; labels that are missing follow §7.2. */
  matches(labels: Labels): boolean {
    return holds(this.#expression, labels);
  }

  /** The selector in one spelling, whatever blanks and parentheses it was written with. */
  toString(): string {
    return print(this.#expression);
  }
}

/**
 * Reads a selector; empty or blank text selects everything.
 *
 * @returns the selector, or where and why the text is none; the caller then lets it match nothing
 */
export function parseSelector(text: string): Selector | SelectorFault {
  const expression = parseExpression(text);
  return 'reason' in expression ? expression : new Selector(expression);
}

function holds(expression: Expression, labels: Labels): boolean {
  switch (expression.kind) {
    case 'all':
    case 'global':
      return true;
    case 'has':
      return Object.hasOwn(labels, expression.label);
    case 'not':
      return !holds(expression.term, labels);
    case 'and':
      return expression.terms.every((term) => holds(term, labels));
    case 'or':
      return expression.terms.some((term) => holds(term, labels));
    case 'compare':
      return compares(expression.operator, labelValue(labels, expression.label), expression.value);
    case 'set':
      return (
        isMember(expression.values, labelValue(labels, expression.label)) !== expression.isNegated
      );
  }
}

/** A label named like an inherited property (`constructor`) is missing unless the object owns it. */
function labelValue(labels: Labels, label: string): string | undefined {
  return Object.hasOwn(labels, label) ? labels[label] : undefined;
}

function isMember(values: ReadonlySet<string>, value: string | undefined): boolean {
  return value !== undefined && values.has(value);
}

function compares(operator: Comparison, actual: string | undefined, value: string): boolean {
  if (actual === undefined) return operator === '!=';
  switch (operator) {
    case '==':
      return actual === value;
    case '!=':
      return actual !== value;
    case 'contains':
      return actual.includes(value);
    case 'starts with':
      return actual.startsWith(value);
    case 'ends with':
      return actual.endsWith(value);
  }
}

function print(expression: Expression): string {
  switch (expression.kind) {
    case 'all':
    case 'global':
      return `${expression.kind}()`;
    case 'has':
      return `has(${expression.label})`;
    case 'not':
      return `!${printTerm(expression.term)}`;
    case 'and':
      return expression.terms.map(printTerm).join(' && ');
    case 'or':
      return expression.terms.map(printTerm).join(' || ');
    case 'compare':
      return `${expression.label} ${expression.operator} ${quote(expression.value)}`;
    case 'set': {
      const values = [...expression.values].map(quote).join(', ');
      return `${expression.label} ${expression.isNegated ? 'not in' : 'in'} {${values}}`;
    }
  }
}

function printTerm(expression: Expression): string {
  const needsParentheses = expression.kind === 'and' || expression.kind === 'or';
  return needsParentheses ? `(${print(expression)})` : print(expression);
}

/** No value holds both quotes, for the language has no escapes. */
function quote(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}
