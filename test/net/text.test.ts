/** Text forms of addresses and prefixes: RFC 4291 §2.2 in, RFC 5952 out. */
import fc from 'fast-check';
import { IPv4, IPv6 } from 'ip-num';
import t from 'tap';
import { sameAddress } from '../../src/net/address.ts';
import { makePrefix, samePrefix } from '../../src/net/prefix.ts';
import {
  formatAddress,
  formatIpv4Number,
  formatPrefix,
  parseAddress,
  parseCidr,
  parseInterfaceAddress,
  parseIpv4Number,
  parsePrefix,
} from '../../src/net/text.ts';

t.test('IPv6 addresses print in RFC 5952 form', async (t) => {
  const rows: [string, string][] = [
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:0DB8::0001', '2001:db8::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['fe80:0:0:0:0:0:0:A', 'fe80::a'],
    ['::ffff:192.0.2.1', '::ffff:c000:201'],
  ];
  for (const [text, expected] of rows) t.equal(formatAddress(parseAddress(text)!), expected, text);
});

t.test('what is no address', async (t) => {
  const texts = [
    '',
    ' ',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    '1.2.3.4 ',
    '-1.2.3.4',
    'a.b.c.d',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    'fe80::1%eth0',
    'host',
  ];
  for (const text of texts) t.equal(parseAddress(text), undefined, JSON.stringify(text));
});

t.test('prefixes', async (t) => {
  t.equal(formatPrefix(parsePrefix('10.1.2.3/8')!), '10.0.0.0/8');
  t.equal(formatPrefix(parsePrefix('2001:db8::1/33')!), '2001:db8::/33');
  t.equal(formatPrefix(parsePrefix('0.0.0.0/0')!), '0.0.0.0/0');
  t.equal(formatPrefix(parsePrefix('::/0')!), '::/0');
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '/8',
    '1/8',
  ]) {
    t.equal(parsePrefix(text), undefined, text);
  }
});

t.test('CIDR values must not have host bits', async (t) => {
  t.ok(parseCidr('10.0.0.0/8'));
  t.ok(parseCidr('192.0.2.1/32'));
  t.equal(parseCidr('10.0.0.1/8'), undefined);
  t.equal(parseCidr('2001:db8::1/64'), undefined);
});

t.test('interface addresses keep host bits; a bare one is a host', async (t) => {
  t.match(parseInterfaceAddress('10.0.0.7/24'), { length: 24 });
  t.equal(formatAddress(parseInterfaceAddress('10.0.0.7/24')!.address), '10.0.0.7');
  t.match(parseInterfaceAddress('10.0.0.7'), { length: 32 });
  t.match(parseInterfaceAddress('::1'), { length: 128 });
  t.equal(parseInterfaceAddress('10.0.0.7/33'), undefined);
});

t.test('router ids as numbers', async (t) => {
  t.equal(parseIpv4Number('192.0.2.1'), 0xc0000201);
  t.equal(parseIpv4Number('255.255.255.255'), 0xffff_ffff);
  t.equal(parseIpv4Number('::1'), undefined);
  t.equal(formatIpv4Number(0xc0000201), '192.0.2.1');
});

t.test('an address inside a larger buffer', async (t) => {
  t.equal(formatAddress(Uint8Array.of(9, 192, 0, 2, 1, 9), 1, 4), '192.0.2.1');
});

t.test('parse(format(x)) = x', async () => {
  const sparse = fc.constantFrom(0, 0, 0, 1, 255);
  const octets = (size: number) =>
    fc.array(sparse, { minLength: size, maxLength: size }).map((each) => Uint8Array.from(each));
  const address = fc.oneof(octets(4), octets(16));
  fc.assert(fc.property(address, (each) => sameAddress(parseAddress(formatAddress(each))!, each)));
  fc.assert(
    fc.property(address, fc.nat(128), (each, bits) => {
      const prefix = makePrefix(each, Math.min(bits, each.length * 8));
      return samePrefix(parseCidr(formatPrefix(prefix))!, prefix);
    }),
  );
});

t.test('our parser accepts what ip-num accepts, and means the same', async () => {
  const parts = [
    '0',
    '1',
    'ab',
    'FFFF',
    '12345',
    ':',
    ':',
    '::',
    '.',
    '.',
    '255',
    '256',
    '01',
    ' ',
  ];
  const mixture = fc.array(fc.constantFrom(...parts), { maxLength: 18 }).map((all) => all.join(''));
  const groups = fc
    .array(fc.constantFrom('0', 'ab', 'FFFF', '', '10'), { minLength: 2, maxLength: 9 })
    .map((all) => all.join(':'));
  const quads = fc
    .array(fc.constantFrom('0', '9', '255', '256', '00', ''), { minLength: 3, maxLength: 5 })
    .map((all) => all.join('.'));
  fc.assert(
    fc.property(fc.oneof(mixture, groups, quads), (text) => numberOf(text) === reference(text)),
    { numRuns: 3000 },
  );
});

function numberOf(text: string): bigint | undefined {
  return parseAddress(text)?.reduce((value, octet) => value * 256n + BigInt(octet), 0n);
}

function reference(text: string): bigint | undefined {
  if (!/^[0-9a-fA-F:.]+$/.test(text)) return undefined;
  try {
    return text.includes(':') ? new IPv6(text).value : new IPv4(text).value;
  } catch {
    return undefined;
  }
}
