/** BFD beside BGP sessions of whole daemons (RFC 5882, RFC 9384). */
import t from 'tap';
import { Lab } from '../support/lab.ts';

const node = (own: number, other: number, more = '') => `
router: { asNumber: 64512, routerId: 10.0.0.${own} }
neighbors:
  - { name: peer, address: 10.0.0.${other}, asNumber: 64512, bfd: { multihop: false }${more} }
`;

async function twoNodes() {
  const lab = new Lab();
  const [a, b] = [lab.node('10.0.0.1', node(1, 2)), lab.node('10.0.0.2', node(2, 1))];
  await a.start();
  await b.start();
  await lab.settle();
  return { lab, a, b, view: () => a.views.neighbor('peer')! };
}

t.test('a path BFD finds broken ends an Established session with Cease/10', async (t) => {
  const { lab, view } = await twoNodes();
  t.match(view(), { state: 'Established', bfd: 'Up', flaps: 0 });
  lab.udp.isCut = true;
  await lab.settle(1500);
  t.match(view(), { bfd: 'Down', flaps: 1, lastError: 'sent NOTIFICATION Cease/BFD Down' });
  lab.udp.isCut = false;
  await lab.settle(20_000);
  t.match(view(), { state: 'Established', bfd: 'Up', flaps: 1 });
});

t.test('a peer that gives up BFD on purpose keeps its BGP session (RFC 5882 §4.2)', async (t) => {
  const { lab, b, view } = await twoNodes();
  await b.apply(node(2, 1).replace(', bfd: { multihop: false }', ''));
  await lab.settle();
  t.match(view(), { state: 'Established', bfd: 'Down', flaps: 0 });
});

t.test('BGP comes up beside a peer without BFD', async (t) => {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', node(1, 2));
  const b = lab.node('10.0.0.2', node(2, 1).replace(', bfd: { multihop: false }', ''));
  await a.start();
  await b.start();
  await lab.settle();
  t.match(a.views.neighbor('peer'), { state: 'Established', bfd: 'Down' });
});
