/** What every Kernel must do, whatever is behind it. */
import type { Test } from 'tap';
import {
  collectRoutes,
  type Kernel,
  type KernelChange,
  type KernelRoute,
  type RouteOperation,
  type RouteTarget,
} from '../../src/fib/kernel.ts';
import { formatTarget } from '../../src/fib/route-target.ts';
import type { Prefix } from '../../src/net/prefix.ts';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../../src/net/text.ts';

/**
 * A kernel with interface `lan0` (10.9.0.1/24, fd09::1/64), `tunl0` without an address, both up, and the
 * hands of someone else.
 */
export interface KernelLab {
  readonly kernel: Kernel;
  /** Someone else adds a route; gateways on lan0. */
  addForeign(route: KernelRoute): void;
  removeForeign(route: KernelRoute): void;
  setLink(name: string, isUp: boolean): void;
}

/** What an implementation cannot do by its nature. */
export interface KernelTraits {
  /** Changes come without details, as overruns. */
  readonly tellsOverrunOnly?: boolean;
  /** Nothing is really written, hence nothing is refused. */
  readonly isDry?: boolean;
}

const TABLE = 254;
const PROTOCOL = 12;

/** Runs the contract; `open` makes a fresh lab with empty tables, `close` takes it down. */
export function testKernel(
  t: Test,
  open: () => Promise<KernelLab>,
  close: (lab: KernelLab) => Promise<void>,
  traits: KernelTraits = {},
): void {
  const check = (name: string, body: (t: Test, lab: KernelLab) => Promise<void>) => {
    t.test(name, async (t) => {
      const lab = await open();
      t.teardown(() => close(lab));
      await body(t, lab);
    });
  };
  testWrites(check);
  testReads(check);
  if (!traits.isDry) testRefusals(check);
  testEvents(check, traits);
}

type Check = (name: string, body: (t: Test, lab: KernelLab) => Promise<void>) => void;

function testWrites(check: Check): void {
  check('adds, replaces and deletes a unicast route (FIB-11)', async (t, { kernel }) => {
    await ok(t, kernel, [add('100.64.0.0/26', via('10.9.0.2'))]);
    t.same(await own(kernel), ['100.64.0.0/26 unicast via 10.9.0.2 dev lan0 metric 1024']);
    await ok(t, kernel, [replace('100.64.0.0/26', via('10.9.0.3'))]);
    t.same(await own(kernel), ['100.64.0.0/26 unicast via 10.9.0.3 dev lan0 metric 1024']);
    await ok(t, kernel, [remove('100.64.0.0/26', via('10.9.0.3'))]);
    t.same(await own(kernel), []);
  });

  check('adds a blackhole without a metric (FIB-12)', async (t, { kernel }) => {
    await ok(t, kernel, [add('100.64.1.0/26', BLACKHOLE)]);
    t.same(await own(kernel), ['100.64.1.0/26 blackhole metric 0']);
    await ok(t, kernel, [remove('100.64.1.0/26', BLACKHOLE)]);
    t.same(await own(kernel), []);
  });

  check('spreads a route over several next hops with weights (FIB-10)', async (t, { kernel }) => {
    const target = unicast([hop('10.9.0.2'), { ...hop('10.9.0.3'), weight: 5 }]);
    await ok(t, kernel, [add('100.64.2.0/24', target)]);
    const text =
      '100.64.2.0/24 unicast via 10.9.0.2 dev lan0 via 10.9.0.3 dev lan0 weight 5 metric 1024';
    t.same(await own(kernel), [text]);
  });

  check('keeps routes of one prefix apart by metric', async (t, { kernel }) => {
    await ok(t, kernel, [
      add('100.64.3.0/24', via('10.9.0.2', 512)),
      add('100.64.3.0/24', via('10.9.0.3', 1024)),
      remove('100.64.3.0/24', via('10.9.0.2', 512)),
    ]);
    t.same(await own(kernel), ['100.64.3.0/24 unicast via 10.9.0.3 dev lan0 metric 1024']);
  });

  check('takes an onlink gateway behind tunl0 (FIB-9)', async (t, { kernel }) => {
    const nextHops = [{ via: parseAddress('192.0.2.7')!, dev: 'tunl0', onlink: true }];
    await ok(t, kernel, [add('100.64.4.0/26', unicast(nextHops))]);
    const text = '100.64.4.0/26 unicast via 192.0.2.7 dev tunl0 onlink metric 1024';
    t.same(await own(kernel), [text]);
  });

  check(
    'spreads a route over 16 next hops, and over fewer again (FIB-10)',
    async (t, { kernel }) => {
      for (const [prefix, base, family] of [
        ['100.64.12.0/24', '10.9.0.', 'ipv4-unicast'],
        ['fd64:12::/64', 'fd09::', 'ipv6-unicast'],
      ] as const) {
        const widths = [16, 2, 1, 16].map((width) =>
          unicast(Array.from({ length: width }, (_, i) => hop(`${base}${i + 2}`))),
        );
        await ok(t, kernel, [add(prefix, widths[0]!)]);
        for (const target of widths.slice(1)) {
          await ok(t, kernel, [replace(prefix, target)]);
          const [found, ...others] = await collectRoutes(kernel, { family, protocol: PROTOCOL });
          t.equal(others.length, 0);
          t.equal(found?.target.nextHops.length, target.nextHops.length);
        }
        await ok(t, kernel, [remove(prefix, widths[0]!)]);
        t.same(await own(kernel, family), []);
      }
    },
  );

  check('takes an IPv6 next hop of an IPv4 route (RFC 8950)', async (t, { kernel }) => {
    const linkLocal = { via: parseAddress('fe80::7')!, dev: 'lan0' };
    await ok(t, kernel, [
      add('100.64.13.0/24', via('fd09::7')),
      add('100.64.14.0/24', unicast([linkLocal])),
      add('100.64.15.0/24', unicast([linkLocal, hop('10.9.0.2')])),
    ]);
    t.same(await own(kernel), [
      '100.64.13.0/24 unicast via fd09::7 dev lan0 metric 1024',
      '100.64.14.0/24 unicast via fe80::7 dev lan0 metric 1024',
      '100.64.15.0/24 unicast via fe80::7 dev lan0 via 10.9.0.2 dev lan0 metric 1024',
    ]);
  });

  check('keeps tables apart', async (t, { kernel }) => {
    const operations = [add('100.64.16.0/24', via('10.9.0.2'))];
    for (const table of [100, 100_000]) {
      t.same(await kernel.apply({ table, protocol: PROTOCOL, operations }), []);
      const found = await collectRoutes(kernel, { family: 'ipv4-unicast', table });
      t.same(found.map(format), ['100.64.16.0/24 unicast via 10.9.0.2 dev lan0 metric 1024']);
      t.match(found, [{ table, protocol: PROTOCOL }]);
    }
    t.same(await own(kernel), [], 'nothing of it in main');
    const gone = [remove('100.64.16.0/24', via('10.9.0.2'))];
    for (const table of [100, 100_000]) {
      t.same(await kernel.apply({ table, protocol: PROTOCOL, operations: gone }), []);
    }
  });

  check('takes the largest metric (PRIO-4)', async (t, { kernel }) => {
    await ok(t, kernel, [add('0.0.0.0/0', via('10.9.0.2', 2147483547))]);
    t.same(await own(kernel), ['0.0.0.0/0 unicast via 10.9.0.2 dev lan0 metric 2147483547']);
  });

  check('does the same for IPv6, where metric 0 means 1024', async (t, { kernel }) => {
    await ok(t, kernel, [
      add('fd64::/122', via('fd09::2')),
      add('fd64:1::/122', BLACKHOLE),
      add('fd64:2::/64', unicast([hop('fd09::2'), hop('fd09::3')])),
    ]);
    t.same(await own(kernel, 'ipv6-unicast'), [
      'fd64:1::/122 blackhole metric 1024',
      'fd64:2::/64 unicast via fd09::2 dev lan0 via fd09::3 dev lan0 metric 1024',
      'fd64::/122 unicast via fd09::2 dev lan0 metric 1024',
    ]);
    await ok(t, kernel, [
      replace('fd64:1::/122', via('fd09::3')),
      replace('fd64::/122', BLACKHOLE),
      remove('fd64:2::/64', unicast([hop('fd09::2'), hop('fd09::3')])),
    ]);
    t.same(await own(kernel, 'ipv6-unicast'), [
      'fd64:1::/122 unicast via fd09::3 dev lan0 metric 1024',
      'fd64::/122 blackhole metric 1024',
    ]);
  });
}

function testRefusals(check: Check): void {
  check('never replaces a foreign route by adding (FIB-13)', async (t, { kernel, addForeign }) => {
    const foreign = route('100.64.5.0/24', via('10.9.0.9'), 4);
    addForeign(foreign);
    const errors = await apply(kernel, [add('100.64.5.0/24', via('10.9.0.2'))]);
    t.match(errors, [{ index: 0, errno: 'EEXIST' }]);
    t.same(await own(kernel), []);
  });

  check('never deletes a foreign route of the same prefix (FIB-15)', async (t, lab) => {
    lab.addForeign(route('100.64.6.0/24', via('10.9.0.9', 1024), 4));
    lab.addForeign(route('100.64.6.0/24', via('10.9.0.9', 512), 4));
    const errors = await apply(lab.kernel, [
      remove('100.64.6.0/24', via('10.9.0.9', 1024)),
      remove('100.64.6.0/24', via('10.9.0.9', 0)),
    ]);
    t.same(
      errors.map(({ errno }) => errno),
      ['ESRCH', 'ESRCH'],
    );
    const left = await collectRoutes(lab.kernel, { family: 'ipv4-unicast', protocol: 4 });
    t.equal(left.length, 2);
  });

  check('maps errors of a large batch to their operations', async (t, { kernel }) => {
    const operations = Array.from({ length: 1000 }, (_, i) => {
      const prefix = `100.${70 + (i >> 8)}.${i & 255}.0/24`;
      if (i % 100 === 7) return add(prefix, via('203.0.113.1'));
      if (i % 100 === 8) return remove(prefix, via('10.9.0.2'));
      if (i === 500) return add(prefix, unicast([{ ...hop('10.9.0.2'), dev: 'absent0' }]));
      return add(prefix, via('10.9.0.2'));
    });
    const errors = await apply(kernel, operations);
    const expected = operations.flatMap((_, i) => {
      if (i % 100 === 7) return [`${i} ENETUNREACH`];
      if (i % 100 === 8) return [`${i} ESRCH`];
      return i === 500 ? ['500 ENODEV'] : [];
    });
    t.same(
      errors.map(({ index, errno }) => `${index} ${errno}`),
      expected,
    );
    t.ok(
      errors.every(({ reason }) => reason.length > 0),
      'each with a reason',
    );
    t.equal((await own(kernel)).length, 1000 - expected.length);
  });

  check('refuses a second add of the same prefix and metric', async (t, { kernel }) => {
    await ok(t, kernel, [add('100.64.7.0/24', via('10.9.0.2'))]);
    const errors = await apply(kernel, [add('100.64.7.0/24', via('10.9.0.3'))]);
    t.match(errors, [{ index: 0, errno: 'EEXIST' }]);
  });
}

function testReads(check: Check): void {
  check('reads 20,000 routes back completely', async (t, { kernel }) => {
    const operations = Array.from({ length: 20_000 }, (_, i) =>
      add(`101.${i >> 8}.${i & 255}.0/24`, via('10.9.0.2')),
    );
    await ok(t, kernel, operations);
    const found = await own(kernel);
    t.equal(found.length, 20_000);
    t.equal(new Set(found).size, 20_000);
  });

  check('reads by table and protocol', async (t, { kernel, addForeign }) => {
    addForeign(route('100.64.8.0/24', via('10.9.0.9'), 80));
    await ok(t, kernel, [add('100.64.9.0/24', via('10.9.0.2'))]);
    const filter = { family: 'ipv4-unicast', table: TABLE } as const;
    const others = await collectRoutes(kernel, { ...filter, exceptProtocol: PROTOCOL });
    t.same(others.filter(({ protocol }) => protocol === 80).map(format), [
      '100.64.8.0/24 unicast via 10.9.0.9 dev lan0 metric 1024',
    ]);
    t.notOk(others.some(({ protocol }) => protocol === PROTOCOL));
    t.same(await collectRoutes(kernel, { ...filter, table: 4242 }), []);
  });

  check('lists interfaces and addresses', async (t, { kernel }) => {
    const links = (await kernel.dumpLinks()).filter(({ isUp }) => isUp).map(({ name }) => name);
    t.ok(links.includes('lan0') && links.includes('tunl0'), links.join());
    const addresses = (await kernel.dumpAddresses()).filter((a) => a.interface === 'lan0');
    const texts = addresses
      .filter(({ isUp, isGlobalScope, isSecondary }) => isUp && isGlobalScope && !isSecondary)
      .map(({ address, prefixLength }) => `${formatAddress(address)}/${prefixLength}`);
    t.same(texts.sort(), ['10.9.0.1/24', 'fd09::1/64']);
  });
}

function testEvents(check: Check, traits: KernelTraits): void {
  check('tells what others do to routes', async (t, { kernel, addForeign, removeForeign }) => {
    const foreign = route('100.64.10.0/24', via('10.9.0.9'), 4);
    const isAbout = (change: KernelChange, action: string) =>
      change.kind === 'route' &&
      change.action === action &&
      format(change.route) === format(foreign);
    for (const [action, act] of [
      ['added', addForeign],
      ['removed', removeForeign],
    ] as const) {
      const seen = await changeAfter(
        kernel,
        () => act(foreign),
        (change) => (traits.tellsOverrunOnly ? change.kind === 'overrun' : isAbout(change, action)),
      );
      t.ok(seen, action);
    }
  });

  check('tells every watcher when an interface goes down', async (t, { kernel, setLink }) => {
    const isIt = (change: KernelChange) =>
      traits.tellsOverrunOnly
        ? change.kind === 'overrun'
        : change.kind === 'link' && change.name === 'lan0' && change.state === 'down';
    const first = changeAfter(kernel, () => {}, isIt);
    const second = changeAfter(kernel, () => setLink('lan0', false), isIt);
    await kernel.dumpLinks(); // must not swallow the news
    t.same(await Promise.all([first, second]), [true, true]);
  });

  if (traits.tellsOverrunOnly) return;
  check('does not tell of its own changes', async (t, { kernel, addForeign }) => {
    const heard: KernelChange[] = [];
    const unwatch = kernel.watch((change) => heard.push(change));
    const operations = Array.from({ length: 100 }, (_, i) =>
      add(`100.65.${i}.0/24`, via('10.9.0.2')),
    );
    await ok(t, kernel, operations);
    const last = route('100.64.11.0/24', via('10.9.0.9'), 4);
    await changeAfter(
      kernel,
      () => addForeign(last),
      (change) => change.kind === 'route',
    );
    unwatch();
    t.notOk(heard.some((change) => change.kind === 'route' && change.route.protocol === PROTOCOL));
  });
}

/** Acts, and resolves when a fitting change is told; the test's own timeout is the limit. */
function changeAfter(
  kernel: Kernel,
  act: () => void,
  isIt: (change: KernelChange) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 60_000); // a watch does not hold the process
    const unwatch = kernel.watch((change) => {
      if (!isIt(change)) return;
      clearInterval(keepAlive);
      unwatch();
      resolve(true);
    });
    act();
  });
}

async function ok(t: Test, kernel: Kernel, operations: RouteOperation[]): Promise<void> {
  t.same(await apply(kernel, operations), [], 'no errors');
}

function apply(kernel: Kernel, operations: RouteOperation[]) {
  return kernel.apply({ table: TABLE, protocol: PROTOCOL, operations });
}

async function own(
  kernel: Kernel,
  family: 'ipv4-unicast' | 'ipv6-unicast' = 'ipv4-unicast',
): Promise<string[]> {
  const routes = await collectRoutes(kernel, { family, table: TABLE, protocol: PROTOCOL });
  return routes.map(format).sort();
}

const BLACKHOLE: RouteTarget = { type: 'blackhole', nextHops: [], metric: 0 };

function via(gateway: string, metric = 1024): RouteTarget {
  return unicast([hop(gateway)], metric);
}

function unicast(nextHops: RouteTarget['nextHops'], metric = 1024): RouteTarget {
  return { type: 'unicast', nextHops, metric };
}

function hop(gateway: string) {
  return { via: parseAddress(gateway)!, dev: 'lan0' };
}

function add(prefix: string, target: RouteTarget): RouteOperation {
  return { action: 'add', prefix: cidr(prefix), target };
}

function replace(prefix: string, target: RouteTarget): RouteOperation {
  return { action: 'replace', prefix: cidr(prefix), target };
}

function remove(prefix: string, target: RouteTarget): RouteOperation {
  return { action: 'delete', prefix: cidr(prefix), target };
}

function route(prefix: string, target: RouteTarget, protocol: number): KernelRoute {
  return { prefix: cidr(prefix), target, table: TABLE, protocol };
}

function cidr(text: string): Prefix {
  return parsePrefix(text)!;
}

function format({ prefix, target }: { prefix: Prefix; target: RouteTarget }): string {
  return `${formatPrefix(prefix)} ${formatTarget(target)}`;
}
