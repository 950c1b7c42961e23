/** What single neighbours are told and may tell: local AS, AS override, private numbers, weight. */
import t from 'tap';
import type { LabPeerOptions } from './support/rib-lab.ts';
import { address, asPath, LOCAL_AS, RibLab } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';
const EXTERNAL = { isInternal: false, asNumber: 65009 };
const LOCAL = { ...EXTERNAL, localAsNumber: 65100 };

/** The AS path a neighbour is told of a route that came in with `asns`. */
function told(to: LabPeerOptions, ...asns: number[]): string | undefined {
  const lab = new RibLab();
  const receiver = lab.upPeer('to', { ...EXTERNAL, ...to });
  lab.upPeer('from', { address: address('10.0.0.9') }).announce([TO], { asPath: asPath(...asns) });
  lab.settle();
  return /path \[(.*?)\]/.exec(receiver.lines[0] ?? '')?.[1];
}

t.test('a local AS stands in for the router AS (ID-5), or shows before it', async (t) => {
  const routerAsNumber = LOCAL_AS;
  t.equal(told(LOCAL, 3), '65100 3');
  const shows = { routerAsNumber, replaceAs: false, noPrepend: true };
  t.equal(told({ ...LOCAL, localAs: shows }, 3), `65100 ${LOCAL_AS} 3`);
});

t.test('a local AS goes in front of what comes in, where that is not switched off', async (t) => {
  const lab = new RibLab();
  const localAs = { routerAsNumber: LOCAL_AS, replaceAs: true, noPrepend: false };
  const from = lab.upPeer('from', { ...LOCAL, localAs });
  const inside = lab.upPeer('in');
  from.announce([TO], { asPath: asPath(65009) });
  from.announce(['10.2.0.0/24'], { asPath: asPath(65009, LOCAL_AS) });
  from.announce(['10.3.0.0/24'], { asPath: asPath(65009, 65100) });
  lab.settle();
  t.match(inside.lines, [/path \[65100 65009\]/]);
  t.equal(inside.lines.length, 1, 'either AS in the path is a loop');
  from.update({ localAs: undefined });
  lab.settle();
  t.match(
    inside.lines,
    [/path \[65009\]/, new RegExp(`path \\[65009 ${LOCAL_AS}\\]`)],
    'changed live; now only the local AS counts (ID-5)',
  );
});

t.test('asOverride puts the local AS where the AS of the neighbor is', async (t) => {
  t.equal(told({ asOverride: true }, 65009, 3, 65009), `${LOCAL_AS} ${LOCAL_AS} 3 ${LOCAL_AS}`);
  t.equal(told({}, 65009, 3), `${LOCAL_AS} 65009 3`);
});

t.test('removePrivateAs takes out what is private, but not the own AS in front', async (t) => {
  const all = { all: true, replace: false };
  t.equal(told({ removePrivateAs: all }, 65001, 3, 65002), `${LOCAL_AS} 3`);
  t.equal(told({ removePrivateAs: { ...all, all: false } }, 65001, 3), `${LOCAL_AS} 65001 3`);
  t.equal(
    told({ removePrivateAs: { ...all, replace: true } }, 65001, 3),
    `${LOCAL_AS} ${LOCAL_AS} 3`,
  );
  t.equal(
    told({ removePrivateAs: all, asOverride: true }, 65001, 65009),
    `${LOCAL_AS} ${LOCAL_AS}`,
    'the AS of the neighbor is overridden, not removed',
  );
});

t.test('such a change sends the routes it changes, and no others', async (t) => {
  const lab = new RibLab();
  const to = lab.upPeer('to', EXTERNAL);
  const from = lab.upPeer('from', { address: address('10.0.0.9') });
  from.announce([TO], { asPath: asPath(65001) });
  from.announce(['10.2.0.0/24'], { asPath: asPath(3) });
  lab.settle();
  const before = to.messages;
  to.update({ removePrivateAs: { all: true, replace: false } });
  lab.settle();
  t.equal(to.messages - before, 1);
  t.same(to.lines, [
    `${TO} via 10.0.0.100 path [${LOCAL_AS}]`,
    `10.2.0.0/24 via 10.0.0.100 path [${LOCAL_AS} 3]`,
  ]);
});

t.test('maximumPrefixesOut holds back what is more, until there is room', async (t) => {
  const lab = new RibLab();
  const from = lab.upPeer('from', { address: address('10.0.0.9') });
  const to = lab.upPeer('to', { ...EXTERNAL, maximumPrefixesOut: 3 });
  const free = lab.upPeer('free', EXTERNAL);
  const prefixes = Array.from({ length: 8 }, (_, i) => `10.${i}.0.0/24`);
  from.announce(prefixes);
  lab.settle();
  t.same([to.routes.size, free.routes.size, to.limitReached], [3, 8, 1]);
  t.equal(lab.rib.counters(to.id, 'ipv4-unicast').advertised, 3);
  const [held] = [...to.routes.keys()];
  from.withdraws([held!]);
  lab.settle();
  t.equal(to.routes.size, 3, 'another took its place');
  t.notOk(to.routes.has(held!));
  from.announce([...to.routes.keys()], { med: 7, asPath: asPath(9) });
  lab.settle();
  t.equal(to.routes.size, 3);
  t.match(to.lines[0], /64512 9/, 'what is told already is kept up to date');
  to.update({ maximumPrefixesOut: 5 });
  lab.settle();
  t.equal(to.routes.size, 5, 'changed live');
  to.down();
  to.up();
  lab.settle();
  t.equal(to.routes.size, 5, 'a dump is bounded too');
  to.update({ maximumPrefixesOut: undefined });
  lab.settle();
  t.equal(to.routes.size, 7);
  t.equal(to.needlessWithdrawals, 0);
});

t.test('routes of the limited peer itself take no room', async (t) => {
  const lab = new RibLab();
  const to = lab.upPeer('to', { ...EXTERNAL, maximumPrefixesOut: 1 });
  to.announce(['10.1.0.0/24', '10.2.0.0/24'], { asPath: asPath(65009) });
  lab.settle();
  const from = lab.upPeer('from', { address: address('10.0.0.9') });
  from.announce(['10.3.0.0/24', '10.1.0.0/24'], { localPref: 900 });
  lab.settle();
  t.equal(to.routes.size, 1);
  t.equal(to.limitReached, 1, 'a best route that moves to another peer is new to it');
});
