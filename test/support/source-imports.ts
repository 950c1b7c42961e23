/** Reads TypeScript sources for the architecture test: what each imports, and which globals it touches. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

export interface SourceImport {
  /** As written: `../net/text.ts`, `zod`, `node:fs`. */
  readonly specifier: string;
  /** True when nothing of it is left at run time. */
  readonly isTypeOnly: boolean;
}

export interface SourceFile {
  /** Below the root, with forward slashes: `bgp/wire/open.ts`. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly SourceImport[];
  /** `Date.now`, `setTimeout`, `process.env`, …: dotted names that are read or called. */
  readonly names: ReadonlySet<string>;
  /** True when the file does nothing but re-export. */
  readonly isBarrel: boolean;
}

/** All TypeScript files below `root`, sorted. */
export function readSources(root: string): SourceFile[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => readSource(root, path));
}

function readSource(root: string, path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const imports: SourceImport[] = [];
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    const found = importOf(node);
    if (found) imports.push(found);
    const name = nameOf(node);
    if (name) names.add(name);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  const isBarrel =
    tree.statements.length > 0 &&
    tree.statements.every((node) => ts.isExportDeclaration(node) && node.moduleSpecifier);
  return { path, text, imports, names, isBarrel };
}

function importOf(node: ts.Node): SourceImport | undefined {
  if (ts.isImportDeclaration(node)) {
    const isTypeOnly = isErased(node.importClause);
    return { specifier: textOf(node.moduleSpecifier), isTypeOnly };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
    return { specifier: textOf(node.moduleSpecifier), isTypeOnly: node.isTypeOnly };
  }
  if (ts.isCallExpression(node) && isLoader(node.expression)) {
    return { specifier: textOf(node.arguments[0]!), isTypeOnly: false };
  }
  return undefined;
}

/** `import(…)`, or `createRequire(…)(…)`. */
function isLoader(callee: ts.Expression): boolean {
  if (callee.kind === ts.SyntaxKind.ImportKeyword) return true;
  if (!ts.isCallExpression(callee) || !ts.isIdentifier(callee.expression)) return false;
  return callee.expression.text === 'createRequire';
}

/** `import type …`, or `import { type A, type B } …`. */
function isErased(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name || !bindings || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function textOf(node: ts.Expression): string {
  return ts.isStringLiteralLike(node) ? node.text : '';
}

function nameOf(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    return `${node.expression.text}.${node.name.text}`;
  }
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) return node.expression.text;
  return undefined;
}
