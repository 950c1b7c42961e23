import { readFileSync } from 'node:fs';
import t from 'tap';
import { formatCommunity as wireForm } from '../../src/bgp/wire/communities.ts';
import { parseCommunity, parseExtendedPattern } from '../../src/config/community-text.ts';
import { printConfig } from '../../src/config/print.ts';
import { config, faultLines, ROUTER } from './support.ts';

/** One key, a value and what is printed for it; the same text unless given. */
const MATCH = [
  ['routeTypes', ['local', 'external']],
  ['neighbors', ['tor-*']],
  ['learnedFrom', ['upstream-*']],
  ['communities', ['64512:10', 'no-export']],
  ['anyCommunities', ['64512:*', '*:7', '1:2']],
  ['largeCommunities', ['64512:1:2']],
  ['extendedCommunities', ['rt:64512:10', 'ro:192.0.2.1:7', 'rt:70000:1', '0x4301000000000001']],
  ['asPathPrefix', [65001]],
  ['asPathContains', [65001, 65002]],
  ['asPathOrigin', [65001]],
  ['asPathFirst', [65001]],
  ['asPathLength', { min: 1, max: 9 }],
  ['localPref', { min: 1 }],
  ['med', { max: 9 }],
  ['origin', 'incomplete'],
  ['nextHops', ['10.0.0.0/8', '10.0.0.1/32', 'fd00::/8']],
  ['not', { not: { origin: 'igp', anyCommunities: ['1:*'] } }],
] as const;

const SET = [
  ['localPref', 7],
  ['weight', 7],
  ['med', 0],
  ['med', 'remove'],
  ['origin', 'egp'],
  ['nextHop', 'self'],
  ['nextHop', 'keep'],
  ['nextHop', '192.0.2.1'],
  ['setCommunities', ['1:2']],
  ['removeCommunities', ['1:*', '*:*']],
  ['addCommunities', ['blackhole']],
  ['setLargeCommunities', ['1:2:3']],
  ['removeLargeCommunities', ['1:*:3']],
  ['addLargeCommunities', ['1:2:3']],
  ['setExtendedCommunities', ['rt:1:2']],
  ['removeExtendedCommunities', ['rt:*', 'ro:64512:*', 'rt:192.0.2.1:*', '*']],
  ['addExtendedCommunities', ['ro:1:2']],
  ['prepend', [1, 2]],
  ['prependOwn', 3],
] as const;

function policy(rule: object): string {
  return `${ROUTER}\npolicies: { p: [${JSON.stringify({ ...rule, action: 'next' })}] }`;
}

t.test('every key of a rule prints as it is written', async (t) => {
  const rules = [
    ...MATCH.map(([key, value]) => ({ match: { [key]: value } })),
    ...SET.map(([key, value]) => ({ set: { [key]: value } })),
  ];
  for (const rule of rules) {
    const { policies } = printConfig(config(policy(rule))) as { policies: { p: object[] } };
    t.same(policies.p[0], { name: 'p 1', ...rule, action: 'next' });
  }
});

t.test('an address among next hops is its host prefix', async (t) => {
  const { policies } = config(policy({ match: { nextHops: ['fd00::1'] } }));
  t.match(policies['p']![0]!.match.nextHops, [{ family: 'ipv6-unicast', length: 128 }]);
});

t.test('well-known communities have the names that views print', async (t) => {
  for (const name of ['graceful-shutdown', 'blackhole', 'no-export', 'no-advertise', 'no-peer']) {
    t.equal(wireForm(parseCommunity(name)!), name);
  }
  t.equal(wireForm(parseCommunity('no-export-subconfed')!), 'no-export-subconfed');
});

t.test('extended communities out of range are none', async (t) => {
  for (const text of [
    'rt:1',
    'rt:1:4294967296',
    'rt:70000:65536',
    'rt:*:1',
    'xx:1:1',
    '0x12',
    'rt:1.2.3:1',
  ]) {
    t.equal(parseExtendedPattern(text), undefined, text);
  }
});

t.test('every fault of a rule has its place and reason', async (t) => {
  const lines = faultLines(`${ROUTER}
policies:
  p:
    - match: { not: { comunities: [] }, med: { min: 2, max: 1 } }
      set:
        communities: []
        med: drop
        nextHop: peer
        prependOwn: 0
        addCommunities: ["64512:*"]
        removeCommunities: ["1:70000"]
        addExtendedCommunities: ["rt:*"]
      action: next
    - match:
        not: { not: { origin: any } }
        nextHops: [10.0.0.1/8]
        asPathLength: 3
        extendedCommunities: [x]
      action: next
`);
  t.match(lines, [
    /^4:\d+: policies.p\[0\].match.not.comunities: there is no such key; did you mean communities/,
    /^4:\d+: policies.p\[0\].match.med: min is greater than max$/,
    /^6:9: policies.p\[0\].set.communities: there is no such key/,
    /^7:14: .*med: expected a whole number from 0 to 4294967295, or remove, found "drop"$/,
    /^8:18: .*nextHop: expected self, keep or an address, found "peer"$/,
    /^9:21: .*prependOwn: expected a whole number from 1 to 255, found 0$/,
    /^10:26: .*addCommunities\[0\]: expected a community like 64512:10 or no-export, found "64512:\*"$/,
    /^11:29: .*removeCommunities\[0\]: expected a community like/,
    /^12:34: .*addExtendedCommunities\[0\]: expected an extended community like/,
    /^15:31: policies.p\[1\].match.not.not.origin: expected one of igp, egp, incomplete, found "any"$/,
    /^16:20: .*nextHops\[0\]: expected an address or a CIDR block without host bits, found/,
    /^17:23: .*asPathLength: expected a mapping, found 3$/,
    /^18:31: .*extendedCommunities\[0\]: expected an extended community like/,
  ]);
});

t.test('the examples of docs/policy.md are right', async (t) => {
  const text = readFileSync(new URL('../../docs/policy.md', import.meta.url), 'utf8');
  const examples = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, example]) => example!);
  t.equal(examples.length, 5);
  for (const example of examples) t.same(faultLines(`${ROUTER}\n${example}`), []);
});
