/** Cease, subcode by subcode: when it is sent, and what one that comes causes (RFC 4486, RFC 8538, RFC 9384). */
import t from 'tap';
import { KEEPALIVE } from '../../src/bgp/wire/header.ts';
import { encodeNotification } from '../../src/bgp/wire/notification.ts';
import { parseAddress } from '../../src/net/text.ts';
import { openMessage, Puppet } from '../bgp/session/lab.ts';
import { attributes, reach } from '../rib/support/rib-lab.ts';
import { Lab } from '../support/lab.ts';

const [OWN, PEER, MEMBER] = ['10.0.0.1', '10.0.0.2', '10.0.1.2'];

function config(more = '', ranges = '', keepsPeer = true): string {
  const peer = `{ name: peer, address: ${PEER}, asNumber: 64512, passive: true ${more} }`;
  return `router: { asNumber: 64512, routerId: ${OWN} }
neighbors: [ ${keepsPeer ? peer : ''} ]
neighborRanges: [ ${ranges} ]`;
}

async function start(more = '', ranges = '') {
  const lab = new Lab();
  const node = lab.node(OWN, config(more, ranges));
  await node.start();
  const dial = async (from = PEER) => {
    const puppet = new Puppet(lab.network.host(parseAddress(from)!));
    puppet.dial(OWN);
    await lab.settle(100);
    puppet.send(openMessage({ routerId: from }), KEEPALIVE);
    await lab.settle(200);
    return puppet;
  };
  return { lab, node, dial };
}

function told({ notifications }: Puppet): string[] {
  return notifications.map(({ code, subcode }) => `${code}/${subcode}`);
}

t.test('1: more prefixes than the limit, with the number', async (t) => {
  const { lab, dial } = await start(', maximumPrefixes: { limit: 1 }');
  const peer = await dial();
  peer.send(reach(['10.1.0.0/16', '10.2.0.0/16'], attributes({ localPref: 100 })));
  await lab.settle(500);
  t.match(peer.notifications, [{ code: 6, subcode: 1, data: Uint8Array.of(0, 1, 1, 0, 0, 0, 1) }]);
});

t.test('2: an operator shuts it down; who dials then gets 5', async (t) => {
  const { lab, node, dial } = await start();
  const peer = await dial();
  node.commands.shutdownNeighbor('peer', 'moin');
  await lab.settle(100);
  t.match(peer.notifications, [
    { code: 6, subcode: 2, data: Uint8Array.of(4, ...Buffer.from('moin')) },
  ]);
  const again = await dial();
  t.same([told(again), again.isClosed], [['6/5'], true], 'Connection Rejected');
});

t.test(
  '3: the neighbor is no longer configured; a stranger is told nothing (LISTEN-4)',
  async (t) => {
    const { lab, node, dial } = await start();
    const peer = await dial();
    await node.apply(config('', '', false));
    await lab.settle(1000);
    t.same(told(peer), ['6/3']);
    const stranger = await dial();
    t.same([told(stranger), stranger.isClosed], [[], true]);
  },
);

t.test('4: an operator resets it', async (t) => {
  const { lab, node, dial } = await start();
  const peer = await dial();
  node.commands.clearNeighbor('peer', undefined);
  await lab.settle(100);
  t.same(told(peer), ['6/4']);
});

t.test('5: the range is full; beyond ten a second nobody is told', async (t) => {
  const { lab, dial } = await start('', '{ prefix: 10.0.1.0/24, asNumber: 64512, limit: 1 }');
  await dial(MEMBER);
  const others = Array.from({ length: 30 }, (_, i) => {
    const puppet = new Puppet(lab.network.host(parseAddress(`10.0.1.${i + 3}`)!));
    puppet.dial(OWN);
    return puppet;
  });
  await lab.settle(100);
  t.ok(others.every(({ isClosed }) => isClosed));
  t.equal(others.flatMap(told).length, 10);
});

t.test('6: a setting has changed that takes another session', async (t) => {
  const { lab, node, dial } = await start();
  const peer = await dial();
  await node.apply(config(', holdTime: 30'));
  await lab.settle(100);
  t.same(told(peer), ['6/6']);
});

t.test('7: the loser of a collision', async (t) => {
  const { dial } = await start(', gracefulRestart: { enabled: false }');
  const peer = await dial();
  const second = await dial();
  t.same([told(peer), told(second)], [[], ['6/7']]);
});

for (const subcode of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 99]) {
  t.test(
    `a Cease/${subcode} that comes: routes go, no wait, nothing back (SESS-5, SESS-14)`,
    async (t) => {
      const { lab, node, dial } = await start();
      const peer = await dial();
      peer.send(
        reach(['10.1.0.0/16'], attributes({ localPref: 100, nextHop: parseAddress(PEER)! })),
      );
      await lab.settle(500);
      t.same(node.routes(), ['10.1.0.0/16 via 10.0.0.2']);
      peer.send(encodeNotification({ code: 6, subcode, data: new Uint8Array(0) }));
      await lab.settle(500);
      t.same(node.routes(), []);
      t.equal(node.state('peer'), 'Active');
      t.same(told(peer), []);
      await dial();
      t.equal(node.state('peer'), 'Established', 'at once');
    },
  );
}
