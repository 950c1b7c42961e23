import t from 'tap';
import { Fib } from '../../src/fib/fib.ts';
import type { KernelRoute, RouteTarget } from '../../src/fib/kernel.ts';
import { formatTarget } from '../../src/fib/route-target.ts';
import { CatbirdError } from '../../src/net/error.ts';
import { formatPrefix, parseAddress, parsePrefix } from '../../src/net/text.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { memoryLab } from '../support/kernel-lab.ts';
import type { MemoryKernel } from '../support/memory-kernel.ts';

const TABLE = 254;
const PROTOCOL = 12;
const BLACKHOLE: RouteTarget = { type: 'blackhole', nextHops: [], metric: 0 };
const A = cidr('10.244.1.0/26');
const B = cidr('10.244.2.0/26');
const V6 = cidr('fd64::/122');

/** A started FIB on a fresh kernel, past initial convergence. */
async function openFib(leftovers: readonly KernelRoute[] = [], isReleased = true) {
  const { kernel } = memoryLab();
  for (const route of leftovers) kernel.put(route);
  const clock = new FakeClock();
  const settings = { enabled: true, protocol: PROTOCOL, table: TABLE };
  const fib = new Fib({ kernel, clock, settings, log: silentLog });
  await fib.start();
  if (isReleased) fib.release();
  await fib.flush();
  /** Lets time pass, and all work that falls due be done. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await fib.flush();
    clock.advance(0);
    await fib.flush();
  };
  const shown = () =>
    kernel
      .routes()
      .map((r) => `${formatPrefix(r.prefix)} ${formatTarget(r.target)} proto ${r.protocol}`)
      .sort();
  const did = () =>
    kernel.applied.splice(0).map((o) => `${o.action} ${formatPrefix(o.prefix)} ${o.target.metric}`);
  return { kernel, clock, fib, pass, shown, did };
}

t.test('installs, changes and removes a route (FIB-11, FIB-16)', async (t) => {
  const { fib, pass, shown, did } = await openFib();
  fib.want(A, via('10.9.0.2'));
  t.equal(fib.stateOf(A), 'pending');
  await pass(0);
  t.same(shown(), ['10.244.1.0/26 unicast via 10.9.0.2 dev lan0 metric 1024 proto 12']);
  t.equal(fib.stateOf(A), 'installed');
  fib.want(A, via('10.9.0.3'));
  await pass(0);
  t.same(shown(), ['10.244.1.0/26 unicast via 10.9.0.3 dev lan0 metric 1024 proto 12']);
  fib.unwant(A);
  await pass(0);
  t.same(shown(), []);
  t.equal(fib.stateOf(A), 'none');
  t.equal(fib.size, 0);
  t.same(did(), [
    'add 10.244.1.0/26 1024',
    'replace 10.244.1.0/26 1024',
    'delete 10.244.1.0/26 1024',
  ]);
});

t.test('only the last word of a turn reaches the kernel', async (t) => {
  const { fib, pass, did } = await openFib();
  fib.want(A, via('10.9.0.2'));
  fib.want(A, via('10.9.0.3'));
  fib.want(B, via('10.9.0.3'));
  fib.unwant(B);
  await pass(0);
  t.same(did(), ['add 10.244.1.0/26 1024']);
});

t.test('a metric change adds the new route before it deletes the old one (FIB-15)', async (t) => {
  const { fib, pass, did, shown } = await openFib();
  fib.want(A, via('10.9.0.2', 1024));
  await pass(0);
  fib.want(A, via('10.9.0.2', 512));
  await pass(0);
  fib.want(A, BLACKHOLE);
  await pass(0);
  t.same(did(), [
    'add 10.244.1.0/26 1024',
    'add 10.244.1.0/26 512',
    'delete 10.244.1.0/26 1024',
    'add 10.244.1.0/26 0',
    'delete 10.244.1.0/26 512',
  ]);
  t.same(shown(), ['10.244.1.0/26 blackhole metric 0 proto 12']);
});

t.test('an IPv6 blackhole becomes a route of metric 1024 by replacement', async (t) => {
  const { fib, pass, did, shown } = await openFib();
  fib.want(V6, BLACKHOLE);
  await pass(0);
  fib.want(V6, via('fd09::2', 1024));
  await pass(0);
  t.same(did(), ['add fd64::/122 0', 'replace fd64::/122 1024']);
  t.same(shown(), ['fd64::/122 unicast via fd09::2 dev lan0 metric 1024 proto 12']);
  await pass(30_000);
  t.same(did(), [], 'and reads back as wanted');
});

t.test('leftovers stay until released, then are pruned or updated without a gap', async (t) => {
  const stale = own(B, via('10.9.0.2'));
  const changed = own(A, via('10.9.0.2'));
  const { fib, pass, did, shown } = await openFib([stale, changed], false);
  fib.want(A, via('10.9.0.3'));
  fib.want(cidr('10.244.3.0/26'), via('10.9.0.3'));
  await pass(0);
  t.same(did(), ['add 10.244.3.0/26 1024'], 'only what is new');
  t.equal(fib.stateOf(A), 'pending');
  fib.release();
  await pass(0);
  t.same(did(), ['replace 10.244.1.0/26 1024', 'delete 10.244.2.0/26 1024']);
  t.same(shown(), [
    '10.244.1.0/26 unicast via 10.9.0.3 dev lan0 metric 1024 proto 12',
    '10.244.3.0/26 unicast via 10.9.0.3 dev lan0 metric 1024 proto 12',
  ]);
});

t.test('a leftover that is wanted costs no write', async (t) => {
  const { fib, pass, did } = await openFib([own(A, via('10.9.0.2'))], false);
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  t.equal(fib.stateOf(A), 'installed');
  fib.release();
  await pass(60_000);
  t.same(did(), []);
});

t.test('leftovers of one prefix with other metrics are pruned', async (t) => {
  const leftovers = [100, 200, 1024].map((metric) => own(A, via('10.9.0.2', metric)));
  const { fib, pass, shown } = await openFib(leftovers, false);
  fib.want(A, via('10.9.0.2', 1024));
  fib.release();
  await pass(0);
  t.same(shown(), ['10.244.1.0/26 unicast via 10.9.0.2 dev lan0 metric 1024 proto 12']);
});

t.test('a foreign route is never replaced; its removal makes room at once (FIB-13)', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  const foreign = { ...own(A, via('10.9.0.9')), protocol: 80 };
  kernel.put(foreign);
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  t.equal(fib.stateOf(A), 'rejected');
  t.match([...fib.routes()], [{ prefix: '10.244.1.0/26', state: 'foreign', error: /EEXIST/ }]);
  t.same(shown(), ['10.244.1.0/26 unicast via 10.9.0.9 dev lan0 metric 1024 proto 80']);
  kernel.remove(foreign);
  await pass(0);
  t.equal(fib.stateOf(A), 'installed');
});

t.test('a foreign route that vanished without an event is retried (FIB-13)', async (t) => {
  const { kernel, fib, pass } = await openFib();
  const foreign = { ...own(A, via('10.9.0.9')), protocol: 80 };
  kernel.put(foreign);
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  kernel.removeSilently(foreign);
  await pass(2000);
  t.equal(fib.stateOf(A), 'installed');
});

t.test('a foreign route of another metric coexists (FIB-13)', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  kernel.put({ ...own(A, via('10.9.0.9', 512)), protocol: 80 });
  fib.want(A, via('10.9.0.2', 1024));
  await pass(0);
  t.equal(shown().length, 2);
  fib.unwant(A);
  await pass(0);
  t.same(shown(), ['10.244.1.0/26 unicast via 10.9.0.9 dev lan0 metric 512 proto 80']);
});

t.test('a route someone deletes is back at once (FIB-14)', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  kernel.remove(own(A, via('10.9.0.2')));
  await pass(0);
  t.equal(shown().length, 1);
});

t.test('a route of our protocol that nobody wants is pruned (FIB-14)', async (t) => {
  const { kernel, pass, shown } = await openFib();
  kernel.put(own(A, via('10.9.0.2')));
  await pass(0);
  t.same(shown(), []);
});

t.test('a route someone replaces by a foreign one is not fought over', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  kernel.put({ ...own(A, via('10.9.0.9')), protocol: 4 });
  await pass(0);
  t.equal(fib.stateOf(A), 'rejected');
  t.same(shown(), ['10.244.1.0/26 unicast via 10.9.0.9 dev lan0 metric 1024 proto 4']);
});

t.test('a route that is withheld leaves the kernel, and comes back (RIB-3)', async (t) => {
  const { fib, pass, shown, did } = await openFib([own(B, via('10.9.0.2'))], false);
  const nowhere = { type: 'unreachable', nextHops: [], metric: 1024, withheld: 'no way' } as const;
  fib.want(A, via('10.9.0.2'));
  fib.want(B, nowhere);
  await pass(0);
  t.equal(shown().length, 2, 'a leftover forwards until initial convergence is over');
  fib.release();
  await pass(0);
  t.equal(shown().length, 1);
  fib.want(A, nowhere);
  await pass(0);
  t.same(shown(), []);
  t.equal(fib.stateOf(A), 'none');
  t.match([...fib.routes()][0], { type: 'unreachable', state: 'missing', error: 'no way' });
  did();
  await pass(30_000);
  t.same(did(), [], 'a read has nothing to say about it');
  fib.retarget(() => via('10.9.0.3'));
  await pass(0);
  t.equal(shown().length, 2);
});

t.test('what others did to a route is shown, with how often', async (t) => {
  const { kernel, fib, pass } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  t.match([...fib.routes()], [{ contest: null }]);
  kernel.by = 4242;
  kernel.put({ ...own(A, via('10.9.0.9')), protocol: 4 });
  await pass(0);
  const contest = {
    did: 'replaced',
    protocol: 4,
    metric: 1024,
    port: 4242,
    losses: 1,
    retryInSec: 0,
  };
  t.match([...fib.routes()], [{ state: 'foreign', contest }]);
  t.equal(fib.counters.drifted, 1);
});

const FIGHTS: readonly [string, (kernel: MemoryKernel) => void][] = [
  ['deletes a route of ours', (kernel) => kernel.remove(own(A, via('10.9.0.2')))],
  ['changes a route of ours', (kernel) => kernel.put(own(A, via('10.9.0.9')))],
  ['adds routes of our protocol', (kernel) => kernel.put(own(B, via('10.9.0.9')))],
  [
    'replaces a route of ours, and takes it away',
    (kernel) => {
      const foreign = { ...own(A, via('10.9.0.9')), protocol: 4 };
      kernel.put(foreign);
      kernel.remove(foreign);
    },
  ],
];

for (const [what, strike] of FIGHTS) {
  t.test(`against a writer that ${what} again and again, we back off (FIB-14)`, async (t) => {
    const { kernel, fib, pass, did, shown } = await openFib();
    fib.want(A, via('10.9.0.2'));
    await pass(0);
    const before = shown();
    const strikeBack = () => {
      if (shown().join() === before.join()) strike(kernel);
    };
    did();
    for (let tick = 0; tick < 3; tick++) {
      strikeBack();
      await pass(0);
      t.equal(did().length, 1, 'made good at once at first');
    }
    for (let tick = 0; tick < 600; tick++) {
      strikeBack();
      await pass(1000);
    }
    const writes = did().length;
    t.ok(writes > 5 && writes < 20, `${writes} writes in ten minutes`);
    t.equal(fib.figures().contested, 1);
    await pass(120_000);
    t.same(shown(), before, 'and it is put right in the end');
    t.equal(fib.figures().contested, 0);
    await pass(180_000);
    did();
    strikeBack();
    await pass(0);
    t.equal(did().length, 1, 'an old quarrel is forgotten');
    await fib.stop();
  });
}

t.test('a new word of ours is written whatever the quarrel', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  for (let i = 0; i < 8; i++) {
    kernel.remove(own(A, via('10.9.0.2')));
    await pass(0);
  }
  t.same(shown(), []);
  t.match([...fib.routes()], [{ state: 'missing', error: /deleted by another program \d times/ }]);
  fib.want(A, via('10.9.0.3'));
  await pass(0);
  t.equal(shown().length, 1);
});

t.test('losing an interface is nobody’s fault', async (t) => {
  const { kernel, fib, pass } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  for (let flap = 0; flap < 10; flap++) {
    kernel.setLink('lan0', false);
    await pass(1000);
    kernel.setLink('lan0', true);
    await pass(1000);
    t.equal(fib.stateOf(A), 'installed');
  }
  t.match([...fib.routes()], [{ contest: null }]);
});

t.test('disputes beyond a bound are forgotten, the oldest first', async (t) => {
  const { kernel, fib, pass } = await openFib();
  const target = via('10.9.0.2');
  const prefixes = Array.from({ length: 10_100 }, (_, i) => cidr(`101.${i >> 8}.${i & 255}.0/24`));
  for (const prefix of prefixes) fib.want(prefix, target);
  await pass(0);
  for (let i = 0; i < 4; i++) {
    for (const prefix of prefixes) kernel.remove(own(prefix, target));
    await pass(0);
  }
  await pass(4000);
  t.equal([...fib.routes()].filter(({ contest }) => contest).length, 10_000);
  t.equal([...fib.routes()].filter(({ state }) => state !== 'installed').length, 0);
});

t.test('routes lost with an interface come back with it', async (t) => {
  const { kernel, fib, pass } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  kernel.setLink('lan0', false);
  await pass(500);
  t.equal(fib.stateOf(A), 'rejected');
  t.match([...fib.routes()], [{ state: 'failed', error: /ENETDOWN/ }]);
  kernel.setLink('lan0', true);
  await pass(0);
  t.equal(fib.stateOf(A), 'installed');
});

t.test('lost events are made up for by a read', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  kernel.removeSilently(own(A, via('10.9.0.2')));
  kernel.overrun();
  await pass(1000);
  t.equal(shown().length, 1);
});

t.test('without any hint a sweep finds what is missing', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  kernel.removeSilently(own(A, via('10.9.0.2')));
  await pass(30_000);
  t.equal(shown().length, 1);
});

t.test('what happens during a read counts after it', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  kernel.duringScan = () => {
    kernel.duringScan = () => {};
    kernel.remove(own(A, via('10.9.0.2')));
  };
  await pass(30_000);
  t.equal(shown().length, 1, 'the deletion seen too early is not lost');
});

t.test('a bad route is tried again with back-off and delays no other', async (t) => {
  const { kernel, fib, pass, did } = await openFib();
  let isBad = true;
  kernel.fault = ({ prefix }) =>
    isBad && formatPrefix(prefix) === '10.244.1.0/26' ? 'ENOMEM' : undefined;
  fib.want(A, via('10.9.0.2'));
  fib.want(B, via('10.9.0.2'));
  await pass(0);
  t.equal(fib.stateOf(B), 'installed');
  t.equal(fib.stateOf(A), 'rejected');
  did();
  for (let second = 0; second < 20; second++) await pass(1000);
  t.equal(did().length, 3, 'after 2, 6 and 14 seconds');
  isBad = false;
  for (let second = 0; second < 20; second++) await pass(1000);
  t.equal(fib.stateOf(A), 'installed');
  t.equal(fib.problemCount, 0);
});

const REFUSALS = [
  'EPERM',
  'EACCES',
  'ENOMEM',
  'ENOBUFS',
  'EINVAL',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENODEV',
  'EOPNOTSUPP',
];

for (const errno of REFUSALS) {
  t.test(`${errno} of one route is that route’s alone, told and tried again`, async (t) => {
    const { kernel, fib, pass, did } = await openFib();
    let isBad = true;
    kernel.fault = ({ prefix }) =>
      isBad && formatPrefix(prefix) === '10.244.1.0/26' ? errno : undefined;
    for (const prefix of [A, B, V6]) fib.want(prefix, BLACKHOLE);
    await pass(0);
    t.same(
      [A, B, V6].map((prefix) => fib.stateOf(prefix)),
      ['rejected', 'installed', 'installed'],
    );
    t.match([...fib.routes()][0], { state: 'failed', error: new RegExp(`\\(${errno}\\)$`) });
    t.same([...fib.figures().counters.refusals], [[errno, 1]]);
    t.equal(fib.figures().states.failed, 1, 'as many as `show fib` shows');
    fib.unwant(B);
    await pass(0);
    t.equal(fib.stateOf(B), 'none', 'others go on');
    did();
    for (let second = 0; second < 300; second++) await pass(1000);
    const attempts = did().length;
    t.ok(attempts >= 7 && attempts <= 16, `${attempts} attempts in five minutes`);
    isBad = false;
    await pass(62_000);
    t.equal(fib.stateOf(A), 'installed');
    t.equal(fib.problemCount, 0);
    await fib.stop();
  });
}

t.test(
  'a delete that is refused is tried again, one that finds nothing is done (ESRCH)',
  async (t) => {
    const { kernel, fib, pass, shown } = await openFib();
    fib.want(A, BLACKHOLE);
    fib.want(B, BLACKHOLE);
    await pass(0);
    kernel.fault = ({ action }) => (action === 'delete' ? 'ENOMEM' : undefined);
    kernel.removeSilently(own(B, BLACKHOLE));
    fib.unwant(A);
    await pass(0);
    t.equal(shown().length, 1);
    kernel.fault = () => undefined;
    fib.unwant(B);
    await pass(0);
    t.equal(fib.stateOf(B), 'none');
    await pass(2000);
    t.same(shown(), []);
    t.equal(fib.size, 0);
  },
);

t.test('the old route outlives a passing error of the new one, not a lasting one', async (t) => {
  const { kernel, fib, pass, shown } = await openFib();
  fib.want(A, via('10.9.0.2', 1024));
  await pass(0);
  kernel.fault = ({ target }) => (target.metric === 512 ? 'ENOBUFS' : undefined);
  fib.want(A, via('10.9.0.3', 512));
  await pass(0);
  t.equal(shown().length, 1);
  kernel.fault = () => undefined;
  fib.want(A, via('203.0.113.1', 600));
  await pass(0);
  t.same(shown(), [], 'a next hop nobody stands for any more must not forward');
});

t.test('a kernel that refuses everything is tried again later', async (t) => {
  const { kernel, fib, pass, clock } = await openFib();
  kernel.refusal = new CatbirdError('CATBIRD_NO_PRIVILEGE', 'no');
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  t.equal(fib.stateOf(A), 'pending');
  kernel.refusal = undefined;
  await pass(5000);
  t.equal(fib.stateOf(A), 'installed');
  await fib.stop();
  t.equal(clock.pendingTimers, 0);
});

t.test('stopping leaves the kernel untouched and nothing running (START-3)', async (t) => {
  const { kernel, fib, pass, shown, clock } = await openFib();
  fib.want(A, via('10.9.0.2'));
  await pass(0);
  await fib.stop();
  kernel.remove(own(A, via('10.9.0.2')));
  fib.want(B, via('10.9.0.2'));
  await pass(60_000);
  t.same(shown(), []);
  t.equal(clock.pendingTimers, 0);
});

t.test('next hops that resolve differently move all their routes', async (t) => {
  const { fib, pass, shown, did } = await openFib();
  const old = via('10.9.0.2');
  const fresh = via('10.9.0.3');
  const other = via('10.9.0.7');
  fib.want(A, old);
  fib.want(B, old);
  fib.want(cidr('10.244.3.0/26'), other);
  await pass(0);
  did();
  let asked = 0;
  fib.retarget((target) => {
    asked++;
    return target === old ? fresh : target;
  });
  await pass(0);
  t.equal(asked, 2, 'once per target');
  t.same(did(), ['replace 10.244.1.0/26 1024', 'replace 10.244.2.0/26 1024']);
  t.equal(shown().length, 3);
});

t.test('shows routes as `show fib` prints them', async (t) => {
  const { fib, pass } = await openFib();
  const nextHops = [{ via: parseAddress('192.0.2.7')!, dev: 'tunl0', onlink: true }];
  fib.want(A, { type: 'unicast', nextHops, metric: 1024 });
  await pass(0);
  t.same(
    [...fib.routes()],
    [
      {
        prefix: '10.244.1.0/26',
        type: 'unicast',
        nextHops: [{ via: '192.0.2.7', dev: 'tunl0', onlink: true, weight: 1 }],
        metric: 1024,
        protocol: 12,
        state: 'installed',
        error: null,
        contest: null,
      },
    ],
  );
});

t.test('many routes go out in batches and are all counted', async (t) => {
  const { fib, pass } = await openFib();
  const target = via('10.9.0.2');
  for (let i = 0; i < 10_000; i++) fib.want(cidr(`101.${i >> 8}.${i & 255}.0/24`), target);
  await pass(0);
  t.equal(fib.counters.written, 10_000);
  t.equal(fib.size, 10_000);
});

t.test('a disabled FIB wants nothing', async (t) => {
  const { kernel } = memoryLab();
  const settings = { enabled: false, protocol: PROTOCOL, table: TABLE };
  const fib = new Fib({ kernel, clock: new FakeClock(), settings, log: silentLog });
  await fib.start();
  fib.want(A, BLACKHOLE);
  await fib.flush();
  t.equal(fib.stateOf(A), 'none');
  t.same(kernel.routes(), []);
});

function own(prefix: KernelRoute['prefix'], target: RouteTarget): KernelRoute {
  return { prefix, target, table: TABLE, protocol: PROTOCOL };
}

function via(gateway: string, metric = 1024): RouteTarget {
  const nextHops = [{ via: parseAddress(gateway)!, dev: 'lan0' }];
  return { type: 'unicast', nextHops, metric };
}

function cidr(text: string) {
  return parsePrefix(text)!;
}
