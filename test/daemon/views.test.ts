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
