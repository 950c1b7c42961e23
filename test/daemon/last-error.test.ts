/** `lastError` of both ends, whoever ended the session and why (RFC 4486, RFC 9003). */
import t from 'tap';
import { Lab } from '../support/lab.ts';

const BLOCKS = [0, 16, 32, 48].map((each) => `{ cidr: 10.1.0.${each}/28 }`).join(', ');

/** `b` originates four prefixes; `more` are keys of the session of `a`. */
async function pair(more = '') {
  const lab = new Lab();
  const config = (own: number, other: number, keys: string) => `
router: { asNumber: 64512, routerId: 10.0.0.${own} }
blocks: [ ${own === 2 ? BLOCKS : ''} ]
neighbors:
  - { name: peer, address: 10.0.0.${other}, asNumber: 64512, sourceAddress: 10.0.0.${own}${keys} }`;
  const a = lab.node('10.0.0.1', config(1, 2, more));
  const b = lab.node('10.0.0.2', config(2, 1, ''));
  await a.start();
  await b.start();
  await lab.settle();
  const errors = () => [a, b].map((each) => each.views.neighbor('peer')!.lastError);
  return { lab, a, b, errors, apply: (keys: string) => a.apply(config(1, 2, keys)) };
}

t.test('a reset by the operator, with its text', async (t) => {
  const { lab, a, errors } = await pair();
  t.same(errors(), [null, null]);
  a.commands.clearNeighbor('peer', 'new cable');
  await lab.settle();
  t.equal(a.state('peer'), 'Established');
  const told = 'NOTIFICATION Cease/Administrative Reset: "new cable"';
  t.same(errors(), [`sent ${told}`, `received ${told}`]);
});

t.test('a shutdown by the operator, and what is left of it once enabled', async (t) => {
  const { lab, a, errors } = await pair();
  a.commands.shutdownNeighbor('peer', 'Wartung');
  await lab.settle(1000);
  const told = 'NOTIFICATION Cease/Administrative Shutdown: "Wartung"';
  t.same(errors(), ['shut down by an operator', `received ${told}`]);
  a.commands.enableNeighbor('peer');
  await lab.settle(60_000);
  t.equal(a.state('peer'), 'Established');
  t.equal(errors()[0], `sent ${told}`);
});

t.test('a limit on prefixes, which the peer is told', async (t) => {
  const { a, b, errors } = await pair(', maximumPrefixes: { limit: 3, action: restart }');
  const told = 'NOTIFICATION Cease/Maximum Number of Prefixes Reached: 3 of ipv4-unicast';
  t.equal(errors()[0], 'it sent more than 3 prefixes');
  const [here] = a.views.status().down;
  t.equal(here!.lastError!.text, `sent ${told} (it sent more than 3 prefixes)`);
  const [there] = b.views.status().down;
  t.equal(there!.lastNotification!.text, `received ${told}`);
});

t.test('new settings, by name', async (t) => {
  const { lab, errors, apply } = await pair();
  await apply(', holdTime: 30');
  await lab.settle(60_000);
  const told = 'NOTIFICATION Cease/Other Configuration Change';
  t.same(errors(), [`sent ${told} (changed: holdTime)`, `received ${told}`]);
});
