/** OPEN and capabilities: RFC 4271 §4.2, §6.2, RFC 5492, RFC 9072 and each capability's own RFC. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import type { Capability } from '../../../src/bgp/wire/capabilities.ts';
import { NotificationError } from '../../../src/bgp/wire/notification.ts';
import { decodeOpen, encodeOpen, type Open } from '../../../src/bgp/wire/open.ts';
import { concat, hex, message, toHex } from './build.ts';

function open(fields: string, parameters: string): Uint8Array {
  return message(1, concat(hex(fields), hex(parameters)));
}

function decode(bytes: Uint8Array): Open {
  return decodeOpen(bytes, 0, bytes.length);
}

/** `code/subcode data` of what decoding throws. */
function fault(bytes: Uint8Array): string {
  try {
    decode(bytes);
    return 'fine';
  } catch (error) {
    if (!(error instanceof NotificationError)) throw error;
    return `${error.code}/${error.subcode} ${toHex(error.data)}`.trim();
  }
}

/** Version 4, AS 65001, hold time 90, identifier 192.0.2.1. */
const FIELDS = '04 fde9 005a c0000201';

/** One capability in one plain parameter. */
function withCapability(code: number, value: string): Uint8Array {
  const capability = concat(Uint8Array.of(code, hex(value).length), hex(value));
  const sizes = Uint8Array.of(capability.length + 2, 2, capability.length);
  return message(1, concat(hex(FIELDS), sizes, capability));
}

t.test('an OPEN without parameters', async (t) => {
  t.same(decode(open(FIELDS, '00')), {
    asNumber: 65001,
    holdTimeSec: 90,
    routerId: 0xc0000201,
    capabilities: [],
  });
});

t.test('each capability', async (t) => {
  const rows: [number, string, Capability][] = [
    [1, '00010001', { kind: 'multiprotocol', afi: 1, safi: 1 }],
    [1, '00190046', { kind: 'multiprotocol', afi: 25, safi: 70 }],
    [2, '', { kind: 'route-refresh' }],
    [
      5,
      '000100010002',
      { kind: 'extended-next-hop', families: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
    ],
    [6, '', { kind: 'extended-message' }],
    [9, '03', { kind: 'role', role: 3 }],
    [
      64,
      'c078 00010180 00020100',
      {
        kind: 'graceful-restart',
        isRestarting: true,
        hasNotificationSupport: true,
        restartTimeSec: 120,
        families: [
          { afi: 1, safi: 1, isForwardingPreserved: true },
          { afi: 2, safi: 1, isForwardingPreserved: false },
        ],
      },
    ],
    [65, '00010000', { kind: 'four-octet-as', asNumber: 65536 }],
    [69, '00010103', { kind: 'add-path', families: [{ afi: 1, safi: 1, mode: 3 }] }],
    [70, '', { kind: 'enhanced-route-refresh' }],
    [
      71,
      '00010180 015180',
      {
        kind: 'long-lived-graceful-restart',
        families: [{ afi: 1, safi: 1, isForwardingPreserved: true, staleTimeSec: 86400 }],
      },
    ],
    [73, '036e6f64 00', { kind: 'fqdn', hostName: 'nod', domainName: '' }],
    [75, '0443617420', { kind: 'software-version', text: 'Cat ' }],
    [128, '', { kind: 'unknown', code: 128, value: new Uint8Array(0) }],
    [131, '0102', { kind: 'unknown', code: 131, value: hex('0102') }],
  ];
  for (const [code, value, expected] of rows) {
    const bytes = withCapability(code, value);
    const result = decode(bytes);
    t.same(result.capabilities, [expected], `capability ${code} decodes`);
    const again = decode(encodeOpen(result));
    t.same(again.capabilities, [expected], `capability ${code} encodes`);
    if (code !== 65) t.equal(toHex(encodeOpen(result)), toHex(bytes), `capability ${code} octets`);
  }
});

t.test('text that does not parse is kept raw, control characters are escaped', async (t) => {
  t.equal(decode(withCapability(73, '09 6e')).capabilities[0]?.kind, 'unknown');
  t.equal(decode(withCapability(75, '09 6e')).capabilities[0]?.kind, 'unknown');
  t.match(decode(withCapability(75, '021b63')).capabilities[0], { text: '\\u{1b}c' });
});

t.test('capabilities in one or several parameters give the same list (RFC 5492 §4)', async (t) => {
  const one = decode(open(FIELDS, '06 02 04 0200 4600'));
  const two = decode(open(FIELDS, '08 02 02 0200 02 02 4600'));
  t.same(one, two);
});

t.test('the four-octet capability gives the AS (RFC 6793 §4.1)', async (t) => {
  const bytes = open('04 5ba0 005a c0000201', '08 02 06 41 04 00010000');
  t.equal(decode(bytes).asNumber, 65536);
  t.equal(toHex(encodeOpen(decode(bytes))), toHex(bytes));
});

t.test('the extended parameter form (RFC 9072 §2)', async (t) => {
  const extended = 'ff ff 0005 02 0002 0200';
  t.same(decode(open(FIELDS, extended)).capabilities, [{ kind: 'route-refresh' }]);
  t.same(
    decode(open(FIELDS, `01${extended.slice(2)}`)).capabilities,
    [{ kind: 'route-refresh' }],
    'the plain length is not looked at',
  );
});

t.test('more than 253 octets of capabilities use the extended form', async (t) => {
  const capabilities: Capability[] = Array.from({ length: 40 }, (_, i) => {
    return { kind: 'unknown', code: 130 + i, value: new Uint8Array(20).fill(i) };
  });
  const bytes = encodeOpen({ asNumber: 1, holdTimeSec: 0, routerId: 1, capabilities });
  t.equal(toHex(bytes.subarray(28, 30)), 'ffff');
  t.same(decode(bytes).capabilities, capabilities);
});

t.test('faults (error handling §3)', async (t) => {
  const rows: [string, Uint8Array, string][] = [
    ['version 3', open('03 fde9 005a c0000201', '00'), '2/1 0004'],
    ['AS 0', open('04 0000 005a c0000201', '00'), '2/2 0000'],
    ['four-octet AS 0 (RFC 7607)', open(FIELDS, '08 02 06 4104 00000000'), '2/2 fde9'],
    ['identifier 0', open('04 fde9 005a 00000000', '00'), '2/3 00000000'],
    ['hold time 1', open('04 fde9 0001 c0000201', '00'), '2/6 0001'],
    ['hold time 2', open('04 fde9 0002 c0000201', '00'), '2/6 0002'],
    ['hold time 0', open('04 fde9 0000 c0000201', '00'), 'fine'],
    ['hold time 3', open('04 fde9 0003 c0000201', '00'), 'fine'],
    ['unknown parameter', open(FIELDS, '02 03 00'), '2/4'],
    ['authentication parameter', open(FIELDS, '02 01 00'), '2/4'],
    ['unknown extended parameter', open(FIELDS, 'ff ff 0003 09 0000'), '2/4'],
    ['octets behind the parameters', open(FIELDS, '00 02'), '2/0'],
    ['parameters longer than the message', open(FIELDS, '05 02 02 0200'), '2/0'],
    ['parameter header cut short', open(FIELDS, '01 02'), '2/0'],
    ['parameter cut short', open(FIELDS, '04 02 03 0200'), '2/0'],
    ['capability header cut short', open(FIELDS, '03 02 01 02'), '2/0'],
    ['capability cut short', open(FIELDS, '06 02 04 4104 0000'), '2/0'],
    ['extended length cut short', open(FIELDS, 'ff ff 00'), '2/0'],
    ['extended length too long', open(FIELDS, 'ff ff 0006 02 0002 0200'), '2/0'],
    ['extended length too short', open(FIELDS, 'ff ff 0004 02 0002 0200'), '2/0'],
    ['extended parameter header cut short', open(FIELDS, 'ff ff 0002 02 00'), '2/0'],
    ['extended parameter cut short', open(FIELDS, 'ff ff 0005 02 0003 0200'), '2/0'],
    ['multiprotocol of 3 octets', withCapability(1, '000100'), '2/0'],
    ['route refresh with a value', withCapability(2, '00'), '2/0'],
    ['extended next hop of 5', withCapability(5, '0001000100'), '2/0'],
    ['role of 2', withCapability(9, '0000'), '2/0'],
    ['graceful restart of 1', withCapability(64, '00'), '2/0'],
    ['graceful restart of 5', withCapability(64, '0078000101'), '2/0'],
    ['four-octet AS of 2', withCapability(65, 'fde9'), '2/0'],
    ['Add-Path of 3', withCapability(69, '000101'), '2/0'],
    ['long-lived restart of 6', withCapability(71, '000101800001'), '2/0'],
  ];
  for (const [name, bytes, expected] of rows) t.equal(fault(bytes), expected, name);
});

const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const text = fc.string({
  unit: fc.constantFrom('a', 'Z', '7', '-', '.', 'ü', '猫'),
  maxLength: 20,
});
const restart = fc.record({ afi: u16, safi: u8, isForwardingPreserved: fc.boolean() });
const anyCapability: fc.Arbitrary<Capability> = fc.oneof(
  fc.record({ kind: fc.constant('multiprotocol' as const), afi: u16, safi: u8 }),
  fc.record({ kind: fc.constantFrom('route-refresh', 'extended-message') }),
  fc.record({ kind: fc.constant('enhanced-route-refresh' as const) }),
  fc.record({ kind: fc.constant('role' as const), role: u8 }),
  fc.record({
    kind: fc.constant('extended-next-hop' as const),
    families: fc.array(fc.record({ afi: u16, safi: u16, nextHopAfi: u16 }), { maxLength: 5 }),
  }),
  fc.record({
    kind: fc.constant('graceful-restart' as const),
    isRestarting: fc.boolean(),
    hasNotificationSupport: fc.boolean(),
    restartTimeSec: fc.integer({ min: 0, max: 4095 }),
    families: fc.array(restart, { maxLength: 10 }),
  }),
  fc.record({
    kind: fc.constant('add-path' as const),
    families: fc.array(fc.record({ afi: u16, safi: u8, mode: u8 }), { maxLength: 10 }),
  }),
  fc.record({
    kind: fc.constant('long-lived-graceful-restart' as const),
    families: fc.array(
      fc.record({
        afi: u16,
        safi: u8,
        isForwardingPreserved: fc.boolean(),
        staleTimeSec: fc.integer({ min: 0, max: 0xff_ffff }),
      }),
      { maxLength: 10 },
    ),
  }),
  fc.record({ kind: fc.constant('fqdn' as const), hostName: text, domainName: text }),
  fc.record({ kind: fc.constant('software-version' as const), text }),
  fc.record({
    kind: fc.constant('unknown' as const),
    code: fc.integer({ min: 128, max: 255 }),
    value: fc.uint8Array({ maxLength: 255 }),
  }),
);
const anyOpen: fc.Arbitrary<Open> = fc
  .record({
    asNumber: fc.integer({ min: 1, max: 0xffff_ffff }),
    holdTimeSec: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 0xffff })),
    routerId: u32.filter((id) => id !== 0),
    capabilities: fc.array(anyCapability, { maxLength: 10 }),
  })
  .map((each) => {
    const fourOctet: Capability = { kind: 'four-octet-as', asNumber: each.asNumber };
    // A clone, because fast-check makes records without prototype.
    return structuredClone({ ...each, capabilities: [...each.capabilities, fourOctet] });
  });

t.test('decode(encode(x)) = x', async () => {
  fc.assert(
    fc.property(anyOpen, (value) => isDeepStrictEqual(decode(encodeOpen(value)), value)),
    { numRuns: 300 },
  );
});

t.test('mutated and random OPENs decode or throw NotificationError, nothing else', async () => {
  const place = fc.integer({ min: 19, max: 600 });
  fc.assert(
    fc.property(anyOpen, fc.array(fc.tuple(place, u8), { maxLength: 4 }), (value, edits) => {
      const bytes = encodeOpen(value);
      for (const [at, octet] of edits) if (at < bytes.length) bytes[at] = octet;
      fault(bytes);
    }),
    { numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 10, maxLength: 100 }), (body) => {
      fault(message(1, body));
    }),
    { numRuns: 500 },
  );
});
