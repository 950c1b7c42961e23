/** The books of the bench: what makes a phase end, and what makes a trial fail. */
import t from 'tap';
import { hashAttributes } from '../../bench/load/attribute-hash.ts';
import { encodeAttributes, hasAsZero, passedOn } from '../../bench/load/attribute-set.ts';
import { Ledger } from '../../bench/load/ledger.ts';
import { encodeAnnouncements, encodeWithdrawals } from '../../bench/load/route-set.ts';
import { clientRoutes } from '../../bench/scenario/generated-routes.ts';
import { borderRouter, reflectorOf } from '../../bench/scenario/scenario.ts';
import { walkUpdate } from '../../src/bgp/wire/update.ts';
import type { UpdateSink } from '../../src/bgp/wire/update-sink.ts';
import type { WireOptions } from '../../src/bgp/wire/wire-options.ts';

const WIRE: WireOptions = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
};

const ROUTES = clientRoutes({
  nextHop: '172.30.1.1',
  first: 0,
  count: 5,
  bits: 24,
  attributeSets: 2,
});

const hashOf = (set: Uint8Array) => hashAttributes(set, 0, set.length);

/** A ledger where one session announces and another listens. */
function books() {
  const ledger = new Ledger(5);
  ledger.offer(ROUTES);
  ledger.open('source', 0, 5);
  const account = ledger.open('receiver', 0, 0);
  const want = (isReachable: boolean) => {
    for (let i = 0; i < 5; i++) {
      ledger.want(i, isReachable ? hashOf(ROUTES.attributeSets[ROUTES.sets[i]!]!) : 0);
    }
  };
  return { ledger, want, take: (bytes: Uint8Array) => enter(bytes, ledger, account) };
}

/** Reads messages as a session of the generator does. */
function enter(bytes: Uint8Array, ledger: Ledger, account: Parameters<Ledger['enter']>[0]): void {
  let hash = 0;
  const sink: UpdateSink = {
    attributes: (_family, message, at, end) => {
      hash = hashAttributes(message, at, end);
      return undefined;
    },
    reach: (_family, _pathId, message, at, bits) =>
      void ledger.enter(account, message, at, bits, hash),
    withdraw: (_family, _pathId, message, at, bits) =>
      void ledger.enter(account, message, at, bits, 0),
    endOfRib: () => undefined,
  };
  for (let at = 0; at < bytes.length; ) {
    const end = at + ((bytes[at + 16]! << 8) | bytes[at + 17]!);
    walkUpdate(bytes, at, end, WIRE, sink);
    at = end;
  }
}

t.test('nothing is pending once all routes came with their attributes', async (t) => {
  const { ledger, want, take } = books();
  want(true);
  t.equal(ledger.pending, 5, 'the source itself is not waited for');
  take(encodeAnnouncements(ROUTES));
  t.equal(ledger.pending, 0);
  t.equal(ledger.faults(), '');
  want(false);
  t.equal(ledger.pending, 5);
  take(encodeWithdrawals(ROUTES));
  t.equal(ledger.faults(), '');
});

t.test('missing routes, other attributes and left-overs are told apart', async (t) => {
  const { ledger, want, take } = books();
  take(encodeAnnouncements(ROUTES, (i) => i === 4));
  want(true);
  ledger.want(4, 0);
  take(encodeAnnouncements({ ...ROUTES, sets: new Uint32Array(5).fill(1) }, (i) => i === 0));
  const told = 'receiver: 3 missing, 1 with other attributes, 1 not withdrawn';
  t.equal(ledger.faults(), `5 routes are not right; ${told}`);
});

t.test('a route that goes wrong again is pending again', async (t) => {
  const { ledger, want, take } = books();
  want(true);
  take(encodeAnnouncements(ROUTES));
  take(encodeWithdrawals(ROUTES, (i) => i === 2));
  t.equal(ledger.pending, 1);
});

t.test('a route nobody announced is a fault', async (t) => {
  const { ledger, take } = books();
  const addresses = Uint32Array.of(1, 2, 3, 4, 5);
  take(encodeAnnouncements({ ...ROUTES, addresses, lengths: new Uint8Array(5).fill(32) }));
  t.equal(ledger.faults(), '5 routes arrived that nobody announced');
});

t.test('order, flags and MED 0 do not change the hash of a set, values do', async (t) => {
  const origin = [0x40, 1, 1, 0];
  const localPref = [0x40, 5, 4, 0, 0, 0, 100];
  const med = [0x80, 4, 4, 0, 0, 0, 0];
  const hash = hashOf(Uint8Array.from([...origin, ...localPref]));
  t.equal(hashOf(Uint8Array.from([...localPref, ...med, 0x50, 1, 0, 1, 0])), hash);
  t.not(hashOf(Uint8Array.from([...origin, ...localPref.with(6, 101)])), hash);
  t.not(hashOf(Uint8Array.from([...origin, ...localPref, ...med.with(6, 1)])), hash);
});

t.test('what others shall see follows from the role', async (t) => {
  const nextHop = '172.30.1.1';
  const set = encodeAttributes({ asPath: [65001, 7], nextHop });
  const external = encodeAttributes({ asPath: [64496, 65001, 7], nextHop: '172.30.0.1' });
  const reflected = [128, 9, 4, 172, 30, 1, 1, 128, 10, 4, 172, 30, 0, 1];
  const border = borderRouter(65001, 65002);
  t.equal(hashOf(passedOn(set, border, nextHop)), hashOf(external), 'RFC 4271 §5.1.2, §5.1.3');
  t.equal(
    hashOf(passedOn(set, reflectorOf(2), nextHop)),
    hashOf(Uint8Array.from([...set, ...reflected])),
    'RFC 4456 §8',
  );
  t.equal(passedOn(set, { ...border, kind: 'relay' }, nextHop), set);
});

t.test('AS 0 is found in any segment', async (t) => {
  const nextHop = '192.0.2.1';
  t.notOk(hasAsZero(encodeAttributes({ asPath: [1, 256], nextHop })));
  t.ok(hasAsZero(encodeAttributes({ asPath: [1, 0], nextHop })));
});
