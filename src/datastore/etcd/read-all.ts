/**
 * Reads all ranges at one revision, page by page: the first answer pins the revision, the others are
 * asked for with it (calico-datastore.md §4.3).
 */
import { EtcdError, STATUS } from './connection.ts';
import type { KeyRange } from './key-space.ts';
import type { Header, KeyValue, RangeRequest, RangeResponse } from './messages.ts';

/** Keys in a page; halved while answers are too large. */
const PAGE_KEYS = 500;

/**
 * @param take is given the keys of each page, and the header of the revision
 * @returns the header of the revision everything was read at
 * @throws EtcdError
 */
export async function readAll(
  ranges: readonly KeyRange[],
  range: (request: RangeRequest) => Promise<RangeResponse>,
  take: (kvs: readonly KeyValue[], header: Header) => void,
): Promise<Header> {
  let pinned: Header | undefined;
  let limit = PAGE_KEYS;
  for (const { key: start, rangeEnd } of ranges) {
    let key: string | undefined = start;
    while (key !== undefined) {
      const request: RangeRequest = { key, rangeEnd, limit, revision: pinned?.revision ?? 0 };
      const page = await range(request).catch((error: unknown) => {
        if (!isTooLarge(error) || limit === 1) throw error;
        return undefined;
      });
      if (page === undefined) {
        limit = Math.max(1, limit >> 1);
        continue;
      }
      pinned ??= page.header;
      take(page.kvs, pinned);
      key = page.more ? keyAfter(page.kvs) : undefined;
    }
  }
  return pinned!;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof EtcdError && error.status === STATUS.RESOURCE_EXHAUSTED;
}

/** An answer that says there is more and gives nothing would be asked for again for ever. */
function keyAfter(kvs: readonly KeyValue[]): string {
  const last = kvs.at(-1);
  if (!last) throw new EtcdError(STATUS.UNKNOWN, 'an empty page was not the last');
  return `${last.key}\0`;
}
