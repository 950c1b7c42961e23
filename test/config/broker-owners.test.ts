import t from 'tap';
import { diffConfig } from '../../src/config/diff.ts';
import { parseConfig } from '../../src/config/parse.ts';
import { printConfig } from '../../src/config/print.ts';
import { configOf } from '../support/lab.ts';

const ROUTER = 'router: { asNumber: 64512, routerId: 10.0.0.1 }';

function owners(text: string): string {
  return `${ROUTER}\nbrokerOwners: ${text}`;
}

t.test('an owner has defaults, and prints as it was written', (t) => {
  const config = configOf(owners('[{ name: lb, prefixes: [192.0.2.0/24+, 10.0.0.0/8 ge 20] }]'));
  t.match(config.brokerOwners, [{ quota: 100, leaseSec: 60, maximumLeaseSec: 86_400, users: [] }]);
  t.match(printConfig(config)['brokerOwners'], [
    { name: 'lb', prefixes: ['192.0.2.0/24+', '10.0.0.0/8 ge 20'], lease: 60 },
  ]);
  const long = configOf(owners('[{ name: lb, prefixes: [0.0.0.0/0+], lease: 48h, users: [0] }]'));
  t.match(long.brokerOwners, [{ leaseSec: 172_800, maximumLeaseSec: 172_800 }]);
  t.same(configOf(JSON.stringify(printConfig(long))), long);
  t.end();
});

t.test('faults of an owner name their place', (t) => {
  const cases: readonly [string, RegExp][] = [
    ['[{ name: lb }]', /brokerOwners\[0\].prefixes/],
    ['[{ name: lb, prefixes: [] }]', /name at least one prefix/],
    ['[{ name: lb, prefixes: [x] }]', /prefixes\[0\].*prefix range/],
    ['[{ name: lb, prefixes: [10.0.0.0/8], lease: 9, maximumLease: 8 }]', /maximumLease.*less/],
    ['[{ name: lb, prefixes: [10.0.0.0/8], users: [root] }]', /users\[0\].*whole number/],
    [
      '[{ name: a, prefixes: [10.0.0.0/8] }, { name: a, prefixes: [10.0.0.0/8] }]',
      /brokerOwners\[1\].name.*brokerOwners\[0\]/,
    ],
  ];
  for (const [text, fault] of cases) {
    const outcome = parseConfig(owners(text), 'f');
    const faults = 'faults' in outcome ? outcome.faults : [];
    t.match(faults.map(({ path, reason }) => `${path} ${reason}`).join('\n'), fault, text);
  }
  t.end();
});

t.test('a change of owners is a difference of its own', (t) => {
  const before = configOf(owners('[{ name: a, prefixes: [10.0.0.0/8] }]'));
  const after = configOf(
    owners('[{ name: a, prefixes: [10.0.0.0/9] }, { name: b, prefixes: [::/0] }]'),
  );
  const { isEmpty, brokerOwners } = diffConfig(before, after);
  t.same(brokerOwners, { added: ['b'], removed: [], changed: ['a'] });
  t.notOk(isEmpty);
  t.ok(diffConfig(after, after).isEmpty);
  t.end();
});
