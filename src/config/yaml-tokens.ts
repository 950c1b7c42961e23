/**
 * YAML text as tokens, read no deeper than a configuration ever is: the parser gives up its stack
 * recursively, and composing recurses too, which near the end of our own stack can abort the process.
 */
import { type CST, Lexer, type LineCounter, Parser } from 'yaml';

/** Deepest nesting of tokens; a document, seven levels of collections and their scalars take less. */
const MAX_DEPTH = 50;

/** @returns the tokens; or the offset where the text nests too deeply */
export function readTokens(text: string, lines: LineCounter): CST.Token[] | number {
  const parser = new Parser(lines.addNewLine);
  const tokens: CST.Token[] = [];
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) tokens.push(token);
    if (parser.stack.length > MAX_DEPTH) return parser.offset;
  }
  for (const token of parser.end()) tokens.push(token);
  return tokens;
}
