import t from 'tap';
import { Lab } from '../support/lab.ts';

function config(address: string, other: string, blocks: number): string {
  const last = address.split('.')[3];
  const cidrs = Array.from({ length: blocks }, (_, i) => `{ cidr: 10.${last}.${i}.0/24 }`);
  return `
router: { asNumber: 64512, routerId: ${address} }
blocks: [ ${cidrs.join(', ')} ]
neighbors:
  - { name: peer, address: ${other}, asNumber: 64512, sourceAddress: ${address}, gracefulRestart: { enabled: false } }`;
}

t.test('the paths of one prefix are ranked, and losers say at which step to whom', async (t) => {
  const lab = new Lab();
  const block = (address: string, other: string) =>
    `${config(address, other, 0)}\nblocks: [{ cidr: 10.9.0.0/24 }]`.replace('blocks: [  ]', '');
  const a = lab.node('10.0.0.1', block('10.0.0.1', '10.0.0.2'));
  const b = lab.node('10.0.0.2', block('10.0.0.2', '10.0.0.1'));
  await a.start();
  await b.start();
  await lab.settle();
  t.match(
    [...a.views.rib('10.9.0.0/24')],
    [
      { best: true, neighbor: 'static', rank: 1, multipath: false, lost: null },
      {
        best: false,
        neighbor: 'peer',
        rank: 2,
        lost: { step: 'preference', value: 100, against: { neighbor: 'static', value: 200 } },
      },
    ],
  );
});

t.test('adj-in tells policy and rule that refused a route', async (t) => {
  const lab = new Lab();
  const importing = `${config('10.0.0.1', '10.0.0.2', 0).replace('sourceAddress', 'import: [first, second], sourceAddress')}
policies:
  first: [{ match: { prefixes: [10.2.9.0/24] }, action: reject }]
  second: [{ match: { prefixes: [10.2.8.0/24] }, action: reject }, { name: no zero, match: { prefixes: [10.2.0.0/24] }, action: reject }]`;
  const a = lab.node('10.0.0.1', importing);
  const b = lab.node('10.0.0.2', config('10.0.0.2', '10.0.0.1', 2));
  await a.start();
  await b.start();
  await lab.settle();
  const rows = [...a.views.adjIn('peer')!].toSorted((x, y) => (x.prefix < y.prefix ? -1 : 1));
  t.match(rows, [
    {
      prefix: '10.2.0.0/24',
      rejected: 'policy: no zero',
      rejectedBy: { policy: 'second', rule: 2, name: 'no zero' },
    },
    { prefix: '10.2.1.0/24', rejected: undefined },
  ]);
});

t.test(
  'an external neighbor without policies is told nothing and believed nothing, if so set (RFC 8212)',
  async (t) => {
    const lab = new Lab();
    const text = (address: string, other: string, asNumber: number) =>
      config(address, other, 1).replace('asNumber: 64512', `asNumber: ${asNumber}`);
    const strict = text('10.0.0.1', '10.0.0.2', 65001).replace(
      'router: {',
      'router: { requirePolicy: true,',
    );
    const a = lab.node('10.0.0.1', strict);
    const b = lab.node(
      '10.0.0.2',
      text('10.0.0.2', '10.0.0.1', 64512).replace('64512, sourceAddress', '65001, sourceAddress'),
    );
    await a.start();
    await b.start();
    await lab.settle();
    const rejectedBy = { policy: null, rule: 0, name: 'no policy' };
    t.match([...a.views.adjIn('peer')!], [{ rejected: 'policy: no policy', rejectedBy }]);
    t.same([...a.views.adjOut('peer')!], []);
    await a.apply(strict.replace('requirePolicy: true', 'requirePolicy: false'));
    await lab.settle();
    t.match([...a.views.adjIn('peer')!], [{ rejected: undefined }]);
    t.equal([...a.views.adjOut('peer')!].length, 1);
    t.equal(a.views.neighbor('peer')!['flaps'], 0);
  },
);

t.test('a neighbor that would be told too much is left alone, if so set', async (t) => {
  const lab = new Lab();
  const limited = config('10.0.0.1', '10.0.0.2', 5).replace(
    'sourceAddress',
    'maximumPrefixesOut: { limit: 3, action: shutdown }, sourceAddress',
  );
  const a = lab.node('10.0.0.1', limited);
  const b = lab.node('10.0.0.2', config('10.0.0.2', '10.0.0.1', 0));
  await a.start();
  await b.start();
  await lab.settle();
  t.equal(a.state('peer'), 'Idle');
  t.equal(a.views.neighbor('peer')!.lastError, 'it would be told more than 3 prefixes');
  await a.apply(limited.replace('shutdown', 'block'));
  a.commands.enableNeighbor('peer');
  await lab.settle();
  t.equal(a.state('peer'), 'Established');
  t.equal([...a.views.adjOut('peer')!].length, 3);
  t.equal([...b.views.adjIn('peer')!].length, 3);
});

t.test('listings that are being read survive the end of the session they show', async (t) => {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config('10.0.0.1', '10.0.0.2', 20));
  const b = lab.node('10.0.0.2', config('10.0.0.2', '10.0.0.1', 20));
  await a.start();
  await b.start();
  await lab.settle();
  const listings = [a.views.rib(undefined), a.views.adjIn('peer')!, a.views.adjOut('peer')!].map(
    (listing) => listing[Symbol.iterator](),
  );
  for (const listing of listings) t.equal(listing.next().done, false);
  a.commands.shutdownNeighbor('peer', undefined);
  await a.apply(config('10.0.0.1', '10.0.0.2', 0));
  await lab.settle(1000);
  for (const listing of listings) {
    let rest = 0;
    for (let step = listing.next(); !step.done; step = listing.next()) rest++;
    t.equal(rest, 0, 'nothing is left of what went');
  }
});
