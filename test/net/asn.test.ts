/** AS numbers in text, plain and dotted (RFC 5396). */
import t from 'tap';
import { parseAsn } from '../../src/net/asn.ts';

t.test('plain and asdot', async (t) => {
  t.equal(parseAsn('64512'), 64512);
  t.equal(parseAsn(64512), 64512);
  t.equal(parseAsn(' 64512 '), 64512);
  t.equal(parseAsn('4294967295'), 4294967295);
  t.equal(parseAsn('1.10'), 65546);
  t.equal(parseAsn('65535.65535'), 4294967295);
  t.equal(parseAsn('0'), 0);
});

t.test('what is no AS number', async (t) => {
  const texts = ['', '-1', '4294967296', '1.65536', '65536.1', '1.2.3', 'AS1', '1e3', '1.'];
  for (const text of texts) t.equal(parseAsn(text), undefined, text);
  t.equal(parseAsn(Number.NaN), undefined);
});
