import t from 'tap';
import { encodePathAttributes } from '../../src/bgp/wire/encode-path-attributes.ts';
import { TABLE_DUMP_V2 } from '../../src/mrt/constants.ts';
import { type MrtRecord, RecordSplitter } from '../../src/mrt/record-splitter.ts';
import { readPeerTable, readTableRecord } from '../../src/mrt/table-reader.ts';
import { type TableEntry, TableWriter } from '../../src/mrt/table-writer.ts';
import { address, attributes, prefix } from '../rib/support/rib-lab.ts';

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const NONE = new Uint8Array(0);

function entry(fields: Partial<TableEntry>): TableEntry {
  const octets = encodePathAttributes(attributes({ localPref: 200 }), 4, true);
  const plain = { peerIndex: 1, originatedAt: AT, pathId: 0, attributes: octets };
  return { ...plain, mpNextHop: NONE, ...fields };
}

/** A dump with one prefix per family, read in pieces of `size` octets. */
function written(): Uint8Array {
  const writer = new TableWriter(AT);
  const [v4, v6] = [address('192.0.2.7'), address('2001:db8::7')];
  writer.peers(0x0a000001, 'received', [
    { routerId: 1, address: v4, asNumber: 4_200_000_000 },
    { routerId: 2, address: v6, asNumber: 64512 },
  ]);
  writer.prefix(prefix('10.1.0.0/17'), [entry({}), entry({ pathId: 9 }), entry({ pathId: 10 })]);
  writer.prefix(prefix('2001:db8:1::/48'), [
    entry({ attributes: encodePathAttributes(attributes(), 4, false), mpNextHop: v6 }),
  ]);
  return writer.take();
}

function records(bytes: Uint8Array, size: number): MrtRecord[] {
  const splitter = new RecordSplitter();
  const found: MrtRecord[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    found.push(...splitter.push(bytes.subarray(at, at + size)));
  }
  t.equal(splitter.rest, 0);
  return found;
}

t.test('a dump is read as it was written, in pieces of any size (RFC 6396 §4.3)', async (t) => {
  for (const size of [1, 7, 4096]) {
    const [index, ...rest] = records(written(), size);
    t.match(index, { type: TABLE_DUMP_V2, subtype: 1, at: Math.floor(AT / 1000) * 1e6 });
    const table = readPeerTable(index!.body);
    t.match(table, { routerId: 0x0a000001, view: 'received' });
    t.same(table.peers[0]!.asNumber, 4_200_000_000);
    t.same(table.peers[1]!.address, address('2001:db8::7'));
    const [plain, identified, v6] = rest.map(
      ({ subtype, body }) => readTableRecord(subtype, body)!,
    );
    t.same(plain!.prefix, prefix('10.1.0.0/17'));
    t.equal(plain!.entries.length, 1);
    t.same(new Uint8Array(plain!.entries[0]!.attributes), entry({}).attributes);
    t.equal(v6!.prefix.length, 48);
    t.same(v6!.entries[0]!.mpNextHop, address('2001:db8::7'));
    t.same(
      identified!.entries.map(({ pathId }) => pathId),
      [9, 10],
    );
  }
});

t.test('paths with an identifier stand in records of their own (RFC 8050 §4)', async (t) => {
  t.same(
    records(written(), 65_536).map(({ subtype }) => subtype),
    [1, 2, 8, 4],
  );
});

t.test('what is cut short or no MRT at all is refused', async (t) => {
  const [, plain] = records(written(), 65_536);
  t.throws(() => readTableRecord(plain!.subtype, plain!.body.subarray(0, 12)), RangeError);
  t.throws(() => [...new RecordSplitter().push(Buffer.from('<!DOCTYPE html><html>'))], RangeError);
});
