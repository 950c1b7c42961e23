/**
 * The read views of the API as pages, for the looking glass and for scripts: the same documents, only read, with
 * listings cut to pages so that no answer is long.
 *
 * - `fields=a,b` leaves of an object, or of each of a list, only these keys.
 * - A listing is `{rows, isComplete}`; `limit` and `offset` choose rows among those that its filters keep.
 */
import { CatbirdError } from '../net/error.ts';
import { jsonAnswer, type WebAnswer, type WebPage, type WebRequest } from './page.ts';
import type { TimeBudget } from './time-budget.ts';

/** What is read: one document, or rows of a listing. */
export type Reading =
  | { readonly value: unknown }
  | { readonly rows: Iterable<unknown>; readonly keeps?: ((row: never) => boolean) | undefined };

export interface Reader {
  /** There is something to be read. */
  isReady(): boolean;
  /**
   * @param path below the prefix of the page, with its slash
   * @returns undefined for what there is not
   * @throws CatbirdError for a request that means nothing
   */
  read(path: string, query: URLSearchParams): Reading | undefined;
}

const LIMIT = 100;
const LONGEST = 500;
const FARTHEST = 100_000;
/** Rows looked at for one answer; more would let one request run for a second and longer. */
const MOST_LOOKED_AT = 200_000;
const ROWS_PER_SLICE = 256;

/** @param prefix of their paths, without a slash at the end */
export function readPages(prefix: string, reader: Reader, budget: TimeBudget): WebPage {
  return {
    path: `${prefix}/`,
    hasChildren: true,
    isLarge: true,
    async answer(request) {
      if (!reader.isReady()) return jsonAnswer(503, { error: 'there is no configuration yet' });
      try {
        const path = request.path.slice(prefix.length);
        const answer = await budget.spend(() =>
          request.isGone() ? GONE : read(reader, path, request),
        );
        return 'body' in answer ? answer : jsonAnswer(200, await collect(answer, request, budget));
      } catch (error) {
        if (!(error instanceof CatbirdError)) throw error;
        return jsonAnswer(400, { error: error.message });
      }
    },
  };
}

const GONE = jsonAnswer(503, { error: 'nobody waits for it' });

interface Listing {
  readonly rows: Iterable<unknown>;
  readonly keeps: (row: never) => boolean;
  readonly offset: number;
  readonly limit: number;
}

/** A document is made into text here, where its time counts. */
function read(reader: Reader, path: string, { query }: WebRequest): WebAnswer | Listing {
  const reading = reader.read(path, query);
  if (!reading) return jsonAnswer(404, { error: 'there is no such thing here' });
  const { fields } = Object.fromEntries(query);
  if ('value' in reading) return jsonAnswer(200, choose(reading.value, fields?.split(',')));
  const { rows, keeps = () => true } = reading;
  const offset = numberOf(query, 'offset', 0, FARTHEST);
  return { rows, keeps, offset, limit: numberOf(query, 'limit', LIMIT, LONGEST) };
}

async function collect(
  { rows, keeps, offset, limit }: Listing,
  { isGone }: WebRequest,
  budget: TimeBudget,
): Promise<{ rows: unknown[]; isComplete: boolean }> {
  const found: unknown[] = [];
  const iterator = rows[Symbol.iterator]();
  let [looked, kept] = [0, 0];
  /** @returns true when it is over, and whether nothing is left */
  const look = (): boolean | undefined => {
    for (let i = 0; i < ROWS_PER_SLICE; i++) {
      const { done, value } = iterator.next();
      if (done) return true;
      if (found.length === limit || looked++ === MOST_LOOKED_AT) return false;
      if (keeps(value as never) && kept++ >= offset) found.push(value);
    }
    return undefined;
  };
  for (;;) {
    const isComplete = isGone() ? false : await budget.spend(look);
    if (isComplete !== undefined) return { rows: found, isComplete };
  }
}

function choose(value: unknown, fields: readonly string[] | undefined): unknown {
  if (!fields) return value;
  if (Array.isArray(value)) return value.map((each) => choose(each, fields));
  const entries = Object.entries(value as object).filter(([key]) => fields.includes(key));
  return Object.fromEntries(entries);
}

/** @throws CatbirdError for what is no number in range */
function numberOf(query: URLSearchParams, name: string, absent: number, most: number): number {
  const text = query.get(name);
  if (text === null) return absent;
  if (/^\d{1,6}$/.test(text) && Number(text) <= most) return Number(text);
  throw new CatbirdError('CATBIRD_API_REQUEST', `${name} is a number from 0 to ${most}`);
}
