import * as fc from 'fast-check';
import t from 'tap';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import { formatPrefix, parsePrefix } from '../../src/net/text.ts';
import { Policy } from '../../src/policy/compile.ts';
import type { PolicyMatch, PolicyRule, PrefixRange } from '../../src/policy/model.ts';
import type { PolicySession, RouteFacts } from '../../src/policy/route-facts.ts';

const ATTRIBUTES: PathAttributes = {
  origin: 0,
  asPath: { segments: [{ type: 2, asns: Uint32Array.of(65001, 65002) }] },
  nextHop: Uint8Array.of(10, 0, 0, 1),
  med: undefined,
  localPref: 100,
  atomicAggregate: false,
  aggregator: undefined,
  communities: Uint32Array.of(0xfc000001),
  extendedCommunities: new Uint8Array(0),
  ipv6ExtendedCommunities: new Uint8Array(0),
  largeCommunities: Uint32Array.of(1, 2, 3),
  originatorId: undefined,
  clusterList: new Uint32Array(0),
  onlyToCustomer: undefined,
  partial: 0,
  unknown: [],
};

const INTERNAL: PolicySession = { peerType: 'internal', name: 'node-2', localAsNumber: 64512 };
const EXTERNAL: PolicySession = { ...INTERNAL, peerType: 'external' };

function route(prefixText: string, more: Partial<RouteFacts> = {}): RouteFacts {
  const { family, address, length } = parsePrefix(prefixText)!;
  const base = { family, bytes: address, at: 0, bits: length, attributes: ATTRIBUTES };
  return { ...base, source: 'ibgp', learnedFrom: 'node-3', interface: 'eth0', ...more };
}

function range(text: string, minLength?: number, maxLength?: number): PrefixRange {
  const prefix = parsePrefix(text)!;
  return { prefix, minLength: minLength ?? prefix.length, maxLength: maxLength ?? prefix.length };
}

function rule(
  match: PolicyMatch,
  action: PolicyRule['action'],
  set: PolicyRule['set'] = {},
): PolicyRule {
  return { name: `rule-${action}`, match, set, action };
}

function accepts(match: PolicyMatch, facts: RouteFacts): boolean {
  const rules = [rule(match, 'accept'), rule({}, 'reject')];
  return Policy.compile(rules, INTERNAL).evaluate(facts).accepted;
}

t.test('an empty policy accepts everything and hands back the same attributes', async (t) => {
  const policy = Policy.compile([], INTERNAL);
  t.ok(policy.isEmpty);
  const verdict = policy.evaluate(route('10.0.0.0/8'));
  t.ok(verdict.accepted);
  t.equal(verdict.attributes, ATTRIBUTES);
});

t.test('prefix ranges match by cover and length', async (t) => {
  const prefixes = [
    range('10.0.0.0/8', 16, 24),
    range('192.168.7.0/26'),
    range('fd00::/16', 16, 128),
  ];
  t.ok(accepts({ prefixes }, route('10.1.0.0/16')));
  t.ok(accepts({ prefixes }, route('10.1.2.0/24')));
  t.notOk(accepts({ prefixes }, route('10.0.0.0/8')), 'shorter than the range');
  t.notOk(accepts({ prefixes }, route('10.1.2.0/25')), 'longer than the range');
  t.ok(accepts({ prefixes }, route('192.168.7.0/26')), 'exact');
  t.notOk(accepts({ prefixes }, route('192.168.7.64/26')), 'neighbouring block');
  t.ok(accepts({ prefixes }, route('fd00:1::/64')));
  t.notOk(accepts({ prefixes }, route('fe00::/64')));
  t.notOk(accepts({ notPrefixes: prefixes }, route('10.1.0.0/16')));
  t.ok(accepts({ notPrefixes: prefixes }, route('11.1.0.0/16')));
});

t.test('every field of a match must hold', async (t) => {
  const facts = route('10.0.0.0/24');
  t.ok(accepts({ sources: ['ebgp', 'ibgp'] }, facts));
  t.notOk(accepts({ sources: ['static'] }, facts));
  t.ok(accepts({ localPref: { min: 100, max: 100 } }, facts));
  t.notOk(accepts({ localPref: { min: 101 } }, facts));
  t.ok(accepts({ communities: [0xfc000001] }, facts));
  t.notOk(accepts({ communities: [0xfc000001, 0xfc000002] }, facts), 'all communities are wanted');
  t.ok(accepts({ largeCommunities: [[1, 2, 3]] }, facts));
  t.notOk(accepts({ largeCommunities: [[2, 3, 1]] }, facts));
  t.ok(accepts({ asPathPrefix: [65001] }, facts));
  t.notOk(accepts({ asPathPrefix: [65002] }, facts));
  t.ok(accepts({ nextHops: [parsePrefix('10.0.0.1/32')!] }, facts));
  t.notOk(accepts({ nextHops: [parsePrefix('10.0.0.2/32')!] }, facts));
  t.notOk(accepts({ sources: ['ibgp'], communities: [1] }, facts));
});

t.test(
  'interface globs: * and ?, a route without interface has the empty name (FILT-6)',
  async (t) => {
    const on = (name: string) => route('10.0.0.0/24', { interface: name });
    t.ok(accepts({ interfaces: ['*.cali'] }, on('wireguard.cali')));
    t.notOk(accepts({ interfaces: ['*.cali'] }, on('cali12ab')));
    t.ok(accepts({ interfaces: ['eth?'] }, on('eth0')));
    t.ok(accepts({ interfaces: ['*'] }, on('')));
  },
);

t.test('a rule for the other kind of session never matches (FILT-8)', async (t) => {
  const rules = [rule({ peerType: 'external' }, 'reject')];
  t.ok(Policy.compile(rules, INTERNAL).evaluate(route('10.0.0.0/24')).accepted);
  t.notOk(Policy.compile(rules, EXTERNAL).evaluate(route('10.0.0.0/24')).accepted);
});

t.test('next goes on with what was set; the deciding rule is named', async (t) => {
  const policy = Policy.compile(
    [
      rule({}, 'next', { localPref: 200, addCommunities: [7], prepend: [64512, 64512] }),
      { name: 'high', match: { localPref: { min: 200 } }, set: { med: 5 }, action: 'accept' },
    ],
    INTERNAL,
  );
  const { accepted, attributes, rule: name } = policy.evaluate(route('10.0.0.0/24'));
  t.ok(accepted);
  t.equal(name, 'high');
  t.equal(attributes.localPref, 200);
  t.equal(attributes.med, 5);
  t.same([...attributes.communities], [7, 0xfc000001]);
  t.same([...attributes.asPath.segments[0]!.asns], [64512, 64512, 65001, 65002]);
  t.same([...ATTRIBUTES.communities], [0xfc000001], 'the received set is untouched');
});

t.test('actions that change nothing keep the attributes object', async (t) => {
  const set = {
    localPref: 100,
    addCommunities: [0xfc000001],
    addLargeCommunities: [[1, 2, 3]] as const,
  };
  const verdict = Policy.compile([rule({}, 'accept', set)], INTERNAL).evaluate(
    route('10.0.0.0/24'),
  );
  t.equal(verdict.attributes, ATTRIBUTES);
});

t.test('communities stay sorted sets (FILT-11)', async (t) => {
  const set = { addCommunities: [9, 9], addLargeCommunities: [[0, 9, 9]] as const };
  const { attributes } = Policy.compile([rule({}, 'accept', set)], INTERNAL).evaluate(
    route('10.0.0.0/24'),
  );
  t.same([...attributes.communities], [9, 0xfc000001]);
  t.same([...attributes.largeCommunities], [0, 9, 9, 1, 2, 3]);
});

const classOf = (matches: readonly PolicyMatch[], prefix: string) => {
  const { family, bytes, bits } = route(prefix);
  const policy = Policy.compile(
    matches.map((match) => rule(match, 'next')),
    INTERNAL,
  );
  return policy.prefixClass(family, bytes, bits);
};

t.test('prefixes no rule tells apart are of one class', async (t) => {
  const named = { prefixes: [range('10.0.0.0/8', 8, 32), range('2001:db8::/32')] };
  t.equal(classOf([{ communities: [1] }], '10.0.0.0/24'), 0);
  t.equal(classOf([named], '192.0.2.0/24'), 0);
  t.not(classOf([named], '10.1.0.0/16'), 0);
  t.equal(classOf([named], '10.1.0.0/16'), classOf([named], '10.2.0.0/24'));
  t.not(classOf([{ not: { notPrefixes: [range('2001:db8::/32', 32, 64)] } }], '2001:db8::/48'), 0);
});

t.test('where interfaces or too many sets decide, there are no classes', async (t) => {
  t.equal(classOf([{ not: { interfaces: ['eth*'] } }], '10.0.0.0/24'), -1);
  const sets = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ prefixes: [range(`10.${i}.0.0/16`, 16, 24)] }));
  t.equal(classOf(sets(31), '10.0.0.0/24'), -1);
  t.equal(classOf(sets(30), '10.29.0.0/24'), 1 << 29);
});

const length = fc.integer({ min: 0, max: 32 });
const anyRange = fc
  .tuple(fc.constantFrom('10.0.0.0', '10.1.0.0', '10.1.128.0', '192.0.2.0'), length, length, length)
  .map(([address, own, a, b]): PrefixRange => {
    const prefix = parsePrefix(`${address}/${Math.max(own, 24)}`)!;
    return { prefix, minLength: Math.min(a, b), maxLength: Math.max(a, b) };
  });
const anyRule = fc
  .record({ prefixes: fc.array(anyRange), isNot: fc.boolean(), isReject: fc.boolean() })
  .map(({ prefixes, isNot, isReject }) =>
    rule(isNot ? { not: { prefixes } } : { notPrefixes: prefixes }, isReject ? 'reject' : 'accept'),
  );

t.test('routes of one class and attribute set get one verdict', async () => {
  fc.assert(
    fc.property(fc.array(anyRule, { maxLength: 6 }), fc.array(anyRange), (rules, asked) => {
      const policy = Policy.compile(rules, INTERNAL);
      const verdicts = new Map<number, unknown>();
      for (const { prefix } of asked) {
        const facts = route(formatPrefix(prefix), {});
        const key = policy.prefixClass(facts.family, facts.bytes, facts.bits);
        const { accepted, place } = policy.evaluate(facts);
        const known = verdicts.get(key) ?? `${accepted} ${place}`;
        verdicts.set(key, known);
        if (known !== `${accepted} ${place}`) throw new Error(`class ${key} has two verdicts`);
      }
    }),
    { seed: 7, numRuns: 500 },
  );
});
