import t from 'tap';
import { parseAddress } from '../../src/net/text.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const AS_OF = { '10.0.0.1': 64513, '10.0.0.2': 64513, '10.0.0.3': 64514 } as const;

/** A router with an internal and an external neighbour on one subnet. */
function config(own: keyof typeof AS_OF): string {
  const others = (Object.keys(AS_OF) as (keyof typeof AS_OF)[]).filter((each) => each !== own);
  const neighbors = others.map(
    (each) =>
      `  - { name: n${each.at(-1)}, address: ${each}, asNumber: ${AS_OF[each]}, passive: ${own < each} }`,
  );
  return `
router: { asNumber: ${AS_OF[own]}, routerId: ${own} }
blocks: [ { cidr: 10.1.${own.at(-1)}.0/26 } ]
neighbors:
${neighbors.join('\n')}
`;
}

async function start(more = ''): Promise<{ lab: Lab; a: LabNode }> {
  const lab = new Lab();
  const nodes = (Object.keys(AS_OF) as (keyof typeof AS_OF)[]).map((own) =>
    lab.node(own, own === '10.0.0.1' ? config(own) + more : config(own)),
  );
  for (const node of nodes) await node.start();
  await lab.settle();
  return { lab, a: nodes[0]! };
}

t.test('an external session ends with its interface, an internal one does not', async (t) => {
  const { lab, a } = await start();
  t.same([a.state('n2'), a.state('n3')], ['Established', 'Established']);
  a.kernel.setLink('eth0', false);
  await lab.settle(100);
  t.equal(a.state('n2'), 'Established', 'there may be another way to it');
  t.not(a.state('n3'), 'Established');
  t.same(a.kernelRoutes(), ['10.1.1.0/26 blackhole 0'], 'and nothing leads through it');
  a.kernel.setLink('eth0', true);
  await lab.settle();
  t.equal(a.state('n3'), 'Established');
  t.equal(a.kernelRoutes().length, 3);
});

const REFLECTOR = 'fib: { enabled: false }';

t.test('that is so on a reflector, which reads no routes', async (t) => {
  const { lab, a } = await start(REFLECTOR);
  t.same([a.state('n2'), a.state('n3')], ['Established', 'Established']);
  a.kernel.setLink('eth0', false);
  await lab.settle(100);
  t.same([a.state('n2'), a.state('n3') === 'Established'], ['Established', false]);
  a.kernel.setLink('eth0', true);
  await lab.settle();
  t.equal(a.state('n3'), 'Established');
  t.same([a.kernel.scans, a.kernelRoutes()], [0, []]);
});

t.test('a reflector whose neighbors are all internal does not look at links', async (t) => {
  const internal = (more: string) => `
router: { asNumber: 64513, routerId: 10.0.0.1 }
fib: { enabled: false }
neighbors:
  - { name: n2, address: 10.0.0.2, asNumber: 64513 }${more}
`;
  const lab = new Lab();
  const a = lab.node('10.0.0.1', internal(''));
  await a.start();
  await lab.settle();
  t.equal(a.kernelOpens, 0);
  const c = lab.node('10.0.0.3', config('10.0.0.3'));
  await c.start();
  await a.apply(internal('\n  - { name: n3, address: 10.0.0.3, asNumber: 64514 }'));
  await lab.settle();
  t.same([a.kernelOpens, a.state('n3')], [1, 'Established'], 'until one is on a link');
  a.kernel.removeLink('eth0');
  await lab.settle(100);
  t.not(a.state('n3'), 'Established');
});

for (const [name, more] of [
  ['a node', ''],
  ['a reflector', REFLECTOR],
] as const) {
  t.test(`a session of ${name} ends with the address it stands on`, async (t) => {
    const { lab, a } = await start(more);
    const addresses = [{ address: parseAddress('10.0.0.1')!, length: 24 }];
    a.kernel.addLink('eth0', [...addresses, { address: parseAddress('10.0.0.9')!, length: 24 }]);
    await lab.settle(1000);
    t.equal(a.state('n2'), 'Established', 'one more is none of its business');
    a.kernel.addLink('eth0', [{ address: parseAddress('10.0.0.9')!, length: 24 }]);
    await lab.settle(1000);
    t.not(a.state('n2'), 'Established');
    a.kernel.addLink('eth0', addresses);
    await lab.settle();
    t.equal(a.state('n2'), 'Established');
  });
}

t.test('routes move to another interface with their next hop', async (t) => {
  const { lab, a } = await start();
  const devices = () =>
    a.kernel.routes().flatMap(({ target }) => target.nextHops.map(({ dev }) => dev));
  t.same(devices(), ['eth0', 'eth0']);
  a.kernel.removeLink('eth0');
  a.kernel.addLink('eth9', [{ address: parseAddress('10.0.0.1')!, length: 24 }]);
  await lab.settle();
  t.same(devices(), ['eth9', 'eth9']);
});
