/** Interning of attribute sets: identity by content, references, and blocks that are not parsed twice. */
import t from 'tap';
import { encodePathAttributes } from '../../src/bgp/wire/encode-path-attributes.ts';
import type { WireOptions } from '../../src/bgp/wire/wire-options.ts';
import { AttributeStore } from '../../src/rib/attribute-store.ts';
import type { AttrsId } from '../../src/rib/ids.ts';
import { NextHopTable } from '../../src/rib/next-hop-table.ts';
import { address, asPath, attributes } from './support/rib-lab.ts';

const INTERNAL: WireOptions = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
};

function makeStore() {
  const resolve = () => ({ isReachable: true, igpCost: 0, interface: '' });
  const nextHops = new NextHopTable({ resolve });
  return { store: new AttributeStore(nextHops, 100), nextHops };
}

function internRaw(store: AttributeStore, bytes: Uint8Array, options = INTERNAL): AttrsId {
  const id = store.internRaw(bytes, 0, bytes.length, 'ipv4-unicast', undefined, options);
  if (typeof id !== 'number') throw new Error(id.reason);
  return id;
}

t.test('equal sets have one id, whether they come decoded or encoded', async (t) => {
  const { store } = makeStore();
  const set = attributes({ asPath: asPath(65001, 65002), localPref: 50, med: 7 });
  const id = store.intern(set);
  t.equal(store.intern({ ...set }), id);
  t.equal(internRaw(store, encodePathAttributes(set, 4, true)), id);
  t.not(store.intern({ ...set, med: 8 }), id);
  t.equal(store.size, 2);
  t.same(store.attributes(id), set);
});

t.test('the last reference frees the id, and a new generation begins', async (t) => {
  const { store, nextHops } = makeStore();
  const id = store.intern(attributes());
  store.retain(id);
  store.release(id);
  t.equal(store.size, 1);
  const generation = store.generation(id);
  store.release(id);
  t.equal(store.size, 0);
  t.equal(nextHops.size, 0);
  t.not(store.generation(id), generation);
  t.equal(store.intern(attributes({ med: 1 })), id, 'the id is used again');
  t.equal(store.attributes(id).med, 1, 'and nothing of the old set is left');
});

t.test('a block that is not canonical is recognised when it comes again', async (t) => {
  const { store } = makeStore();
  const canonical = encodePathAttributes(attributes({ localPref: 100 }), 4, true);
  // ORIGIN, the first attribute of four octets, goes last.
  const raw = Uint8Array.from([...canonical.subarray(4), ...canonical.subarray(0, 4)]);
  const id = internRaw(store, raw);
  t.equal(internRaw(store, raw), id);
  t.equal(internRaw(store, canonical), id);
  for (let i = 0; i < 3; i++) store.release(id);
  t.equal(store.size, 0);
  const again = internRaw(store, raw);
  t.equal(store.attributes(again).localPref, 100, 'a stale cache entry is not believed');
});

t.test('the same octets mean another set on an external session (SESS-16)', async (t) => {
  const { store } = makeStore();
  const raw = encodePathAttributes(attributes({ localPref: 300, originatorId: 9 }), 4, true);
  const internal = internRaw(store, raw);
  const external = internRaw(store, raw, { ...INTERNAL, isInternal: false });
  t.not(external, internal);
  t.equal(store.columns.localPref(internal), 300);
  t.equal(store.columns.localPref(external), 100);
  t.equal(store.attributes(external).localPref, 100);
  t.equal(store.columns.originatorId(external), 0);
});

t.test('two-octet AS numbers lead to the same set (RFC 6793)', async (t) => {
  const { store } = makeStore();
  const set = attributes({ asPath: asPath(65001, 4_200_000_000) });
  const id = store.intern(set);
  const raw = encodePathAttributes(set, 2, true);
  t.equal(internRaw(store, raw, { ...INTERNAL, asWidth: 2 }), id);
  t.equal(store.countAs(id, 4_200_000_000), 1);
  t.equal(store.countAs(id, 65003), 0);
});

t.test('IPv6 next hops belong to the set and are kept behind its octets', async (t) => {
  const { store } = makeStore();
  const a = store.intern(attributes({ nextHop: address('2001:db8::1') }));
  const b = store.intern(attributes({ nextHop: address('2001:db8::2') }));
  t.not(a, b);
  t.same(store.mpNextHop(a), address('2001:db8::1'));
  t.same(store.attributes(b).nextHop, address('2001:db8::2'));
});

t.test('many sets survive growth of all columns', async (t) => {
  const { store } = makeStore();
  const ids: AttrsId[] = [];
  for (let i = 0; i < 5000; i++) ids.push(store.intern(attributes({ med: i })));
  t.equal(store.size, 5000);
  ids.forEach((id, i) => {
    if (store.columns.med(id) !== i || store.attributes(id).med !== i) t.fail(`set ${i}`);
  });
  for (const id of ids) store.release(id);
  t.equal(store.size, 0);
});

t.test('AS 0 that a session tolerates is kept and read back (RFC 7607)', async (t) => {
  const { store } = makeStore();
  const set = attributes({ asPath: asPath(65001, 0), aggregator: { asn: 0, address: 1 } });
  const bytes = encodePathAttributes(set, 4, true);
  const id = internRaw(store, bytes, { ...INTERNAL, toleratesAsZero: true });
  t.same(store.attributes(id).asPath, set.asPath);
  t.same(store.attributes(id).aggregator, set.aggregator);
});

t.test(
  'AS 0 that an internal peer may send is still a fault from outside (RFC 7607)',
  async (t) => {
    const { store } = makeStore();
    const raw = encodePathAttributes(attributes({ asPath: asPath(65001, 0) }), 4, true);
    t.ok(internRaw(store, raw, { ...INTERNAL, toleratesAsZero: true }));
    const external = { ...INTERNAL, isInternal: false };
    const outcome = store.internRaw(raw, 0, raw.length, 'ipv4-unicast', undefined, external);
    t.match(outcome, { action: 'treat-as-withdraw' });
  },
);
