import t from 'tap';
import { KEEPALIVE } from '../../src/bgp/wire/header.ts';
import { parseAddress } from '../../src/net/text.ts';
import { openMessage, Puppet } from '../bgp/session/lab.ts';
import { attributes, reach } from '../rib/support/rib-lab.ts';
import { Lab } from '../support/lab.ts';

const OWN = 'fe80::1';
const ROUTER = 'fe80::2';
const OTHER = 'fe80::3';
const V6 = [
  { kind: 'multiprotocol', afi: 2, safi: 1 },
  { kind: 'four-octet-as', asNumber: 64512 },
] as const;

async function start(neighbor: string) {
  const lab = new Lab();
  const node = lab.node(
    OWN,
    `router: { asNumber: 64512, routerId: 10.0.0.1 }
neighbors: [ { name: far, asNumber: 64512, ${neighbor} } ]`,
  );
  await node.start();
  return { lab, node };
}

/** A peer at the other end of the link that waits to be dialled. */
async function listenAt(lab: Lab, address: string): Promise<Puppet> {
  const own = parseAddress(address)!;
  const puppet = new Puppet(lab.network.host(own));
  await puppet.host.listen({ address: own, port: 179 }, (connection) => puppet.adopt(connection));
  return puppet;
}

async function establish(lab: Lab, puppet: Puppet): Promise<void> {
  puppet.send(openMessage({ capabilities: V6 }), KEEPALIVE);
  await lab.settle(200);
}

t.test('a link-local neighbor is reached on its interface, and so are its routes', async (t) => {
  const { lab, node } = await start(`address: ${ROUTER}%eth0`);
  const puppet = await listenAt(lab, ROUTER);
  await lab.settle(3000);
  await establish(lab, puppet);
  t.equal(node.state('far'), 'Established');
  t.equal(node.views.neighbor('far')!.address, 'fe80::2%eth0');
  const nextHop = parseAddress(ROUTER)!;
  puppet.send(reach(['2001:db8:2::/48'], attributes({ localPref: 100, nextHop })));
  await lab.settle(2000);
  t.match(node.kernelRoutes(), [/^2001:db8:2::\/48 unicast fe80::2 /]);
});

t.test('a neighbor without address waits until a router is heard on its interface', async (t) => {
  const { lab, node } = await start('interface: eth0');
  t.same([...node.discovery.zones], ['eth0']);
  t.match(node.views.neighbor('far'), { state: 'Idle', lastError: 'waits for a router on eth0' });
  const puppet = await listenAt(lab, ROUTER);
  node.discovery.hear(parseAddress(ROUTER)!, 'eth1');
  await lab.settle(3000);
  t.equal(puppet.accepted, 0, 'not on another interface');
  node.discovery.hear(parseAddress(ROUTER)!, 'eth0');
  await lab.settle(3000);
  await establish(lab, puppet);
  t.equal(node.state('far'), 'Established');
});

t.test('or until it dials itself', async (t) => {
  const { lab, node } = await start('interface: eth0');
  const puppet = new Puppet(lab.network.host(parseAddress(ROUTER)!));
  puppet.dial(OWN);
  await lab.settle(200);
  await establish(lab, puppet);
  t.equal(node.state('far'), 'Established');
});

t.test('a second router takes the place of one that is gone, not of one that is up', async (t) => {
  const { lab, node } = await start('interface: eth0');
  node.discovery.hear(parseAddress(ROUTER)!, 'eth0');
  const puppet = await listenAt(lab, ROUTER);
  await lab.settle(3000);
  await establish(lab, puppet);
  node.discovery.hear(parseAddress(OTHER)!, 'eth0');
  await lab.settle(500);
  t.equal(node.state('far'), 'Established');
  puppet.connection!.abort();
  await lab.settle(500);
  node.discovery.hear(parseAddress(OTHER)!, 'eth0');
  t.equal(node.views.neighbor('far')!.address, 'fe80::3%eth0');
  const other = await listenAt(lab, OTHER);
  await lab.settle(6000);
  await establish(lab, other);
  t.equal(node.state('far'), 'Established');
});

t.test('without such neighbors nobody is listened to', async (t) => {
  const { node } = await start('interface: eth0');
  await node.apply('router: { asNumber: 64512, routerId: 10.0.0.1 }');
  t.equal(node.discovery.zones.size, 0);
});
