/** Prefixes as values: masking, containment, order. */
import fc from 'fast-check';
import t from 'tap';
import {
  comparePrefixes,
  containsAddress,
  containsPrefix,
  makePrefix,
  maskAddress,
  samePrefix,
} from '../../src/net/prefix.ts';
import { formatPrefix, parseAddress, parsePrefix } from '../../src/net/text.ts';

const prefix = (text: string) => parsePrefix(text)!;

t.test('masking clears the bits behind the length and copies', async (t) => {
  const address = parseAddress('255.255.255.255')!;
  t.same([...maskAddress(address, 0)], [0, 0, 0, 0]);
  t.same([...maskAddress(address, 9)], [255, 128, 0, 0]);
  t.same([...maskAddress(address, 32)], [255, 255, 255, 255]);
  t.not(maskAddress(address, 32), address);
});

t.test('the family follows the address', async (t) => {
  t.equal(makePrefix(new Uint8Array(4), 0).family, 'ipv4-unicast');
  t.equal(makePrefix(new Uint8Array(16), 0).family, 'ipv6-unicast');
});

t.test('containment', async (t) => {
  const rows: [string, string, boolean][] = [
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.0.0.0/8', '10.0.0.0/8', true],
    ['10.1.0.0/16', '10.0.0.0/8', false],
    ['10.0.0.0/8', '11.0.0.0/16', false],
    ['10.0.0.0/9', '10.128.0.0/16', false],
    ['0.0.0.0/0', '255.0.0.0/8', true],
    ['0.0.0.0/0', '::/0', false],
    ['2001:db8::/33', '2001:db8:8000::/48', false],
    ['2001:db8::/32', '2001:db8:8000::/48', true],
  ];
  for (const [outer, inner, expected] of rows) {
    t.equal(containsPrefix(prefix(outer), prefix(inner)), expected, `${outer} ${inner}`);
  }
  t.ok(containsAddress(prefix('10.0.0.0/9'), parseAddress('10.127.255.255')!));
  t.notOk(containsAddress(prefix('10.0.0.0/9'), parseAddress('10.128.0.0')!));
  t.notOk(containsAddress(prefix('::/0'), parseAddress('10.0.0.1')!));
});

t.test('order: family, address, length', async (t) => {
  const sorted = ['10.0.0.0/8', '10.0.0.0/16', '10.1.0.0/16', '192.0.2.0/24', '::/0', 'fe80::/10'];
  t.same(sorted.map(prefix).reverse().sort(comparePrefixes).map(formatPrefix), sorted);
});

t.test('a prefix contains exactly the addresses that mask to it', async () => {
  const octets = fc.uint8Array({ minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(octets, octets, fc.nat(32), (a, b, length) => {
      const block = makePrefix(a, length);
      return containsAddress(block, b) === samePrefix(block, makePrefix(b, length));
    }),
  );
});
