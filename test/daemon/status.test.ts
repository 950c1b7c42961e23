import t from 'tap';
import { RefusedPeers } from '../../src/daemon/refused-peers.ts';
import { Lab } from '../support/lab.ts';

function config(address: string, name: string, rest: string): string {
  return `
router: { asNumber: 64512, routerId: ${address} }
neighbors:
  - { name: ${name}, sourceAddress: ${address}, ${rest} }`;
}

/** We, with a session as given, and a node that has one to us. */
async function withPeer(rest: string) {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config('10.0.0.1', 'Node_b', rest));
  const back = 'address: 10.0.0.1, asNumber: 64512';
  const b = lab.node('10.0.0.2', config('10.0.0.2', 'Node_a', back));
  await a.start();
  await b.start();
  await lab.settle();
  return { lab, a };
}

t.test('ready with all sessions up, and nothing to say', async (t) => {
  const { a } = await withPeer('address: 10.0.0.2, asNumber: 64512');
  t.match(a.views.status(), {
    state: 'ready',
    isReady: true,
    sessions: { total: 1, established: 1 },
    reasons: [],
    down: [],
    unknownPeers: [],
  });
});

t.test('wrong AS: not ready, with the last NOTIFICATION decoded and the object', async (t) => {
  const { lab, a } = await withPeer('source: BGPPeer/b, address: 10.0.0.2, asNumber: 64999');
  const status = a.views.status();
  t.match(status, { state: 'not-ready', isReady: false });
  t.match(status.reasons[0], { code: 'recovering' });
  await lab.settle(700_000);
  t.match(a.views.status().reasons[0], { code: 'not-ready', text: /0 of 1 sessions/ });
  const [about] = status.reasons.filter(({ object }) => object === 'BGPPeer/b');
  t.match(about, { code: 'wrong-as', text: /^Node_b is Idle: .*AS 64512, configured is AS 64999/ });
  t.match(status.down, [
    {
      name: 'Node_b',
      lastNotification: {
        direction: 'sent',
        code: 2,
        subcode: 2,
        name: 'OPEN Message Error/Bad Peer AS',
      },
    },
  ]);
});

t.test('a stranger that connects is told of, until it is configured', async (t) => {
  const lab = new Lab();
  const nowhere = 'address: 10.0.0.9, asNumber: 64512, passive: true';
  const a = lab.node('10.0.0.1', config('10.0.0.1', 'Node_x', nowhere));
  const b = lab.node(
    '10.0.0.2',
    config('10.0.0.2', 'Node_a', 'address: 10.0.0.1, asNumber: 64512'),
  );
  await a.start();
  await b.start();
  await lab.settle(60_000);
  const status = a.views.status();
  t.match(status.unknownPeers, [{ address: '10.0.0.2' }]);
  t.ok(status.unknownPeers[0]!.count > 1);
  t.match(status.reasons.at(-1), { code: 'unknown-peer', text: /^10.0.0.2 connected \d+ times/ });
  t.match(status.down, [{ name: 'Node_x', cause: { code: 'waiting-for-peer' } }]);
  await a.apply(config('10.0.0.1', 'Node_b', 'address: 10.0.0.2, asNumber: 64512'));
  await lab.settle(60_000);
  t.equal(a.state('Node_b'), 'Established');
  t.same(a.views.status().unknownPeers, []);
});

t.test('strangers are bounded: those heard of last stay', (t) => {
  const refused = new RefusedPeers();
  for (let i = 0; i < 1000; i++) {
    refused.note(Uint8Array.of(10, 0, i >> 8, i & 255), 'unknown', i);
    refused.note(Uint8Array.of(192, 0, 2, 1), 'unknown', i);
  }
  const list = refused.list();
  t.equal(list.length, 128);
  t.match(list[0], { address: '192.0.2.1', count: 1000, firstAt: 0, lastAt: 999 });
  t.end();
});
