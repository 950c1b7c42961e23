/**
 * The looking glass: its page with what belongs to it, and what it reads. Loaded only with `--http`.
 *
 * The files are built beside the program (scripts/glass.mjs) and served as they are; the policy forbids the page
 * everything else, so that a text from a peer could do nothing even if it were taken for markup.
 */
import { readFile } from 'node:fs/promises';
import { type ApiContext, findRoute } from '../api/routes.ts';
import type { Trends } from '../daemon/trends.ts';
import type { Clock } from '../runtime/clock.ts';
import { textAnswer, type WebAnswer, type WebPage } from '../web/page.ts';
import { type Reader, type Reading, readPages } from '../web/read-pages.ts';
import { TimeBudget } from '../web/time-budget.ts';

/** What the pages look at; undefined until the daemon runs. */
export interface GlassSource {
  readonly context: ApiContext;
  readonly trends: Trends;
}

const PREFIX = '/api';
/** Of the API's paths those without configuration and commands. */
const READABLE =
  /^\/v1\/(version|status|neighbors|rib|fib|blocks|explain|(neighbors|adj-in|adj-out)\/[^/]+)$/;

const BUILT = new URL('../glass/', import.meta.url);
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/glass.js': ['glass.js', 'text/javascript; charset=utf-8'],
  '/glass.css': ['glass.css', 'text/css; charset=utf-8'],
  '/icon.svg': ['icon.svg', 'image/svg+xml'],
};

const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

/** @param source asked at each request */
export function glassPages(clock: Clock, source: () => GlassSource | undefined): WebPage[] {
  const reader: Reader = {
    isReady: () => source() !== undefined,
    read(path, query) {
      const found = source();
      return found && readView(found, path, query);
    },
  };
  return [...Object.keys(FILES).map(filePage), readPages(PREFIX, reader, new TimeBudget(clock))];
}

function readView(
  { context, trends }: GlassSource,
  path: string,
  query: URLSearchParams,
): Reading | undefined {
  if (path === '/v1/trends') return { value: trends.view() };
  const route = READABLE.test(path) ? findRoute('GET', path) : undefined;
  const answer = route?.run(context, { parameters: route.parameters, query, body: undefined });
  if (!answer) return undefined;
  if ('value' in answer) return answer;
  if ('lines' in answer) return { rows: answer.lines, keeps: answer.keeps };
  return 'list' in answer ? { rows: answer.list, keeps: answer.keeps } : undefined;
}

function filePage(path: string): WebPage {
  const [file, type] = FILES[path]!;
  return { path, answer: () => readBuilt(file, type) };
}

async function readBuilt(file: string, type: string): Promise<WebAnswer> {
  const body = await readFile(new URL(file, BUILT)).catch(() => undefined);
  if (!body) return textAnswer(503, ['the looking glass is not built: npm run build']);
  return { status: 200, type, body, headers: { 'content-security-policy': POLICY } };
}
