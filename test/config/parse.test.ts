import t from 'tap';
import { formatAddress, parseAddress, parseCidr } from '../../src/net/text.ts';
import { config, faultLines, ROUTER } from './support.ts';

t.test('fills in the defaults of a neighbor', async (t) => {
  const { neighbors, router, fib } = config(`
${ROUTER}
neighbors:
  - { name: tor, address: 192.0.2.1, asNumber: 65001 }
`);
  t.match(neighbors[0], {
    name: 'tor',
    address: parseAddress('192.0.2.1'),
    port: 179,
    localAsNumber: 64512,
    passive: false,
    holdTimeSec: 240,
    keepaliveTimeSec: undefined,
    connectRetryTimeSec: 5,
    families: ['ipv4-unicast'],
    nextHop: 'auto',
    gracefulRestart: {
      enabled: true,
      restartTimeSec: 120,
      notification: false,
      longLivedStaleTimeSec: 0,
    },
    gracefulShutdown: false,
    addPath: { send: true, receive: true },
  });
  t.match(router, { listen: { port: 179 }, defaultLocalPref: 100, clusterId: undefined });
  t.match(router.normalPriority, { 'ipv4-unicast': 1024, 'ipv6-unicast': 1024 });
  t.match(fib, { enabled: true, protocol: 12, table: 254, metric: 1024, maximumPaths: 16 });
});

t.test('an IPv6 neighbor carries IPv6 routes unless told otherwise', async (t) => {
  const text = (more: string) =>
    `${ROUTER}\nneighbors: [{ name: a, address: "fd00::1", asNumber: 65001${more} }]`;
  t.same(config(text('')).neighbors[0]!.families, ['ipv6-unicast']);
  t.same(config(text(', families: [ipv4-unicast]')).neighbors[0]!.families, ['ipv4-unicast']);
});

t.test('durations are seconds, or text with units', async (t) => {
  const hold = (text: string) =>
    config(`${ROUTER}\nneighbors: [{ name: a, address: 10.0.0.9, asNumber: 1, holdTime: ${text} }]`)
      .neighbors[0]!.holdTimeSec;
  t.equal(hold('90'), 90);
  t.equal(hold('90s'), 90);
  t.equal(hold('2m'), 120);
  t.equal(hold('1h30m'), 5400);
  t.equal(hold('0'), 0);
});

t.test('AS numbers are plain or dotted, quoted or not (RFC 5396)', async (t) => {
  const as = (text: string) => config(`router: { asNumber: ${text}, routerId: 1.1.1.1 }`).router;
  t.equal(as('65546').asNumber, 65546);
  t.equal(as('1.10').asNumber, 65546);
  t.equal(as('"1.10"').asNumber, 65546);
  t.equal(as('4200000000').asNumber, 4200000000);
});

t.test('JSON is read as well', async (t) => {
  const text = JSON.stringify({ router: { asNumber: 1, routerId: '1.1.1.1' } }, null, 2);
  t.equal(config(text).router.asNumber, 1);
});

t.test('the configuration is frozen', async (t) => {
  const frozen = config(`${ROUTER}\nneighbors: [{ name: a, address: 10.0.0.9, asNumber: 1 }]`);
  t.ok(Object.isFrozen(frozen));
  t.ok(Object.isFrozen(frozen.neighbors[0]!.gracefulRestart));
});

t.test('policies become rules for the policy engine', async (t) => {
  const { policies } = config(`
${ROUTER}
policies:
  out:
    - match:
        prefixes: [10.0.0.0/8, 10.0.0.0/8+, 10.0.0.0/8 le 24, 10.0.0.0/8 ge 20 le 24, 10.0.0.0/8 ge 9,
                   { prefix: 10.0.0.0/8, minLength: 9, maxLength: 10 }]
        sources: [ibgp, kernel]
        communities: ["64512:10"]
        largeCommunities: ["1:2:3"]
        localPref: { min: 5 }
        interfaces: ["*.cali"]
      set: { localPref: 7, addCommunities: [ "1:1" ], prepend: [ 64512, 1.10 ] }
      action: accept
    - { name: last, action: reject }
`);
  const [first, last] = policies['out']!;
  const lengths = first!.match.prefixes!.map(({ minLength, maxLength }) => [minLength, maxLength]);
  t.same(lengths, [
    [8, 8],
    [8, 32],
    [8, 24],
    [20, 24],
    [9, 32],
    [9, 10],
  ]);
  t.match(first, {
    name: 'out 1',
    match: {
      communities: [64512 * 65536 + 10],
      largeCommunities: [[1, 2, 3]],
      localPref: { min: 5 },
    },
    set: { localPref: 7, addCommunities: [65537], prepend: [64512, 65546] },
    action: 'accept',
  });
  t.same(last, { name: 'last', match: {}, set: {}, action: 'reject' });
});

t.test(
  'every fault is told with line, column, path and reason, in the order of the text',
  async (t) => {
    const lines = faultLines(`router: { asNumber: 0, routerId: nope }
neighbors:
  - name: a
    address: 10.0.0.2
    asNumber: 1
    holdTme: 90
    holdTime: 2
  - name: a
    address: 10.0.0.2
    password: x
    passwordFile: y
    import: [mising]
policies:
  missing: [{ action: maybe }]
blocks:
  - cidr: 10.0.0.1/8
`);
    t.same(lines, [
      '1:21: router.asNumber: expected an AS number from 1 to 4294967294, plain or dotted, found 0',
      '1:34: router.routerId: expected a dotted quad other than 0.0.0.0, found "nope"',
      '6:5: neighbors[0].holdTme: there is no such key; did you mean holdTime?',
      '7:15: neighbors[0].holdTime: a hold time is 0 (never expires) or at least 3 seconds (RFC 4271 §4.2)',
      '8:5: neighbors[1].asNumber: is required: an AS number from 1 to 4294967294, plain or dotted',
      '8:11: neighbors[1].name: neighbors[0] is called a too',
      '9:14: neighbors[1].address: neighbors[0] is at 10.0.0.2 port 179 too',
      '11:19: neighbors[1].passwordFile: give password or passwordFile, not both',
      '12:14: neighbors[1].import[0]: there is no policy called mising; did you mean missing?',
      '14:23: policies.missing[0].action: expected one of accept, reject, next, found "maybe"',
      '16:11: blocks[0].cidr: expected a CIDR block without host bits, like 10.0.0.0/8, found "10.0.0.1/8"',
    ]);
  },
);

t.test('YAML faults have a place too', async (t) => {
  t.match(faultLines('router: [1, 2'), [/^1:\d+: /]);
  t.same(faultLines(`${ROUTER}\nlog: {}\nlog: {}`), ['3:1: this key is given twice']);
  t.same(faultLines(`${ROUTER}\n---\n${ROUTER}`), [
    '2:1: a second document begins here; a configuration is one document',
  ]);
  t.same(faultLines(''), ['1:1: expected a mapping, found nothing']);
  t.same(faultLines('- 1'), ['1:1: expected a mapping, found a list']);
});

t.test('an alias bomb is refused', async (t) => {
  const levels = Array.from(
    { length: 9 },
    (_, i) => `x${i + 1}: &x${i + 1} [${`*x${i},`.repeat(9)}]`,
  );
  t.match(faultLines(['x0: &x0 [1]', ...levels].join('\n')), [/alias/i]);
});

t.test('values that do not fit each other', async (t) => {
  const neighbor = (text: string) =>
    faultLines(`${ROUTER}\nneighbors: [{ name: a, address: 10.0.0.9, asNumber: 1, ${text} }]`);
  t.match(neighbor('keepaliveTime: 241'), [/keepaliveTime: must be shorter/]);
  t.match(neighbor('routeReflectorClient: true'), [/set router.clusterId/]);
  t.match(neighbor('sourceAddress: 10.0.0.9'), [/equals the address/]);
  t.match(neighbor('sourceAddress: "::1"'), [/another address family/]);
  t.match(neighbor('families: []'), [/name at least one family/]);
  t.match(
    faultLines(`${ROUTER}\nneighborRanges:
- { prefix: 10.0.0.0/8, asNumber: 1 }
- { prefix: 10.0.0.0/8, asNumber: 2 }`),
    [/^4:13: neighborRanges\[1\].prefix: neighborRanges\[0\] has this prefix too/],
  );
  t.match(
    faultLines(`${ROUTER}\nneighbors:
- { name: a, address: 10.0.0.9, asNumber: 1, bfd: {} }
- { name: b, address: 10.0.0.9, port: 1790, asNumber: 1, bfd: {} }`),
    [/neighbors\[1\].bfd: neighbors\[0\] watches this address already/],
  );
  const originate = (text: string) =>
    faultLines(`${ROUTER}\noriginate: [{ cidr: 10.0.0.0/8, ${text} }]`);
  t.match(originate('kind: reachable-by'), [/via: is required/]);
  t.match(originate('kind: service, via: 10.0.0.1'), [/only reachable-by/]);
  t.match(originate('kind: reachable-by, via: "::1"'), [/another address family/]);
});

t.test('one address on two ports is two neighbors (DEDUP-1)', async (t) => {
  const { neighbors } = config(`${ROUTER}\nneighbors:
- { name: a, address: 10.0.0.9, asNumber: 1 }
- { name: b, address: 10.0.0.9, port: 1179, asNumber: 1 }`);
  t.equal(neighbors.length, 2);
});

t.test('neighbor ranges are passive and limited by default', async (t) => {
  const { neighborRanges } = config(
    `${ROUTER}\nneighborRanges: [{ prefix: 10.0.0.0/8, asNumber: 1 }]`,
  );
  t.match(neighborRanges[0], { prefix: parseCidr('10.0.0.0/8'), limit: 1000, passive: true });
});

t.test('CIDRs are unique in each list', async (t) => {
  const twice = '[{ cidr: 10.0.0.0/8 }, { cidr: 10.1.0.0/16 }, { cidr: 10.0.0.0/8 }]';
  const service = '{ cidr: 10.0.0.1/32, kind: service }';
  t.same(
    faultLines(`${ROUTER}\nblocks: ${twice}\npools: ${twice}\noriginate: [${service}, ${service}]`),
    [
      '2:63: blocks[2].cidr: blocks[0] has this cidr too',
      '3:62: pools[2].cidr: pools[0] has this cidr too',
      '4:59: originate[1].cidr: originate[0] has this cidr too',
    ],
  );
});

t.test('the far end of a session is a specified address', async (t) => {
  for (const address of ['0.0.0.0', '"::"', '10.0.0.1%eth0', 'fe80::1%', 'fe80::1%a%b']) {
    const text = `${ROUTER}\nneighbors: [{ name: a, address: ${address}, asNumber: 1 }]`;
    t.match(faultLines(text), [
      /^2:33: neighbors\[0\].address: expected an IPv4 or IPv6 address, not/,
    ]);
  }
});

t.test('a link-local neighbor names its interface, an interface may stand alone', async (t) => {
  const neighbor = (keys: string) => `${ROUTER}\nneighbors: [{ name: a, asNumber: 1, ${keys} }]`;
  const parsed = (keys: string) => config(neighbor(keys)).neighbors[0]!;
  for (const keys of ['address: fe80::1%eth0', 'address: fe80::1, interface: eth0']) {
    t.equal(parsed(keys).interface, 'eth0');
    t.equal(formatAddress(parsed(keys).address), 'fe80::1');
  }
  t.match(parsed('interface: eth0'), { interface: 'eth0', address: new Uint8Array(16) });
  const faults = [
    ['passive: true', /address: is required/],
    ['address: fe80::1', /address: is link-local: name its interface/],
    ['address: 10.0.0.1, interface: eth0', /interface: goes with a link-local address/],
    ['address: fe80::1%eth1, interface: eth0', /interface: address is on eth1/],
    ['interface: "a b"', /interface: expected the name of an interface/],
  ] as const;
  for (const [keys, fault] of faults) t.match(faultLines(neighbor(keys)), [fault]);
  const twice = `${neighbor('interface: eth0').slice(0, -1)}, { name: b, asNumber: 1, interface: eth0 }]`;
  t.match(faultLines(twice), [/neighbors\[0\] is at interface eth0 port 179 too/]);
});

t.test('of faults of syntax the first of a line is told: the others follow from it', async (t) => {
  t.same(faultLines('router: {a: "b'), ['1:15: Missing closing "quote']);
});

t.test(
  'roles are for external sessions, a strict one needs its own, a name must exist',
  async (t) => {
    const faults = (keys: string) =>
      faultLines(`${ROUTER}\nneighbors: [{ name: a, address: 10.0.0.2, ${keys} }]`);
    t.match(faults('asNumber: 64512, role: peer'), [/internal session has no role/]);
    t.match(faults('asNumber: 1, strictRole: true'), [/set role/]);
    t.match(faults('asNumber: 1, role: server'), [/role/]);
    t.match(faults('asNumber: 1, announce: { hostName: true }'), [/set router.hostName/]);
    t.same(faults('asNumber: 1, role: rs-client, strictRole: true'), []);
  },
);
