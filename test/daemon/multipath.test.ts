import t from 'tap';
import { Lab, type LabNode } from '../support/lab.ts';

/** 10 Gbit/s, 1 Gbit/s. */
const FAST = '0x4004fc004e9502f9';
const SLOW = '0x4004fc004cee6b28';
const ROUTE = '172.30.0.0/16';

/** One of two exits; says its bandwidth, or nothing. */
function exit(last: number, bandwidth: string | undefined): string {
  const actions = bandwidth ? `{ addExtendedCommunities: ["${bandwidth}"] }` : '{}';
  return `
router: { asNumber: 64512, routerId: 10.0.0.${last} }
originate: [ { cidr: ${ROUTE}, kind: service } ]
neighbors: [ { name: node, address: 10.0.0.3, asNumber: 64512, export: [tell] } ]
policies: { tell: [ { set: ${actions}, action: accept } ] }
`;
}

function node(weights: string): string {
  return `
router: { asNumber: 64512, routerId: 10.0.0.3 }
fib: { metric: local-pref, multipathWeights: ${weights} }
neighbors:
  - { name: a, address: 10.0.0.1, asNumber: 64512, passive: true }
  - { name: b, address: 10.0.0.2, asNumber: 64512, passive: true }
`;
}

async function start(weights: string, ofB: string | undefined) {
  const lab = new Lab();
  const c = lab.node('10.0.0.3', node(weights));
  const a = lab.node('10.0.0.1', exit(1, FAST));
  const b = lab.node('10.0.0.2', exit(2, ofB));
  for (const each of [c, a, b]) await each.start();
  await lab.settle();
  return { lab, b, c };
}

/** Weights by gateway in the kernel of a node. */
function shares({ views }: LabNode): Record<string, number> {
  const route = [...views.fib()].find(({ prefix }) => prefix === ROUTE);
  return Object.fromEntries((route?.nextHops ?? []).map(({ via, weight }) => [via, weight]));
}

t.test('exits share the traffic by the bandwidth they say they have (FIB-10)', async (t) => {
  const { lab, b, c } = await start('link-bandwidth', SLOW);
  t.same(shares(c), { '10.0.0.1': 10, '10.0.0.2': 1 });
  await b.apply(exit(2, FAST));
  await lab.settle();
  t.same(shares(c), { '10.0.0.1': 1, '10.0.0.2': 1 }, 'and follow what they say');
  await c.apply(node('equal'));
  await b.apply(exit(2, SLOW));
  await lab.settle();
  t.same(shares(c), { '10.0.0.1': 1, '10.0.0.2': 1 }, 'unless told otherwise, live');
});

t.test('shares are equal when one exit says nothing', async (t) => {
  const { c } = await start('link-bandwidth', undefined);
  t.same(shares(c), { '10.0.0.1': 1, '10.0.0.2': 1 });
});
