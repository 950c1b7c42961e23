/** Framer: message bounds over any chunking, and header faults (RFC 4271 §6.1, RFC 8654). */
import fc from 'fast-check';
import t from 'tap';
import { Framer } from '../../../src/bgp/wire/framer.ts';
import { KEEPALIVE } from '../../../src/bgp/wire/header.ts';
import { concat, hex, message, toHex } from './build.ts';

function frame(chunks: readonly Uint8Array[], maximum = 4096) {
  const framer = new Framer();
  framer.maximumMessageSize = maximum;
  const messages: string[] = [];
  for (const chunk of chunks) {
    const fault = framer.push(chunk, (bytes, at, end, type) => {
      messages.push(`${type}:${toHex(bytes.subarray(at, end))}`);
      return true;
    });
    if (fault) return { messages, fault };
  }
  return { messages, fault: undefined };
}

t.test('a message whole in one chunk is handed out in place', async (t) => {
  const chunk = concat(KEEPALIVE, message(2, new Uint8Array(4)), KEEPALIVE);
  const seen: unknown[] = [];
  new Framer().push(chunk, (bytes, at, end, type) => {
    seen.push([bytes === chunk, at, end, type]);
    return true;
  });
  t.same(seen, [
    [true, 0, 19, 4],
    [true, 19, 42, 2],
    [true, 42, 61, 4],
  ]);
});

t.test('header faults are told from the header alone (RFC 4271 §6.1)', async (t) => {
  const header = (length: number, type: number) => message(type, new Uint8Array(0), length);
  const rows: [string, Uint8Array, number, string][] = [
    ['marker with a zero bit', hex(`${'ff'.repeat(15)}fe001304`), 4096, '1/1 '],
    ['length 18', header(18, 4), 4096, '1/2 0012'],
    ['length 0', header(0, 2), 4096, '1/2 0000'],
    ['KEEPALIVE of 20', header(20, 4), 4096, '1/2 0014'],
    ['OPEN of 28', header(28, 1), 4096, '1/2 001c'],
    ['UPDATE of 22', header(22, 2), 4096, '1/2 0016'],
    ['NOTIFICATION of 20', header(20, 3), 4096, '1/2 0014'],
    ['UPDATE of 4097', header(4097, 2), 4096, '1/2 1001'],
    ['OPEN of 4097 on an extended session', header(4097, 1), 65535, '1/2 1001'],
    ['type 0', header(19, 0), 4096, '1/3 00'],
    ['type 6', header(19, 6), 4096, '1/3 06'],
    ['type 255', header(19, 255), 4096, '1/3 ff'],
  ];
  for (const [name, bytes, maximum, expected] of rows) {
    const { fault } = frame([bytes], maximum);
    t.equal(fault && `${fault.code}/${fault.subcode} ${toHex(fault.data)}`, expected, name);
  }
});

t.test('an extended session takes messages up to 65535 octets (RFC 8654)', async (t) => {
  const large = message(2, new Uint8Array(65535 - 19));
  const { messages, fault } = frame([large.subarray(0, 30000), large.subarray(30000)], 65535);
  t.equal(fault, undefined);
  t.equal(messages.length, 1);
  t.equal(messages[0], `2:${toHex(large)}`);
});

t.test('a handler that says stop gets nothing more until reset', async (t) => {
  const framer = new Framer();
  let count = 0;
  const stop = () => {
    count++;
    return false;
  };
  framer.push(concat(KEEPALIVE, KEEPALIVE), stop);
  framer.push(KEEPALIVE, stop);
  t.equal(count, 1);
  framer.reset();
  framer.push(KEEPALIVE, stop);
  t.equal(count, 2);
});

t.test('messages in front of a fault are delivered, chunks behind it are dropped', async (t) => {
  const framer = new Framer();
  let count = 0;
  const take = () => {
    count++;
    return true;
  };
  const fault = framer.push(concat(KEEPALIVE, message(9, new Uint8Array(0)), KEEPALIVE), take);
  t.equal(fault?.subcode, 3);
  t.equal(framer.push(KEEPALIVE, take), fault);
  t.equal(count, 1);
});

t.test('a partial message is forgotten on reset', async (t) => {
  const framer = new Framer();
  const seen: number[] = [];
  const take = (_bytes: Uint8Array, at: number, end: number) => {
    seen.push(end - at);
    return true;
  };
  framer.push(KEEPALIVE.subarray(0, 7), take);
  framer.reset();
  framer.push(KEEPALIVE, take);
  t.same(seen, [19]);
});

t.test('any chunking gives the same messages', async () => {
  const anyMessage = fc
    .tuple(fc.constantFrom(1, 2, 3, 5), fc.uint8Array({ minLength: 10, maxLength: 5000 }))
    .map(([type, body]) => (type === 1 ? message(1, body.subarray(0, 4000)) : message(type, body)));
  const stream = fc.array(fc.oneof(anyMessage, fc.constant(KEEPALIVE)), { maxLength: 6 });
  const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(stream, cuts, (messages, sizes) => {
      const octets = concat(...messages);
      const chunks: Uint8Array[] = [];
      for (let at = 0, i = 0; at < octets.length; i++) {
        const size = sizes[i % sizes.length]!;
        chunks.push(octets.slice(at, at + size));
        at += size;
      }
      const whole = frame([octets], 65535);
      const cut = frame(chunks, 65535);
      return (
        whole.messages.length === messages.length && JSON.stringify(whole) === JSON.stringify(cut)
      );
    }),
  );
});

t.test('one octet at a time', async (t) => {
  const octets = concat(KEEPALIVE, message(2, new Uint8Array(4)));
  const { messages } = frame(Array.from(octets, (octet) => Uint8Array.of(octet)));
  t.equal(messages.length, 2);
});

t.test('random octets give a fault or wait, never throw', async () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
      frame(chunks);
    }),
  );
});
