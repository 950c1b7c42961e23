import { setMaxListeners } from 'node:events';
import t, { type Test } from 'tap';
import type { ApiClient, WatchReader } from '../../../src/datastore/kubernetes/api-client.ts';
import {
  ApiError,
  errorOfStatus,
  type JsonObject,
} from '../../../src/datastore/kubernetes/api-error.ts';
import { Reflector, type Resource } from '../../../src/datastore/kubernetes/reflector.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const PEERS: Resource = {
  kind: 'BGPPeer',
  apiVersion: 'crd.projectcalico.org/v1',
  path: '/apis/crd.projectcalico.org/v1/bgppeers',
};

/** A request under way, which a test answers. */
interface Pending {
  readonly query: URLSearchParams;
  readonly answer: (version: string, items?: readonly JsonObject[], token?: string) => void;
  readonly fail: (error: ApiError) => void;
  /** Of a watch. */
  readonly reader: WatchReader | undefined;
  readonly end: () => void;
  readonly isAborted: () => boolean;
}

/** An API server by hand. */
class ScriptedApi implements ApiClient {
  readonly pending: Pending[] = [];
  count = 0;

  async get(): Promise<JsonObject> {
    throw new ApiError('not asked');
  }

  close(): void {}

  list(path: string, onItem: (item: JsonObject) => void, signal: AbortSignal): Promise<JsonObject> {
    return new Promise((resolve, reject) => {
      const answer: Pending['answer'] = (resourceVersion, items = [], token = '') => {
        for (const item of items) onItem(item);
        resolve({ metadata: { resourceVersion, continue: token } });
      };
      this.#add({ path, signal, answer, reject, reader: undefined, end: () => undefined });
    });
  }

  watch(path: string, reader: WatchReader, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const answer = () => reader.onBegin();
      this.#add({ path, signal, answer, reject, reader, end: resolve });
    });
  }

  #add(request: {
    path: string;
    signal: AbortSignal;
    answer: Pending['answer'];
    reject: (error: Error) => void;
    reader: WatchReader | undefined;
    end: () => void;
  }): void {
    const { path, signal, answer, reject, reader, end } = request;
    this.count++;
    setMaxListeners(0, signal);
    signal.addEventListener('abort', () => reject(new ApiError('aborted')));
    const query = new URL(path, 'http://x').searchParams;
    this.pending.push({
      query,
      answer,
      fail: reject,
      reader,
      end,
      isAborted: () => signal.aborted,
    });
  }
}

function follow(t: Test, resource: Resource = PEERS) {
  const clock = new FakeClock();
  const api = new ScriptedApi();
  let changes = 0;
  const ports = { api, clock, random: { uniform: () => 0.5 } };
  const reflector = new Reflector(resource, ports, () => changes++);
  reflector.start();
  t.teardown(() => reflector.stop());
  /** Lets promises run; time stands still. */
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  /** The next request, `ms` from now. */
  const next = async (ms = 0): Promise<Pending> => {
    await turn();
    clock.advance(ms);
    await turn();
    const request = api.pending.shift();
    if (!request) throw new Error('nothing was asked');
    return request;
  };
  const isQuiet = async (ms: number) => {
    await turn();
    clock.advance(ms);
    await turn();
    return api.pending.length === 0;
  };
  const names = () => reflector.sources.map(({ file }) => file.split('/').at(-1));
  const take = () => changes;
  return { clock, api, reflector, next, turn, isQuiet, names, changes: take };
}

const peer = (name: string, resourceVersion: string, asNumber = 1): JsonObject => ({
  metadata: { name, resourceVersion },
  spec: { asNumber },
});
const gone = () => errorOfStatus({ code: 410, reason: 'Expired', message: 'too old' });
const event = (type: string, object: JsonObject) => ({ type, object });

/** Lists once and watches from version 10. */
async function watching(t: Test, ...items: JsonObject[]) {
  const following = follow(t);
  (await following.next()).answer('10', items);
  const watch = await following.next(500);
  watch.answer('');
  return { ...following, watch };
}

t.test(
  'it lists from the cache of the server, page by page, and watches from there (§3.2)',
  async (t) => {
    const { next, names, reflector, changes } = follow(t);
    const first = await next();
    t.strictSame(Object.fromEntries(first.query), {
      limit: '500',
      resourceVersion: '0',
      resourceVersionMatch: 'NotOlderThan',
    });
    first.answer('7', [peer('a', '1')], 'more');
    const second = await next();
    t.strictSame(Object.fromEntries(second.query), { limit: '500', continue: 'more' });
    t.strictSame([reflector.standing, names()], ['starting', []], 'nothing before the last page');
    second.answer('7', [peer('b', '2')]);
    const watch = await next(500);
    t.strictSame([reflector.standing, names(), changes()], ['synced', ['a', 'b'], 1]);
    t.strictSame(Object.fromEntries(watch.query), {
      watch: 'true',
      resourceVersion: '7',
      allowWatchBookmarks: 'true',
      timeoutSeconds: '450',
    });
  },
);

t.test(
  'events change objects, bookmarks only the version, and it goes on from there (§3.2)',
  async (t) => {
    const { next, names, watch, changes } = await watching(t, peer('a', '1'), peer('b', '2'));
    watch.reader?.onEvent(event('ADDED', peer('c', '11')));
    watch.reader?.onEvent(event('DELETED', peer('a', '12')));
    watch.reader?.onEvent(event('MODIFIED', peer('b', '13', 5)));
    t.strictSame([names(), changes()], [['b', 'c'], 4]);
    watch.reader?.onEvent(event('BOOKMARK', { metadata: { resourceVersion: '90' } }));
    watch.reader?.onEvent(event('INVENTED', { metadata: { resourceVersion: '91' } }));
    t.equal(changes(), 4);
    watch.end();
    const again = await next(500);
    t.equal(again.query.get('resourceVersion'), '90');
    t.strictSame(names(), ['b', 'c']);
  },
);

t.test('what has the version it had, or says what it said, is no change (§3.2)', async (t) => {
  const { watch, changes } = await watching(t, peer('a', '1'));
  const before = changes();
  watch.reader?.onEvent(event('ADDED', peer('a', '1', 99)));
  watch.reader?.onEvent(event('MODIFIED', { ...peer('a', '14'), status: { seen: 'now' } }));
  t.equal(changes(), before);
  watch.reader?.onEvent(event('MODIFIED', peer('a', '15', 2)));
  t.equal(changes(), before + 1);
});

for (const [how, error] of [
  ['status 410', gone()],
  [
    'a version from the future',
    errorOfStatus({ code: 504, message: 'Too large resource version' }),
  ],
] as const) {
  t.test(`${how}: it lists again, and drops nothing before that is whole (§3.2)`, async (t) => {
    const { next, names, watch, changes, turn } = await watching(t, peer('a', '1'), peer('b', '2'));
    watch.fail(error);
    const list = await next(500);
    t.equal(list.query.get('resourceVersion'), '0');
    list.answer('20', [peer('b', '2')], 'more');
    const page = await next();
    t.strictSame([names(), changes()], [['a', 'b'], 1]);
    page.answer('20', [peer('c', '19')]);
    await turn();
    t.strictSame([names(), changes()], [['b', 'c'], 2]);
  });
}

t.test('an ERROR event with 410 does the same (§3.2)', async (t) => {
  const { next, watch } = await watching(t);
  const status = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' };
  try {
    watch.reader?.onEvent(event('ERROR', status));
  } catch (error) {
    watch.fail(error as ApiError);
  }
  t.equal((await next(500)).query.get('limit'), '500', 'a list');
});

t.test('a cache older than its own lists is bypassed', async (t) => {
  const { next, watch } = await watching(t);
  watch.fail(gone());
  (await next(500)).answer('10');
  (await next(500)).fail(gone());
  const list = await next(3000);
  t.equal(list.query.has('resourceVersion'), false, 'the latest, from behind the cache');
});

t.test('a token for the next page that expired: all at once then', async (t) => {
  const { next, names } = follow(t);
  (await next()).answer('7', [peer('a', '1')], 'more');
  (await next()).fail(gone());
  const whole = await next(2000);
  t.equal(whole.query.has('limit'), false);
  whole.answer('8', [peer('b', '2')]);
  await next(500);
  t.strictSame(names(), ['b']);
});

t.test('no such resource: none there, in sync, and again in 30 minutes (§3.2)', async (t) => {
  const { next, reflector, isQuiet } = follow(t);
  (await next()).fail(new ApiError('not found', { status: 404 }));
  t.ok(await isQuiet(29 * 60_000));
  t.strictSame([reflector.standing, reflector.sources], ['absent', []]);
  t.match(reflector.problem, /no such resource/);
  (await next(60_000)).answer('7', [peer('a', '1')]);
  await next(500);
  t.strictSame([reflector.standing, reflector.problem], ['synced', undefined]);
});

t.test(
  'a resource that vanishes is doubted for half a minute: servers start piece by piece',
  async (t) => {
    const { next, names, watch, reflector, turn } = await watching(t, peer('a', '1'));
    const missing = new ApiError('not found', { status: 404 });
    watch.fail(missing);
    for (const ms of [1000, 2000, 4000, 8000]) (await next(ms)).fail(missing);
    await turn();
    t.strictSame([names(), reflector.standing], [['a'], 'synced']);
    for (const ms of [15_000, 15_000]) (await next(ms)).fail(missing);
    await turn();
    t.strictSame([names(), reflector.standing], [[], 'absent']);
  },
);

t.test('no permission at first: empty, reported, and seen when it is granted', async (t) => {
  const { next, reflector, turn } = follow(t);
  (await next()).fail(new ApiError('cannot list', { status: 403 }));
  await turn();
  t.equal(reflector.standing, 'forbidden');
  t.match(reflector.problem, /no permission.*cannot list.*counts as empty/);
  (await next(1000)).answer('7', [peer('a', '1')]);
  await turn();
  t.strictSame([reflector.standing, reflector.problem], ['synced', undefined]);
});

t.test('a permission that is taken away takes nothing else', async (t) => {
  const { next, names, watch, reflector, turn } = await watching(t, peer('a', '1'));
  const refused = new ApiError('cannot watch', { status: 403 });
  watch.fail(refused);
  (await next(1000)).fail(refused);
  await turn();
  t.strictSame([names(), reflector.standing], [['a'], 'synced']);
  t.match(reflector.problem, /stays in use/);
});

t.test('an outage changes nothing, and is a fault after ten minutes (§3.2)', async (t) => {
  const { api, next, names, watch, reflector, clock, turn, changes } = await watching(
    t,
    peer('a', '1'),
  );
  const before = changes();
  watch.fail(new ApiError('connection refused'));
  const startedAt = clock.now();
  while (clock.now() - startedAt < 599_000) {
    await turn();
    for (const { fail } of api.pending.splice(0)) fail(new ApiError('connection refused'));
    clock.advance(500);
  }
  t.ok(api.count < 60, `${api.count} requests in ten minutes`);
  t.strictSame([names(), reflector.problem, changes()], [['a'], undefined, before]);
  t.ok(reflector.contactAgeMs >= 599_000, 'the silence is told from its begin');
  (await next(15_000)).fail(new ApiError('connection refused'));
  await turn();
  t.match(reflector.problem, /ten minutes/);
  const list = await next(15_000);
  t.equal(list.query.get('limit'), '500', 'five failures without progress: a list');
  list.answer('7', [peer('a', '1')]);
  await turn();
  t.strictSame([names(), reflector.problem, reflector.contactAgeMs], [['a'], undefined, 0]);
});

t.test('while nothing was ever read, what hinders it is told at once', async (t) => {
  const { next, reflector, turn } = follow(t);
  (await next()).fail(new ApiError('connection refused'));
  await turn();
  t.strictSame(
    [reflector.standing, reflector.problem],
    ['starting', 'not read yet: connection refused'],
  );
});

t.test('a watch that does not end when it should is ended (silent connection)', async (t) => {
  const { next, isQuiet, watch } = await watching(t, peer('a', '1'));
  watch.reader?.onEvent(event('ADDED', peer('b', '42')));
  t.ok(await isQuiet(464_000));
  t.equal((await next(1500)).query.get('resourceVersion'), '42');
  t.ok(watch.isAborted());
});

t.test('a server that sends bookmarks and falls silent is left after three minutes', async (t) => {
  const { next, isQuiet, watch } = await watching(t);
  watch.reader?.onEvent(event('BOOKMARK', { metadata: { resourceVersion: '11' } }));
  t.ok(await isQuiet(170_000));
  watch.reader?.onEvent(event('ADDED', peer('b', '42')));
  t.ok(await isQuiet(179_000));
  t.equal((await next(1000)).query.get('resourceVersion'), '42');
  t.ok(watch.isAborted());
});

t.test('watches that end at once are failures, and no storm', async (t) => {
  const { api, turn, clock, watch } = await watching(t);
  watch.end();
  for (let i = 0; i < 120; i++) {
    await turn();
    for (const { reader, end, answer } of api.pending.splice(0)) {
      if (reader) end();
      else answer('10');
    }
    clock.advance(500);
  }
  t.ok(api.count < 30, `${api.count} requests in a minute`);
});

t.test('a server that cannot watch, or gives no version, is polled (§3.2)', async (t) => {
  const { next, isQuiet, watch } = await watching(t);
  watch.fail(new ApiError('no', { status: 405 }));
  (await next(1000)).answer('11', [peer('a', '1')]);
  t.ok(await isQuiet(4900));
  t.equal((await next(100)).reader, undefined, 'a list');
  const other = follow(t);
  (await other.next()).answer('0', []);
  t.ok(await other.isQuiet(4900));
  t.equal((await other.next(100)).reader, undefined);
});

t.test('a server that asks for patience gets it, within reason', async (t) => {
  const { next, isQuiet } = follow(t);
  (await next()).fail(new ApiError('busy', { status: 429, retryAfterMs: 20_000 }));
  t.ok(await isQuiet(19_900));
  (await next(100)).fail(new ApiError('busy', { status: 503, retryAfterMs: 86_400_000 }));
  await next(60_000);
});

t.test('objects that are none of ours are not kept, nor what has no name', async (t) => {
  const { next, names } = follow(t, { ...PEERS, keeps: ({ spec }) => spec !== undefined });
  const nameless = [{ metadata: {} }, { metadata: null, spec: {} }, { spec: {} }];
  const odd = nameless as unknown as JsonObject[];
  (await next()).answer('7', [peer('a', '1'), { metadata: { name: 'b' } }, ...odd]);
  await next(500);
  t.strictSame(names(), ['a']);
});

t.test('a stopped one is silent, and leaves no timer', async (t) => {
  const { reflector, clock, watch, changes } = await watching(t, peer('a', '1'));
  const before = changes();
  await reflector.stop();
  t.ok(watch.isAborted());
  t.equal(clock.pendingTimers, 0);
  t.equal(changes(), before);
});
