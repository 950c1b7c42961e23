/** Text forms of communities (RFC 1997, RFC 4360, RFC 5668, RFC 8092). */
import fc from 'fast-check';
import t from 'tap';
import {
  formatCommunity,
  formatExtendedCommunities,
  formatLargeCommunities,
  parseCommunity,
  parseLargeCommunity,
} from '../../../src/bgp/wire/communities.ts';
import { hex } from './build.ts';

t.test('standard communities', async (t) => {
  t.equal(formatCommunity(0xfde80001), '65000:1');
  t.equal(parseCommunity('65000:1'), 0xfde80001);
  for (const name of ['no-export', 'no-advertise', 'no-peer', 'blackhole', 'graceful-shutdown']) {
    t.equal(formatCommunity(parseCommunity(name)!), name);
  }
  for (const text of ['', '1', '65536:1', '1:65536', '1:2:3', '-1:2', '1: 2', 'a:b', 'exports']) {
    t.equal(parseCommunity(text), undefined, text);
  }
});

t.test('large communities', async (t) => {
  t.same(parseLargeCommunity('4294967295:0:1'), [0xffff_ffff, 0, 1]);
  for (const text of ['1:2', '1:2:3:4', '4294967296:0:0', '1:2:x']) {
    t.equal(parseLargeCommunity(text), undefined, text);
  }
  t.same(formatLargeCommunities(Uint32Array.of(1, 2, 3, 4, 5, 6)), ['1:2:3', '4:5:6']);
});

t.test('extended communities', async (t) => {
  const rows: [string, string][] = [
    ['0002fde800000001', 'rt:65000:1'],
    ['0102c00002010007', 'rt:192.0.2.1:7'],
    ['0203000100000007', 'ro:65536:7'],
    ['4004fde800000001', '0x4004fde800000001'],
    ['0302000000000000', '0x0302000000000000'],
  ];
  for (const [octets, text] of rows) t.same(formatExtendedCommunities(hex(octets)), [text]);
});

t.test('parse(format(x)) = x', async () => {
  const word = fc.integer({ min: 0, max: 0xffff_ffff });
  fc.assert(fc.property(word, (each) => parseCommunity(formatCommunity(each)) === each));
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      const [text] = formatLargeCommunities(Uint32Array.of(a, b, c));
      return String(parseLargeCommunity(text!)) === String([a, b, c]);
    }),
  );
});
