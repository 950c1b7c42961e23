import fc from 'fast-check';
import t from 'tap';
import {
  decodeAuthenticate,
  decodeRange,
  decodeWatch,
  encodeAuthenticate,
  encodeRange,
  encodeWatchCreate,
  encodeWatchProgress,
} from '../../../src/datastore/etcd/messages.ts';
import { MalformedMessage, ProtoWriter, readFields } from '../../../src/datastore/etcd/protobuf.ts';

const hex = (octets: Uint8Array) => Buffer.from(octets).toString('hex');
const octets = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

t.test('requests in the encoding of etcd', async (t) => {
  const range = { key: 'a', rangeEnd: 'b', limit: 300, revision: 7 };
  t.equal(hex(encodeRange(range)), hex(octets('0a0161 120162 18ac02 2007')));
  const create = { key: 'a', rangeEnd: 'b', startRevision: 8, watchId: 2 };
  t.equal(hex(encodeWatchCreate(create)), hex(octets('0a0e 0a0161 120162 1808 2001 3802 4001')));
  t.equal(hex(encodeWatchProgress()), '1a00');
  t.equal(hex(encodeAuthenticate('u', 'p')), hex(octets('0a0175 120170')));
});

const HEADER = '0a0b 08aaaaaaaaaaaaaa01 1805';

t.test('answers are read, fields of newer servers skipped', async (t) => {
  const kv = '0a016b 1003 1805 2001 2a0176';
  const unknown = '9a0601ff a90600000000000000ff ad06000000ff b00601';
  const answer = octets(`${HEADER} 120c ${kv} 1801 2001 ${unknown}`);
  const { header, kvs, more } = decodeRange(answer);
  t.match(header, { revision: 5 });
  t.match(kvs, [{ key: 'k', modRevision: 5, value: Buffer.from('v') }]);
  t.equal(more, true);
  t.equal(decodeAuthenticate(octets(`${HEADER} 120374 2e31`)), 't.1');
});

t.test('events, deletes without a previous value, and why a watch ended', async (t) => {
  const put = '5a0a 1208 0a016b 1805 2a0176';
  const removed = '5a09 0801 1205 0a016b 1806';
  const { events } = decodeWatch(octets(`1002 ${put} ${removed}`));
  t.match(events, [
    { kind: 'put', kv: { key: 'k', modRevision: 5, value: Buffer.from('v') } },
    { kind: 'delete', kv: { key: 'k', modRevision: 6, value: new Uint8Array() } },
  ]);
  t.match(decodeWatch(octets('1001 1801')), { watchId: 1, created: true, events: [] });
  t.match(decodeWatch(octets('2001 2809 32026e6f 3801')), {
    canceled: true,
    compactRevision: 9,
    cancelReason: 'no',
    fragment: true,
  });
  t.match(decodeWatch(octets('10ffffffffffffffffff01')), { watchId: -1 }, 'progress of all');
});

t.test('any octets are read or refused, never more', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (message) => {
      for (const decode of [decodeRange, decodeWatch, decodeAuthenticate]) {
        try {
          decode(message);
        } catch (error) {
          if (!(error instanceof MalformedMessage)) throw error;
        }
      }
    }),
  );
});

t.test('numbers are exact up to 2^53', async () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      let read = 0;
      readFields(new ProtoWriter().number(1, value).finish(), {
        number: (_, number) => {
          read = number;
        },
      });
      return read === value;
    }),
  );
});
