/** Global and link-local next hop of IPv6 on a link (RFC 2545 §3). */
import t from 'tap';
import { KEEPALIVE } from '../../src/bgp/wire/header.ts';
import { parseAddress } from '../../src/net/text.ts';
import { openMessage, Puppet } from '../bgp/session/lab.ts';
import { asPath, attributes, reach, unreach } from '../rib/support/rib-lab.ts';
import { Lab } from '../support/lab.ts';

const OWN = '2001:db8::1';
const PEER = '2001:db8::2';
const capabilities = (asNumber: number) => [
  { kind: 'multiprotocol', afi: 2, safi: 1 } as const,
  { kind: 'four-octet-as', asNumber } as const,
];

const ip = (text: string) => parseAddress(text)!;

function pairOf(global: string, linkLocal: string): Uint8Array {
  return Uint8Array.of(...ip(global), ...ip(linkLocal));
}

/** A peer that keeps the UPDATE messages it gets. */
class Listening extends Puppet {
  readonly updates: Uint8Array[] = [];

  override onData(chunk: Uint8Array): void {
    super.onData(chunk);
    this.updates.push(chunk);
  }

  get text(): string {
    return Buffer.concat(this.updates).toString('hex');
  }
}

/** A session with AS `asNumber` over eth0, or from `from` across routers. */
async function start(asNumber: number, peer = PEER) {
  const lab = new Lab();
  const node = lab.node(
    OWN,
    `router: { asNumber: 64512, routerId: 10.0.0.1 }
blocks: [ { cidr: "2001:db8:1::/64" } ]
neighbors: [ { name: far, asNumber: ${asNumber}, address: "${peer}" } ]`,
  );
  const on = (text: string) => ({
    address: ip(text),
    length: 64,
    isGlobalScope: !/^fe80/.test(text),
  });
  node.kernel.addLink('eth0', [on('fe80::1'), on(OWN)]);
  await node.start();
  const puppet = new Listening(lab.network.host(ip(peer)));
  await puppet.host.listen({ address: ip(peer), port: 179 }, (c) => puppet.adopt(c));
  await lab.settle(3000);
  puppet.send(openMessage({ asNumber, capabilities: capabilities(asNumber) }), KEEPALIVE);
  await lab.settle(1000);
  t.equal(node.state('far'), 'Established');
  const tell = async (prefix: string, nextHop: Uint8Array) => {
    const localPref = asNumber === 64512 ? 100 : undefined;
    puppet.send(reach([prefix], attributes({ asPath: asPath(64513), localPref, nextHop })));
    await lab.settle(2000);
  };
  const routes = () => node.kernelRoutes().filter((text) => text.startsWith('2001:db8:2:'));
  return { lab, node, puppet, tell, routes };
}

for (const asNumber of [64513, 64512]) {
  t.test(
    `packets to a router on the link go to its link-local address, AS ${asNumber}`,
    async (t) => {
      const { node, tell, routes, puppet, lab } = await start(asNumber);
      await tell('2001:db8:2::/64', pairOf(PEER, 'fe80::2'));
      t.match(routes(), [/^2001:db8:2::\/64 unicast fe80::2 /]);
      const [view] = [...node.views.adjIn('far')!];
      t.match(view, { nextHop: PEER, nextHopLinkLocal: 'fe80::2' }, 'both are shown');
      await tell('2001:db8:2::/64', pairOf(PEER, 'fe80::22'));
      t.match(routes(), [/^2001:db8:2::\/64 unicast fe80::22 /], 'it has another now');
      puppet.send(unreach(['2001:db8:2::/64']));
      await lab.settle(1000);
      t.same(routes(), []);
    },
  );
}

t.test('nobody says which way to another router', async (t) => {
  const { tell, routes } = await start(64513);
  await tell('2001:db8:2::/64', pairOf('2001:db8::3', 'fe80::2'));
  t.match(routes(), [/^2001:db8:2::\/64 unicast 2001:db8::3 /]);
});

t.test('a second half that is not link-local counts for nothing', async (t) => {
  const { tell, routes } = await start(64513);
  await tell('2001:db8:2::/64', pairOf(PEER, '2001:db8::4'));
  t.match(routes(), [/^2001:db8:2::\/64 unicast 2001:db8::2 /]);
});

t.test('a session that comes back without the second half goes by the first', async (t) => {
  const { lab, node, puppet, tell, routes } = await start(64513);
  await tell('2001:db8:2::/64', pairOf(PEER, 'fe80::2'));
  puppet.connection!.abort();
  await lab.settle(4000);
  t.same(routes(), []);
  puppet.send(openMessage({ asNumber: 64513, capabilities: capabilities(64513) }), KEEPALIVE);
  await lab.settle(1000);
  t.equal(node.state('far'), 'Established');
  await tell('2001:db8:2::/64', ip(PEER));
  t.match(routes(), [/^2001:db8:2::\/64 unicast 2001:db8::2 /]);
});

const GLOBAL = Buffer.from(ip(OWN)).toString('hex');
const LINK_LOCAL = Buffer.from(ip('fe80::1')).toString('hex');

t.test(
  'an external neighbor on the link is told both of ours, an internal one the global',
  async (t) => {
    const external = await start(64513);
    t.match(external.puppet.text, `20${GLOBAL}${LINK_LOCAL}`);
    const internal = await start(64512);
    t.match(internal.puppet.text, `10${GLOBAL}`);
    t.notMatch(internal.puppet.text, LINK_LOCAL);
  },
);

t.test('nor is a link-local address told across routers', async (t) => {
  const { puppet } = await start(64513, '2001:db8:f::2');
  t.match(puppet.text, `10${GLOBAL}`);
  t.notMatch(puppet.text, LINK_LOCAL);
});
