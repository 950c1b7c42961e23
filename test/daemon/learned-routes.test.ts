import t from 'tap';
import type { RouteTarget } from '../../src/fib/kernel.ts';
import { parseAddress, parsePrefix } from '../../src/net/text.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const NEIGHBOR = { '10.0.0.1': '10.0.0.2', '10.0.0.2': '10.0.0.1' } as const;

/** Two internal neighbours; the first learns what its kernel has. */
function config(address: keyof typeof NEIGHBOR, learn: boolean, more = ''): string {
  return `
router: { asNumber: 64512, routerId: ${address}${more} }
fib: { metric: local-pref, learn: ${learn} }
blocks: [ { cidr: 10.1.${address.at(-1)}.0/26 } ]
neighbors: [ { name: peer, address: ${NEIGHBOR[address]}, asNumber: 64512, passive: ${address < '10.0.0.2'} } ]
`;
}

async function start(): Promise<{ lab: Lab; a: LabNode; b: LabNode }> {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config('10.0.0.1', true));
  const b = lab.node('10.0.0.2', config('10.0.0.2', false));
  for (const node of [a, b]) await node.start();
  await lab.settle();
  return { lab, a, b };
}

function kernelRoute(prefix: string, dev: string, metric: number, via?: string, protocol = 80) {
  const hop = { ...(via && { via: parseAddress(via)! }), dev, onlink: false };
  const target: RouteTarget = { type: 'unicast', nextHops: [hop], metric };
  return { prefix: parsePrefix(prefix)!, target, table: 254, protocol };
}

t.test(
  'a borrowed address is announced while the kernel has it, with the connection’s own end as next hop (LEARN-4, AGGR-4, NH-6)',
  async (t) => {
    const { lab, a, b } = await start();
    const borrowed = kernelRoute('10.1.9.5/32', 'cali0', 1024);
    a.kernel.put(borrowed);
    await lab.settle(1000);
    t.ok(b.kernelRoutes().includes('10.1.9.5/32 unicast 10.0.0.1 1024'));
    t.notOk(
      a.kernelRoutes().some((route) => route.startsWith('10.1.9.5')),
      'never written back (LEARN-3)',
    );
    a.kernel.remove(borrowed);
    await lab.settle(1000);
    t.notOk(b.kernelRoutes().some((route) => route.startsWith('10.1.9.5')));
  },
);

t.test(
  'the metric travels as LOCAL_PREF, none of it as the best (PRIO-1, PRIO-4, AMB-6)',
  async (t) => {
    const { lab, a, b } = await start();
    a.kernel.put(kernelRoute('10.1.9.1/32', 'cali1', 512));
    a.kernel.put(kernelRoute('10.1.9.2/32', 'cali2', 0));
    const target: RouteTarget = { type: 'blackhole', nextHops: [], metric: 0 };
    a.kernel.put({ prefix: parsePrefix('10.1.8.0/26')!, target, table: 254, protocol: 80 });
    await lab.settle(1000);
    const learned = b.kernelRoutes().filter((route) => /^10\.1\.[89]\./.test(route));
    t.same(learned, [
      '10.1.8.0/26 unicast 10.0.0.1 1024',
      '10.1.9.1/32 unicast 10.0.0.1 512',
      '10.1.9.2/32 unicast 10.0.0.1 0',
    ]);
  },
);

t.test(
  'another normal priority is judged by without a session going down (PRIO-5, PRIO-3)',
  async (t) => {
    const { lab, a, b } = await start();
    a.kernel.put(kernelRoute('10.1.9.1/32', 'cali1', 512));
    await lab.settle(1000);
    const { open } = b.sent('peer');
    await a.apply(config('10.0.0.1', true, ", normalPriority: { 'ipv4-unicast': 400 }"));
    await lab.settle(1000);
    t.same([a.state('peer'), b.sent('peer')['open']], ['Established', open]);
    t.ok(b.kernelRoutes().includes('10.1.9.1/32 unicast 10.0.0.1 512'));
  },
);

t.test('Felix’s way around over a plain interface is not announced (AMB-15)', async (t) => {
  const { lab, a, b } = await start();
  a.kernel.put(kernelRoute('10.1.7.0/26', 'eth0', 1024, '10.0.0.7'));
  a.kernel.put(kernelRoute('203.0.113.9/32', 'eth0', 0, '10.0.0.7', 4));
  await lab.settle(1000);
  const found = b.routes().filter((route) => /^(10\.1\.7|203)/.test(route));
  t.same(found, ['203.0.113.9/32 via 10.0.0.7'], 'with its gateway as next hop (NH-1)');
});

t.test('subnets of interfaces are routes as well, never written (LEARN-5, RIB-1)', async (t) => {
  const { lab, a, b } = await start();
  a.kernel.addLink('eth1', [{ address: parseAddress('192.0.2.1')!, length: 24 }]);
  await lab.settle(1000);
  const isIt = (route: string) => route.startsWith('192.0.2.0/24');
  t.same(b.routes().filter(isIt), ['192.0.2.0/24 via 10.0.0.1']);
  t.same(a.kernelRoutes().filter(isIt), []);
  await b.apply(`${config('10.0.0.2', false)}originate: [ { cidr: 192.0.2.0/24, kind: service } ]`);
  await lab.settle(1000);
  t.same(a.routes().filter(isIt), ['192.0.2.0/24 via -'], 'preferred to BGP');
  a.kernel.setLink('eth1', false);
  await lab.settle(1000);
  t.same(a.routes().filter(isIt), ['192.0.2.0/24 via 10.0.0.2'], 'while the interface is up');
  a.kernel.setLink('eth1', true);
  await lab.settle(1000);
  await a.apply(
    config('10.0.0.1', true).replace('learn: true', 'learn: true, ignoredInterfaces: [eth*]'),
  );
  await lab.settle(1000);
  t.same(a.routes().filter(isIt), ['192.0.2.0/24 via 10.0.0.2'], 'and not ignored (RECONF-7)');
});

t.test('learning begins and ends live', async (t) => {
  const { lab, a, b } = await start();
  a.kernel.put(kernelRoute('10.1.9.5/32', 'cali0', 1024));
  await a.apply(config('10.0.0.1', false));
  await lab.settle(1000);
  t.notOk(b.routes().some((route) => route.startsWith('10.1.9.5')));
  await a.apply(config('10.0.0.1', true));
  await lab.settle(1000);
  t.ok(b.routes().some((route) => route.startsWith('10.1.9.5')));
});
