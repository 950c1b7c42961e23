/** Addresses as octets. */
import t from 'tap';
import {
  addressFamily,
  ipv4FromNumber,
  ipv4ToNumber,
  isLinkLocal,
  isUnspecified,
  sameAddress,
} from '../../src/net/address.ts';
import { addressSize, FAMILIES, maximumLength } from '../../src/net/family.ts';
import { parseAddress } from '../../src/net/text.ts';

const address = (text: string) => parseAddress(text)!;

t.test('numbers', async (t) => {
  t.equal(ipv4ToNumber(address('255.255.255.254')), 0xffff_fffe);
  t.same(ipv4FromNumber(0xffff_fffe), address('255.255.255.254'));
});

t.test('equality is by octets and family', async (t) => {
  t.ok(sameAddress(address('10.0.0.1'), address('10.0.0.1')));
  t.notOk(sameAddress(address('10.0.0.1'), address('10.0.0.2')));
  t.notOk(sameAddress(address('0.0.0.0'), address('::')));
});

t.test('link-local is fe80::/10 (RFC 4291 §2.5.6)', async (t) => {
  t.ok(isLinkLocal(address('fe80::1')));
  t.ok(isLinkLocal(address('febf::1')));
  t.notOk(isLinkLocal(address('fec0::1')));
  t.notOk(isLinkLocal(address('169.254.0.1')));
});

t.test('unspecified', async (t) => {
  t.ok(isUnspecified(address('0.0.0.0')));
  t.ok(isUnspecified(address('::')));
  t.notOk(isUnspecified(address('::1')));
});

t.test('families have the sizes of their addresses', async (t) => {
  for (const family of FAMILIES) {
    t.equal(addressFamily(new Uint8Array(addressSize(family))), family);
    t.equal(maximumLength(family), addressSize(family) * 8);
  }
});
