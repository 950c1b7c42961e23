import fc from 'fast-check';
import t from 'tap';
import { formatPrefixRange, parsePrefixRange } from '../../src/config/prefix-range.ts';
import { HIDDEN, printConfig } from '../../src/config/print.ts';
import { config, ROUTER } from './support.ts';

const FULL = `
router:
  asNumber: 64512
  routerId: 10.0.0.1
  clusterId: 10.0.0.1
  hostName: r1
  domainName: example.net
  listen: { port: 0, addresses: ["10.0.0.1"] }
  normalPriority: { ipv4-unicast: 2000 }
  clientToClient: false
  requirePolicy: true
  decision: { alwaysCompareMed: true, multipath: { internal: 4 } }
fib: { metric: local-pref, rejectPrefixes: [10.96.0.0/12], localSubnets: [10.0.0.1/24], rejectNextHops: [10.0.0.2] }
blocks: [{ cidr: 10.244.1.0/26, state: pendingDeletion }]
originate: [{ cidr: 192.0.2.1/32, kind: reachable-by, via: 10.0.0.254 }]
pools: [{ cidr: 10.244.0.0/16, encapsulation: vxlan, program: false }]
neighbors:
  - { name: a, address: 10.0.0.2, asNumber: 64512, password: s3cret, holdTime: 9, addPath: { receive: false, best: 2 },
      routeReflectorClient: true, maximumPrefixes: { limit: 5, restartAfter: 10m }, maximumPrefixesOut: { limit: 9, action: shutdown },
      gracefulRestart: { longLivedStaleTime: 1h, longLivedStaleTimes: { ipv6-unicast: 0 }, longLivedToAll: true }, clusterId: 9.9.9.9,
      localAs: { replaceAs: false }, asOverride: true, removePrivateAs: { all: true }, weight: 3, import: [p], export: [p] }
  - { name: b, address: "fd00::2", asNumber: 1, waitingFor: a secret, role: customer, strictRole: true,
      extendedMessages: true, extendedNextHop: true, enforceFirstAs: true, announce: { hostName: true } }
neighborRanges: [{ prefix: 10.1.0.0/16, asNumber: 64512 }]
policies:
  p:
    - { match: { prefixes: [10.0.0.0/8 le 24], communities: ["1:2"], nextHops: ["::1"] }, action: next,
        set: { addLargeCommunities: ["1:2:3"], med: 5 } }
    - { action: reject }
log: { level: debug }
`;

t.test('what is printed with secrets parses to an equal configuration', async (t) => {
  const before = config(FULL);
  t.same(config(JSON.stringify(printConfig(before, { showSecrets: true }))), before);
});

t.test('of the decision, what is not as by default is printed', async (t) => {
  const decision = { alwaysCompareMed: true, multipath: { internal: 4 } };
  t.match(printConfig(config(FULL)), { router: { decision } });
  t.notOk('decision' in (printConfig(config(ROUTER))['router'] as object));
});

t.test('a neighbor carries its identity always, and what differs from the default', async (t) => {
  const { neighbors } = printConfig(
    config(`${ROUTER}\nneighbors: [{ name: a, address: 10.0.0.2, asNumber: 1 }]`),
  );
  t.same(neighbors, [
    {
      name: 'a',
      address: '10.0.0.2',
      port: 179,
      asNumber: 1,
      localAsNumber: 64512,
      passive: false,
      families: ['ipv4-unicast'],
    },
  ]);
});

t.test('passwords are hidden unless asked for', async (t) => {
  const text = JSON.stringify(printConfig(config(FULL)));
  t.notMatch(text, 's3cret');
  t.match(text, `"password":"${HIDDEN}"`);
});

t.test('property: prefix ranges print as text that parses back', async (t) => {
  const range = fc
    .tuple(
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 32 }),
    )
    .map((lengths) => lengths.toSorted((a, b) => a - b) as [number, number, number]);
  fc.assert(
    fc.property(range, ([length, min, max]) => {
      const text = `0.0.0.0/${length} ge ${min} le ${max}`;
      const parsed = parsePrefixRange(text)!;
      return t.same(parsePrefixRange(formatPrefixRange(parsed)), parsed);
    }),
  );
  t.equal(parsePrefixRange('10.0.0.0/8 ge 7'), undefined);
  t.equal(parsePrefixRange('10.0.0.0/8 ge 25 le 24'), undefined);
  t.equal(parsePrefixRange('10.0.0.0/8 le 33'), undefined);
  t.equal(parsePrefixRange('10.0.0.0/8+ le 20'), undefined);
});
