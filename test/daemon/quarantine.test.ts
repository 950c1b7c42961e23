import t from 'tap';
import { decodeMessage } from '../../src/bgp/wire/message-view.ts';
import { Quarantine, type Rejection } from '../../src/daemon/quarantine.ts';
import { parseAddress } from '../../src/net/text.ts';
import { openMessage, Puppet } from '../bgp/session/lab.ts';
import { AS_PATH, attribute, MANDATORY, NLRI, OPTIONS, ORIGIN, update } from '../bgp/wire/build.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const MIB = 1024 * 1024;

function rejection(peer: string): Rejection {
  return { peer, action: 'treat-as-withdraw', code: 3, subcode: 5, reason: 'x', decodeWith: '' };
}

t.test('a peer keeps its latest messages, up to a number and a size', async (t) => {
  const quarantine = new Quarantine();
  for (let i = 0; i < 1000; i++) quarantine.add(rejection('a'), i, Uint8Array.of(9, i, i), 1, 2);
  const kept = quarantine.list();
  t.equal(kept.length, 32);
  t.match(kept.at(-1), { peer: 'a', at: 999, hex: 'e7' });
  for (let i = 0; i < 100; i++)
    quarantine.add(rejection('b'), i, new Uint8Array(65_535), 0, 65_535);
  t.equal(quarantine.list('b').length, 4, '256 KiB');
  quarantine.add(rejection('b'), 100, Uint8Array.of(1), 0, 1);
  t.equal(quarantine.list('b').at(-1)!.hex, '01');
  t.ok(quarantine.sizeBytes < MIB);
  t.same(quarantine.list('nobody'), []);
});

t.test(
  'all peers together are bounded, and a flood drives out its own messages first',
  async (t) => {
    const quarantine = new Quarantine();
    quarantine.add(rejection('quiet'), 0, Uint8Array.of(7), 0, 1);
    for (let peer = 0; peer < 5000; peer++) {
      for (let i = 0; i < 5; i++) {
        quarantine.add(rejection(`p${peer}`), 1 + i, new Uint8Array(4096), 0, 4096);
      }
    }
    t.ok(quarantine.sizeBytes <= 8 * MIB);
    t.ok(quarantine.list().length <= 2048);
    t.equal(quarantine.list('p4999').length > 0, true, 'a newcomer has a place');
    t.equal(quarantine.list('quiet').length, 1, 'who holds least keeps it');
  },
);

const CONFIG = `
router: { asNumber: 64512, routerId: 10.0.0.1 }
neighbors:
  - { name: bad, address: 10.0.0.9, asNumber: 65009, passive: true }
  - { name: good, address: 10.0.0.2, asNumber: 64512, sourceAddress: 10.0.0.1 }`;
const GOOD = (block: string) => `
router: { asNumber: 64512, routerId: 10.0.0.2 }
blocks: [{ cidr: ${block} }]
neighbors: [{ name: n1, address: 10.0.0.1, asNumber: 64512, passive: true }]`;

async function scene() {
  const lab = new Lab();
  const node = lab.node('10.0.0.1', CONFIG);
  const good = lab.node('10.0.0.2', GOOD('10.1.2.0/26'));
  for (const each of [node, good]) await each.start();
  const bad = new Puppet(lab.network.host(parseAddress('10.0.0.9')!)).dial('10.0.0.1');
  await lab.settle(1000);
  bad.send(openMessage({ asNumber: 65009, routerId: '10.0.0.9' }), KEEPALIVE);
  await lab.settle();
  return { lab, node, good, bad };
}

const KEEPALIVE = Uint8Array.of(...new Array(16).fill(0xff), 0, 19, 4);
/** ORIGIN of two octets. */
const WITHDRAWN = update({
  attributes: [attribute(0x40, 1, '0000'), ...MANDATORY.slice(1)],
  nlri: NLRI,
});
/** AGGREGATOR of three octets. */
const DISCARDED = update({ attributes: [...MANDATORY, attribute(0xc0, 7, '000000')], nlri: NLRI });
/** No NLRI at all, and nothing but a broken ORIGIN. */
const RESET = update({ attributes: [attribute(0x40, 1, '0000'), AS_PATH] });

const quarantined = (node: LabNode) => [...node.views.quarantine('bad')];

t.test('every kind of rejection is kept with its octets (RFC 7606)', async (t) => {
  const { lab, node, bad } = await scene();
  t.equal(node.state('bad'), 'Established');
  for (const message of [DISCARDED, DISCARDED, WITHDRAWN, RESET]) bad.send(message);
  await lab.settle(500);
  const expected = [
    ['attribute-discard', 3, 5],
    ['attribute-discard', 3, 5],
    ['treat-as-withdraw', 3, 5],
    ['session-reset', 3, 5],
  ];
  t.same(
    quarantined(node).map(({ action, code, subcode }) => [action, code, subcode]),
    expected,
  );
  const [first] = quarantined(node);
  t.equal(first!.hex, Buffer.from(DISCARDED).toString('hex'));
  t.equal(first!.decodeWith, '--as4');
  const bytes = Buffer.from(first!.hex, 'hex');
  t.match(decodeMessage(bytes, 0, bytes.length, OPTIONS), {
    error: { action: 'attribute-discard' },
  });
  t.match(node.views.neighbor('bad')!['faultyUpdates'], {
    'attribute-discard': 2,
    'treat-as-withdraw': 1,
    'session-reset': 1,
  });
});

t.test('a broken attribute of a message that announces nothing is kept too', async (t) => {
  const { lab, node, bad } = await scene();
  const aggregator = attribute(0xc0, 7, '000000');
  bad.send(update({ withdrawn: NLRI, attributes: [ORIGIN, aggregator] }));
  await lab.settle(500);
  t.match(quarantined(node), [{ action: 'attribute-discard', code: 3, subcode: 5 }]);
  t.equal(node.state('bad'), 'Established');
});

t.test('OPENs and headers are kept too', async (t) => {
  const { lab, node, bad } = await scene();
  const badHeader = Uint8Array.of(...new Array(16).fill(0xff), 0, 5, 2, 1, 2, 3);
  bad.send(badHeader);
  await lab.settle(61_000);
  const again = bad.dial('10.0.0.1');
  await lab.settle(500);
  again.send(openMessage({ asNumber: 65008 }));
  await lab.settle(500);
  t.match(quarantined(node), [
    { action: 'session-reset', code: 1, subcode: 2, reason: /5 octets/ },
    { action: 'session-reset', code: 2, subcode: 2, reason: /65008/ },
  ]);
  t.equal(quarantined(node)[0]!.hex, Buffer.from(badHeader.subarray(0, 19)).toString('hex'));
});

t.test('10,000 malformed messages a second leave the others and the memory alone', async (t) => {
  const { lab, node, good, bad } = await scene();
  const flood = Buffer.concat(new Array(1000).fill(WITHDRAWN));
  for (let tenth = 0; tenth < 30; tenth++) {
    bad.send(flood);
    if (tenth === 15) await good.apply(GOOD('10.1.3.0/26'));
    await lab.settle(100);
  }
  await lab.settle(500);
  t.match(node.views.neighbor('bad')!['faultyUpdates'], { 'treat-as-withdraw': 30_000 });
  t.equal(node.state('bad'), 'Established', 'treated as withdrawn, not reset');
  t.ok(node.daemon.quarantine.sizeBytes < MIB);
  t.equal(node.state('good'), 'Established');
  t.equal(node.views.neighbor('good')!['flaps'], 0);
  t.same(node.routes(), ['10.1.3.0/26 via 10.0.0.2']);
});
