import t from 'tap';
import { CatbirdError } from '../../src/net/error.ts';
import type { WebAnswer } from '../../src/web/page.ts';
import { type Reading, readPages } from '../../src/web/read-pages.ts';
import { TimeBudget } from '../../src/web/time-budget.ts';
import { FakeClock } from '../support/fake-clock.ts';

/** Lets promises and deferred work go on until nothing is left of them. */
async function turns(clock: FakeClock): Promise<void> {
  for (let i = 0; i < 50; i++) {
    clock.advance(0);
    await Promise.resolve();
  }
}

const rows = function* (count: number) {
  for (let i = 0; i < count; i++) yield { i };
};

const READINGS: Readonly<Record<string, () => Reading>> = {
  '/v1/one': () => ({ value: { a: 1, b: 2, c: 3 } }),
  '/v1/each': () => ({
    value: [
      { a: 1, b: 2 },
      { a: 3, b: 4 },
    ],
  }),
  '/v1/rows': () => ({ rows: rows(1000) }),
  '/v1/odd': () => ({ rows: rows(1000), keeps: (({ i }: { i: number }) => i % 2 === 1) as never }),
  '/v1/endless': () => ({ rows: rows(Number.POSITIVE_INFINITY), keeps: () => false }),
  '/v1/wrong': () => {
    throw new CatbirdError('CATBIRD_API_REQUEST', 'it means nothing');
  },
};

interface Facts {
  readonly isGone?: () => boolean;
  readonly isReady?: () => boolean;
}

async function ask(target: string, { isGone = () => false, isReady = () => true }: Facts = {}) {
  const clock = new FakeClock();
  const reader = { isReady, read: (path: string) => READINGS[path]?.() };
  const page = readPages('/api', reader, new TimeBudget(clock));
  const [path = '', query = ''] = target.split('?');
  let found: WebAnswer | undefined;
  void Promise.resolve(page.answer({ path, query: new URLSearchParams(query), isGone })).then(
    (answer) => {
      found = answer;
    },
  );
  while (!found) {
    clock.advance(0);
    await Promise.resolve();
  }
  return { status: found.status, body: JSON.parse(String((found as WebAnswer).body)) };
}

t.test('a document comes whole, or only the keys that are asked for', async (t) => {
  t.same(await ask('/api/v1/one'), { status: 200, body: { a: 1, b: 2, c: 3 } });
  t.same((await ask('/api/v1/one?fields=a,c,toString,__proto__')).body, { a: 1, c: 3 });
  t.same((await ask('/api/v1/each?fields=b')).body, [{ b: 2 }, { b: 4 }]);
});

t.test('a listing comes page by page, of what its filter keeps', async (t) => {
  const first = (await ask('/api/v1/rows')).body;
  t.equal(first.rows.length, 100);
  t.equal(first.isComplete, false);
  const last = (await ask('/api/v1/odd?limit=500&offset=499')).body;
  t.same(last, { rows: [{ i: 999 }], isComplete: true });
  t.same((await ask('/api/v1/rows?offset=1000')).body, { rows: [], isComplete: true });
  t.equal((await ask('/api/v1/rows?offset=900')).body.isComplete, true, 'exactly the last page');
});

t.test('what is asked for has bounds', async (t) => {
  for (const query of ['limit=501', 'limit=-1', 'limit=', 'limit=1e2', 'offset=100001']) {
    t.match(await ask(`/api/v1/rows?${query}`), { status: 400, body: { error: /is a number/ } });
  }
  t.same((await ask('/api/v1/endless')).body, { rows: [], isComplete: false });
});

t.test('nobody is read for who is gone', async (t) => {
  let asked = 0;
  const isGone = () => ++asked > 2;
  t.same((await ask('/api/v1/endless', { isGone })).body, { rows: [], isComplete: false });
  t.equal((await ask('/api/v1/one', { isGone: () => true })).status, 503);
});

t.test('what there is not, what means nothing, and what is not yet', async (t) => {
  t.equal((await ask('/api/v1/none')).status, 404);
  t.same(await ask('/api/v1/wrong'), { status: 400, body: { error: 'it means nothing' } });
  t.equal((await ask('/api/v1/one', { isReady: () => false })).status, 503);
});

t.test('pages have a share of the time: who asks for more waits', async (t) => {
  const clock = new FakeClock();
  const budget = new TimeBudget(clock);
  const done: number[] = [];
  const work = (ms: number) => budget.spend(() => clock.stall(ms)).then(() => done.push(ms));
  void work(250);
  void work(1);
  void work(2);
  await turns(clock);
  t.same(done, [250], 'the first runs at once');
  clock.advance(450);
  await turns(clock);
  t.same(done, [250]);
  clock.advance(60);
  await turns(clock);
  t.same(done, [250, 1, 2], '100 ms too many cost 500 ms');
});

t.test('work that throws counts, and stops nobody', async (t) => {
  const clock = new FakeClock();
  const budget = new TimeBudget(clock);
  const failed = budget.spend(() => {
    throw new Error('no');
  });
  const other = budget.spend(() => 1);
  void turns(clock);
  await t.rejects(failed);
  t.equal(await other, 1);
});
