/** Both families on one session: which of our addresses is the next hop (RFC 4760 §3, RFC 2545 §3). */
import t from 'tap';
import { parseAddress } from '../../src/net/text.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const [A, B] = ['10.0.0.1', '10.0.0.2'];

function config(own: string, asNumber: number, more = ''): string {
  const other = own === A ? B : A;
  const n = own === A ? 1 : 2;
  return `
router: { asNumber: ${asNumber}, routerId: ${own} }
originate:
  - { cidr: 10.9.${n}.0/24, kind: service }
  - { cidr: "2001:db8:9:${n}::/64", kind: service }
neighbors:
  - name: other
    address: ${other}
    asNumber: ${asNumber === 65001 ? 65002 : 65001}
    sourceAddress: ${own}
    families: [ipv4-unicast, ipv6-unicast]
    ${more}`;
}

function addressed(node: LabNode, own: string, ...others: readonly string[]): void {
  const entry = (text: string) => {
    const address = parseAddress(text)!;
    return { address, length: address.length === 4 ? 24 : 64, isGlobalScope: !/^fe80/.test(text) };
  };
  node.kernel.addLink('lo', [entry('127.0.0.1'), entry('::1')]);
  node.kernel.addLink('eth0', [own, ...others].map(entry));
}

async function pair(lab: Lab, ours: readonly string[], more = ''): Promise<[LabNode, LabNode]> {
  const [a, b] = [lab.node(A, config(A, 65001, more)), lab.node(B, config(B, 65002))];
  addressed(a, A, ...ours);
  addressed(b, B, '2001:db8::b');
  for (const node of [a, b]) await node.start();
  await lab.settle();
  return [a, b];
}

/** What `b` has of a's routes, whether or not the next hop resolves. */
function learned(b: LabNode): string[] {
  return [...b.views.adjIn('other')!]
    .map(({ prefix, nextHop }) => `${prefix} via ${nextHop}`)
    .sort();
}

const ROUTE_4 = '10.9.1.0/24 via 10.0.0.1';

t.test('IPv6 routes on an IPv4 session have the IPv6 address beside it as next hop', async (t) => {
  const [, b] = await pair(new Lab(), ['fe80::1', '2001:db8::a', '2001:db8::ff']);
  t.same(learned(b), [ROUTE_4, '2001:db8:9:1::/64 via 2001:db8::a']);
  t.ok(b.kernelRoutes().includes('2001:db8:9:1::/64 unicast 2001:db8::a 1024'));
});

t.test('without such an address that family is not told, the session stands', async (t) => {
  const [a, b] = await pair(new Lab(), ['fe80::1']);
  t.equal(a.state('other'), 'Established');
  t.same(learned(b), [ROUTE_4]);
});

t.test('the address may come, change and go while the session is up', async (t) => {
  const lab = new Lab();
  const [a, b] = await pair(lab, []);
  addressed(a, A, '2001:db8::a');
  await lab.settle();
  t.same(learned(b), [ROUTE_4, '2001:db8:9:1::/64 via 2001:db8::a']);
  addressed(a, A, '2001:db8::5');
  await lab.settle();
  t.same(learned(b), [ROUTE_4, '2001:db8:9:1::/64 via 2001:db8::5']);
  const { update } = a.sent('other');
  await lab.settle(60_000);
  t.equal(a.sent('other')['update'], update, 'nothing is told again while it stays');
  addressed(a, A);
  await lab.settle();
  t.same(learned(b), [ROUTE_4]);
  t.equal(a.state('other'), 'Established');
});

t.test('nextHopAddress stands for both, and changes softly', async (t) => {
  const lab = new Lab();
  const words = (ipv4: string) => `nextHopAddress: { ipv4: ${ipv4}, ipv6: "2001:db8::77" }`;
  const [a, b] = await pair(lab, ['2001:db8::a'], words('10.0.0.77'));
  t.same(learned(b), ['10.9.1.0/24 via 10.0.0.77', '2001:db8:9:1::/64 via 2001:db8::77']);
  const { open } = a.sent('other');
  await a.apply(config(A, 65001, words('10.0.0.78')));
  await lab.settle(1000);
  t.same(learned(b), ['10.9.1.0/24 via 10.0.0.78', '2001:db8:9:1::/64 via 2001:db8::77']);
  await a.apply(config(A, 65001));
  await lab.settle(1000);
  t.same(learned(b), [ROUTE_4, '2001:db8:9:1::/64 via 2001:db8::a']);
  t.equal(a.sent('other')['open'], open, 'the session stayed');
});
