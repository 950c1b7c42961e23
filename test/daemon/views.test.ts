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
