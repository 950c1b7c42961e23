import t from 'tap';
import { linkBandwidthOf } from '../../../src/bgp/wire/link-bandwidth.ts';

function bandwidthIn(...communities: string[]): number | undefined {
  return linkBandwidthOf(Uint8Array.from(Buffer.from(communities.join(''), 'hex')));
}

t.test(
  'the link bandwidth of a route is its community of that name, in octets per second',
  async (t) => {
    t.equal(bandwidthIn('4004fc004e9502f9'), 1_250_000_000);
    t.equal(bandwidthIn('0004fc004cee6b28'), 125_000_000, 'transitive');
    t.equal(bandwidthIn('0002fc0000000001', '4004fc004cee6b28'), 125_000_000, 'among others');
    t.equal(bandwidthIn('4004fc004cee6b28', '4004fc004e9502f9'), 125_000_000, 'the first counts');
  },
);

t.test('what is no positive number says nothing', async (t) => {
  t.equal(bandwidthIn(), undefined);
  t.equal(bandwidthIn('0002fc004e9502f9'), undefined, 'a route target');
  for (const value of ['00000000', 'bf800000', '7f800000', '7fc00000']) {
    t.equal(bandwidthIn(`4004fc00${value}`), undefined, value);
  }
  t.equal(linkBandwidthOf(Uint8Array.of(0x40, 4, 0, 1, 0x4e, 0x95, 2)), undefined, 'cut short');
});
