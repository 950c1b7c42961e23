import t from 'tap';
import type { Encapsulation, FibConfig, PoolConfig } from '../../src/config/model.ts';
import { weightsOf } from '../../src/fib/multipath-weights.ts';
import {
  isRejected,
  type Resolution,
  type RoutePlanInput,
  RoutePlanner,
} from '../../src/fib/route-policy.ts';
import { formatTarget } from '../../src/fib/route-target.ts';
import { formatAddress, parseAddress, parsePrefix } from '../../src/net/text.ts';

const LOCAL_PREF_NORMAL = 2147482623;

const FIB: FibConfig = {
  enabled: true,
  protocol: 12,
  table: 254,
  metric: 'local-pref',
  maximumPaths: 16,
  multipathWeights: 'equal',
  rejectPrefixes: [],
  localSubnets: [
    { address: ip('192.0.2.1'), length: 24 },
    { address: ip('2001:db8::1'), length: 64 },
  ],
  rejectNextHops: [],
  learn: false,
  ignoredInterfaces: [],
};

/** Everything is reachable through eth0, off-subnet next hops through 192.0.2.254; or not at all. */
function factsOf(options: { hasTunnel?: boolean; isReachable?: boolean } = {}) {
  const answers = new Map<string, Resolution>();
  const state = { hasTunnel: true, isReachable: true, gateway: '192.0.2.254', ...options };
  return {
    state,
    forget: () => answers.clear(),
    isInterfaceEnabled: () => state.hasTunnel,
    resolve(nextHop: Uint8Array): Resolution {
      const text = formatAddress(nextHop);
      const isDirect = text.startsWith('192.0.2.') || text.includes(':');
      const hop = { via: isDirect ? nextHop : ip(state.gateway), dev: 'eth0' };
      const { isReachable } = state;
      const answer = answers.get(text) ?? {
        isReachable,
        igpCost: 0,
        interface: 'eth0',
        hop: isReachable ? hop : undefined,
      };
      answers.set(text, answer);
      return answer;
    },
  };
}

function plan(
  input: Partial<Omit<RoutePlanInput, 'prefix' | 'nextHops'>> & { prefix: string; via?: string[] },
  config: {
    fib?: Partial<FibConfig>;
    pools?: PoolConfig[];
    facts?: ReturnType<typeof factsOf>;
  } = {},
): string {
  const { prefix, via = [], kind = 'bgp', localPref = LOCAL_PREF_NORMAL, weights } = input;
  const facts = config.facts ?? factsOf();
  const planner = new RoutePlanner({ ...FIB, ...config.fib }, config.pools ?? [], facts);
  const nextHops = via.map(ip);
  const planned = planner.plan({ prefix: cidr(prefix), kind, localPref, nextHops, weights });
  return isRejected(planned) ? 'rejected' : formatTarget(planned);
}

t.test('metric is 2^31-1 minus LOCAL_PREF (PRIO-4, AMB-20)', async (t) => {
  const metricOf = (localPref: number, fib: Partial<FibConfig> = {}) =>
    plan({ prefix: '172.30.0.0/16', via: ['192.0.2.9'], localPref }, { fib }).split('metric ')[1];
  t.equal(metricOf(2147482623), '1024', 'Calico block');
  t.equal(metricOf(2147483135), '512', 'elevated');
  t.equal(metricOf(100), '2147483547', 'eBGP');
  t.equal(metricOf(2147483647), '0', 'none');
  t.equal(metricOf(4294967295), '0', 'beyond K: clamped');
  t.equal(metricOf(100, { metric: 77 }), '77', 'a fixed metric');
});

t.test('service ranges, and all inside, stay out of the kernel (FIB-1)', async (t) => {
  const fib = { rejectPrefixes: [cidr('203.0.113.0/24')] };
  t.equal(plan({ prefix: '203.0.113.5/32', via: ['192.0.2.9'] }, { fib }), 'rejected');
  t.equal(plan({ prefix: '203.0.113.0/24', kind: 'blackhole' }, { fib }), 'rejected');
  t.not(plan({ prefix: '203.0.112.0/23', via: ['192.0.2.9'] }, { fib }), 'rejected');
});

t.test('routes to WireGuard nodes are left to Felix (FIB-4)', async (t) => {
  const fib = { rejectNextHops: [ip('192.0.2.9')] };
  t.equal(plan({ prefix: '10.244.2.0/26', via: ['192.0.2.9'] }, { fib }), 'rejected');
  t.not(plan({ prefix: '10.244.2.0/26', via: ['192.0.2.8'] }, { fib }), 'rejected');
});

const DIRECT = 'unicast via 192.0.2.17 dev eth0 metric 1024';
const TUNNEL = 'unicast via 192.0.2.17 dev tunl0 onlink metric 1024';
const ROUTED = 'unicast via 192.0.2.254 dev eth0 metric 1024';
const FAR_TUNNEL = 'unicast via 198.51.100.7 dev tunl0 onlink metric 1024';

/** Encapsulation, programmed, next hop, what comes out. */
const POOL_CASES: readonly (readonly [Encapsulation, boolean, string, string])[] = [
  ['none', true, '192.0.2.17', DIRECT],
  ['none', true, '198.51.100.7', ROUTED],
  ['none', false, '192.0.2.17', 'rejected'],
  ['vxlan', false, '192.0.2.17', 'rejected'],
  ['ipip-always', true, '192.0.2.17', TUNNEL],
  ['ipip-always', true, '198.51.100.7', FAR_TUNNEL],
  ['ipip-always', false, '192.0.2.17', 'rejected'],
  ['ipip-cross-subnet', true, '192.0.2.17', DIRECT],
  ['ipip-cross-subnet', true, '198.51.100.7', FAR_TUNNEL],
  ['ipip-cross-subnet', false, '198.51.100.7', 'rejected'],
];

for (const [encapsulation, program, nextHop, expected] of POOL_CASES) {
  const title = `${encapsulation} pool, ${program ? '' : 'not '}programmed, via ${nextHop} (FIB-5, FIB-9)`;
  t.test(title, async (t) => {
    const pools = [poolOf('10.244.0.0/16', encapsulation, program)];
    t.equal(plan({ prefix: '10.244.2.0/26', via: [nextHop] }, { pools }), expected);
  });
}

t.test('outside all pools everything is installed (FIB-7)', async (t) => {
  const pools = [poolOf('10.244.0.0/16', 'vxlan', false)];
  t.equal(plan({ prefix: '0.0.0.0/0', via: ['192.0.2.17'] }, { pools }), DIRECT);
  t.equal(plan({ prefix: '10.0.0.0/8', via: ['192.0.2.17'] }, { pools }), DIRECT, 'around a pool');
});

t.test('without an own IPv4 subnet no pool decision is made (FIB-6)', async (t) => {
  const pools = [poolOf('10.244.0.0/16', 'ipip-always', false), poolOf('fd64::/48', 'none', false)];
  const fib = { localSubnets: [] };
  t.equal(plan({ prefix: '10.244.2.0/26', via: ['192.0.2.17'] }, { pools, fib }), DIRECT);
  t.equal(plan({ prefix: 'fd64::/122', via: ['2001:db8::9'] }, { pools, fib }), 'rejected');
});

t.test('IPv6 knows no IPIP (FIB-8)', async (t) => {
  const pools = [poolOf('fd64::/48', 'ipip-always', true)];
  const expected = 'unicast via 2001:db8::9 dev eth0 metric 1024';
  t.equal(plan({ prefix: 'fd64::/122', via: ['2001:db8::9'] }, { pools }), expected);
});

t.test('without tunl0 the plain resolved route is installed (FIB-9)', async (t) => {
  const pools = [poolOf('10.244.0.0/16', 'ipip-always', true)];
  const facts = factsOf({ hasTunnel: false });
  t.equal(plan({ prefix: '10.244.2.0/26', via: ['198.51.100.7'] }, { pools, facts }), ROUTED);
});

t.test('own blackholes have no metric and obey the pool (FIB-5, FIB-12)', async (t) => {
  const blackhole = { prefix: '10.244.3.0/26', kind: 'blackhole' } as const;
  const pool = (encapsulation: Encapsulation, program: boolean) => ({
    pools: [poolOf('10.244.0.0/16', encapsulation, program)],
  });
  t.equal(plan(blackhole, pool('none', true)), 'blackhole metric 0');
  t.equal(plan(blackhole, pool('ipip-always', true)), 'blackhole metric 0', 'not tunnelled');
  t.equal(plan(blackhole, pool('vxlan', false)), 'rejected');
});

t.test('a route to a gateway of our own has no metric (LEARN-7, FIB-7)', async (t) => {
  const route = { prefix: '198.51.100.7/32', kind: 'static', via: ['192.0.2.17'] } as const;
  t.equal(plan({ ...route, via: ['192.0.2.17'] }), 'unicast via 192.0.2.17 dev eth0 metric 0');
});

t.test('equal paths are merged, up to the maximum, without repeats (FIB-10)', async (t) => {
  const via = ['192.0.2.17', '192.0.2.18', '192.0.2.19'];
  const two = 'unicast via 192.0.2.17 dev eth0 via 192.0.2.18 dev eth0 metric 1024';
  t.equal(plan({ prefix: '172.30.0.0/16', via }, { fib: { maximumPaths: 2 } }), two);
  const far = ['198.51.100.7', '198.51.100.8'];
  t.equal(plan({ prefix: '172.30.0.0/16', via: far }), ROUTED, 'both behind one gateway');
});

t.test('next hops have shares, which add up where they lead the same way (FIB-10)', async (t) => {
  const near = ['192.0.2.17', '192.0.2.18'];
  const by = (via: string[], weights: number[]) => plan({ prefix: '172.30.0.0/16', via, weights });
  t.equal(
    by(near, [10, 1]),
    'unicast via 192.0.2.17 dev eth0 weight 10 via 192.0.2.18 dev eth0 metric 1024',
  );
  t.equal(
    by(['192.0.2.17', '198.51.100.7', '198.51.100.8'], [100, 100, 200]),
    'unicast via 192.0.2.17 dev eth0 weight 100 via 192.0.2.254 dev eth0 weight 256 metric 1024',
  );
  t.equal(by(['198.51.100.7', '198.51.100.8'], [1, 3]), ROUTED, 'one way needs no share');
});

t.test('shares follow bandwidths, when all are known', async (t) => {
  t.same(weightsOf([10e9 / 8, 1e9 / 8]), [10, 1]);
  t.same(weightsOf([25e9, 25e9, 25e9]), [1, 1, 1]);
  t.same(weightsOf([3, 2]), [100, 67]);
  t.same(weightsOf([1e12, 1]), [100, 1], 'nobody gets nothing');
  t.equal(weightsOf([1e9, undefined]), undefined);
  t.equal(weightsOf([]), undefined);
});

t.test('a tunnelled route uses one path (FIB-10)', async (t) => {
  const pools = [poolOf('10.244.0.0/16', 'ipip-always', true)];
  const via = ['192.0.2.17', '192.0.2.18'];
  t.equal(plan({ prefix: '10.244.2.0/26', via }, { pools }), TUNNEL);
});

t.test('a route whose next hop does not resolve is withheld (RIB-3)', async (t) => {
  const facts = factsOf({ isReachable: false });
  const pools = [poolOf('10.244.0.0/16', 'ipip-always', true)];
  const withheld = 'unreachable metric 1024 withheld: no way to next hop 192.0.2.9';
  const route = { prefix: '172.30.0.0/16', via: ['192.0.2.9'] };
  t.equal(plan(route, { facts }), `${withheld} (RIB-3)`);
  const inPool = { prefix: '10.244.2.0/26', via: ['192.0.2.9'] };
  t.equal(plan(inPool, { facts, pools }), `${withheld} (RIB-3)`, 'no tunnel to nowhere either');
  const both = { prefix: '172.30.0.0/16', via: ['192.0.2.9', '192.0.2.10'] };
  t.equal(plan(both, { facts }), `${withheld} nor to 1 more (RIB-3)`);
});

t.test('routes that lead the same way share one target', async (t) => {
  const planner = new RoutePlanner(FIB, [], factsOf());
  const of = (prefix: string, via: string[]) =>
    planner.plan({
      prefix: cidr(prefix),
      kind: 'bgp',
      localPref: 100,
      nextHops: via.map(ip),
    });
  t.equal(of('172.30.0.0/16', ['192.0.2.9']), of('172.31.0.0/16', ['192.0.2.9']));
  const both = ['192.0.2.9', '192.0.2.10'];
  t.equal(of('172.30.0.0/16', both), of('172.31.0.0/16', both));
});

t.test('a target is made anew when its next hop resolves differently', async (t) => {
  const facts = factsOf();
  const pools = [poolOf('10.244.0.0/16', 'ipip-always', true)];
  const planner = new RoutePlanner(FIB, pools, facts);
  const planned = (prefix: string) => {
    const nextHops = [ip('198.51.100.7')];
    const target = planner.plan({ prefix: cidr(prefix), kind: 'bgp', localPref: 100, nextHops });
    if (isRejected(target)) throw new Error('rejected');
    return target;
  };
  const plain = planned('172.30.0.0/16');
  const tunnelled = planned('10.244.2.0/26');
  t.equal(planner.refresh(plain), plain, 'nothing changed');
  facts.state.gateway = '192.0.2.253';
  facts.forget();
  t.match(formatTarget(planner.refresh(plain)), /via 192.0.2.253 dev eth0/);
  facts.state.hasTunnel = false;
  const untunnelled = planner.refresh(tunnelled);
  t.match(formatTarget(untunnelled), /via 192.0.2.253 dev eth0/);
  facts.state.hasTunnel = true;
  t.match(formatTarget(planner.refresh(untunnelled)), /via 198.51.100.7 dev tunl0 onlink/);
  t.match(formatTarget(planner.refresh(planner.refresh(plain))), /dev eth0/);
});

function poolOf(text: string, encapsulation: Encapsulation, program: boolean): PoolConfig {
  return { cidr: cidr(text), encapsulation, program, export: true, source: undefined };
}

function ip(text: string) {
  return parseAddress(text)!;
}

function cidr(text: string) {
  return parsePrefix(text)!;
}
