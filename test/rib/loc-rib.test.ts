/** What the listener of Loc-RIB is told, and how work is spread over runs. */
import t from 'tap';
import type { RouteChange } from '../../src/rib/ports.ts';
import { address, RibLab } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';

function watched() {
  const lab = new RibLab();
  const told: string[] = [];
  const kind = ({ oldPath, newPath }: RouteChange) =>
    oldPath === 0
      ? 'new'
      : newPath === 0
        ? 'gone'
        : oldPath === newPath
          ? 'same path'
          : 'other path';
  lab.rib.setListener({
    routesChanged: (family, changes) => {
      for (const change of changes) {
        told.push(`${lab.rib.views.prefixText(family, change.prefixId)} ${kind(change)}`);
      }
    },
  });
  return { lab, told };
}

t.test('new, changed, moved and withdrawn routes are told once each', async (t) => {
  const { lab, told } = watched();
  const a = lab.upPeer('a', { routerId: 1 });
  const b = lab.upPeer('b', { routerId: 2 });
  a.announce([TO]);
  lab.settle();
  a.announce([TO], { med: 5 });
  lab.settle();
  b.announce([TO], { localPref: 50 });
  lab.settle();
  b.announce([TO], { localPref: 500 });
  lab.settle();
  b.down();
  lab.settle();
  a.withdraws([TO]);
  lab.settle();
  t.same(told, [
    `${TO} new`,
    `${TO} same path`,
    `${TO} other path`,
    `${TO} other path`,
    `${TO} gone`,
  ]);
});

t.test('what happens between two runs is told as one change, or not at all', async (t) => {
  const { lab, told } = watched();
  const a = lab.upPeer('a');
  a.announce([TO], { med: 1 });
  a.announce([TO], { med: 2 });
  lab.settle();
  t.same(told, [`${TO} new`]);
  a.announce(['10.2.0.0/24']);
  a.withdraws(['10.2.0.0/24']);
  lab.settle();
  t.equal(told.length, 1);
  t.equal(lab.rib.views.sizes('ipv4-unicast').prefixes, 1);
});

t.test('a next hop that resolves otherwise is told (RIB-3)', async (t) => {
  const { lab, told } = watched();
  lab.upPeer('a').announce([TO], { nextHop: address('192.0.2.5') });
  lab.settle();
  lab.nextHops.set('192.0.2.5', { isReachable: false, igpCost: 0, interface: '' });
  lab.rib.nextHopsChanged();
  lab.settle();
  t.same(told, [`${TO} new`, `${TO} same path`]);
  lab.rib.nextHopsChanged();
  lab.settle();
  t.equal(told.length, 2, 'nothing changed, nothing is told');
});

t.test('a run over its time makes the next ones smaller', async (t) => {
  const lab = new RibLab();
  const sizes: number[] = [];
  lab.rib.setListener({
    routesChanged: (_family, changes) => {
      sizes.push(changes.length);
      lab.nowMs += 40; // four times the budget
    },
  });
  const from = lab.upPeer('from', { maximumMessageSize: 65_535 });
  for (let i = 0; i < 3; i++) {
    const many = Array.from({ length: 5000 }, (_, n) => `10.${i * 20 + (n >> 8)}.${n & 255}.0/24`);
    from.announce(many);
  }
  lab.settle();
  t.equal(sizes[0], 2048);
  t.equal(sizes[1], 512);
  t.equal(
    sizes.reduce((sum, size) => sum + size),
    15_000,
  );
});
