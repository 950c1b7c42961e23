import fc from 'fast-check';
import t from 'tap';
import type { KernelRoute, RouteOperation, RouteTarget } from '../../src/fib/kernel.ts';
import { IFF_LOWER_UP, IFF_UP, IFLA_IFNAME, RTM_NEWLINK } from '../../src/fib/netlink-constants.ts';
import { readAddress, readLink } from '../../src/fib/netlink-link.ts';
import { MessageCursor, MessageWriter, readAnswer } from '../../src/fib/netlink-message.ts';
import {
  readRoute,
  routeMessageSize,
  writeRoute,
  writeRouteDump,
} from '../../src/fib/netlink-route.ts';
import { makePrefix } from '../../src/net/prefix.ts';
import { parseAddress, parsePrefix } from '../../src/net/text.ts';

const LINKS = new Map([
  ['eth0', 2],
  ['tunl0', 300],
]);
const CONTEXT = { table: 254, protocol: 12, indexOf: (name: string) => LINKS.get(name) };
const nameOf = (index: number) =>
  [...LINKS].find(([, known]) => known === index)?.[0] ?? `if${index}`;

function hopOf(size: number) {
  return fc
    .record({
      via: fc.uint8Array({ minLength: size, maxLength: size }),
      dev: fc.constantFrom('eth0', 'tunl0'),
      onlink: fc.boolean(),
      weight: fc.integer({ min: 1, max: 256 }),
    })
    .map(({ via, dev, onlink, weight }) => ({
      via,
      dev,
      ...(onlink && { onlink }),
      ...(weight > 1 && { weight }),
    }));
}

const operation: fc.Arbitrary<RouteOperation> = fc
  .constantFrom(4, 16)
  .chain((size) =>
    fc.record({
      address: fc.uint8Array({ minLength: size, maxLength: size }),
      length: fc.integer({ min: 0, max: size * 8 }),
      hops: fc.array(hopOf(size), { minLength: 1, maxLength: 16 }),
      type: fc.constantFrom('unicast', 'blackhole', 'unreachable', 'prohibit'),
      metric: fc.integer({ min: 0, max: 0xffffffff }),
    }),
  )
  .map(({ address, length, hops, type, metric }) => {
    // A single next hop has no weight on the wire.
    const single = hops.length === 1 ? hops.map(({ weight: _, ...hop }) => hop) : hops;
    const target = { type, nextHops: type === 'unicast' ? single : [], metric } as RouteTarget;
    return { action: 'add', prefix: makePrefix(address, length), target };
  });

t.test('a route read is the route written', async (t) => {
  fc.assert(
    fc.property(operation, (written) => {
      const writer = new MessageWriter(routeMessageSize(written));
      t.equal(writeRoute(writer, written, CONTEXT, 7), undefined);
      const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
      t.ok(cursor.next());
      t.equal(cursor.sequence, 7);
      const read = readRoute(cursor, undefined, nameOf);
      t.same(read?.prefix, written.prefix);
      t.same(read?.target, written.target);
      t.equal(read?.table, 254);
      t.equal(read?.protocol, 12);
      t.notOk(cursor.next());
    }),
    { numRuns: 100 },
  );
});

t.test('any octets are read without a fault and without reading past the end', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(400), (bytes, size) => {
      const cursor = new MessageCursor(bytes, size);
      while (cursor.next()) {
        t.ok(cursor.end <= Math.min(bytes.length, size));
        readAnswer(cursor);
        readRoute(cursor, undefined, nameOf);
        readLink(cursor);
        readAddress(cursor, () => undefined);
      }
    }),
    { numRuns: 300 },
  );
});

t.test('a valid message cut or damaged anywhere is read without a fault', async (t) => {
  const writer = new MessageWriter(4096);
  const hops = [1, 2, 3].map((i) => ({ via: Uint8Array.of(10, 0, 0, i), dev: 'eth0' }));
  const target: RouteTarget = { type: 'unicast', nextHops: hops, metric: 5 };
  writeRoute(writer, { action: 'add', prefix: parsePrefix('10.1.0.0/16')!, target }, CONTEXT, 1);
  fc.assert(
    fc.property(fc.nat(writer.sizeBytes - 1), fc.nat(255), (at, value) => {
      const damaged = writer.bytes.slice(0, writer.sizeBytes);
      damaged[at] = value;
      const cursor = new MessageCursor(damaged, damaged.length);
      while (cursor.next()) readRoute(cursor, undefined, nameOf);
      const cut = new MessageCursor(damaged.slice(0, at), at);
      while (cut.next()) readRoute(cut, undefined, nameOf);
    }),
  );
  t.pass();
});

t.test('the IPIP route of FIB-9 has these octets (little-endian host)', async (t) => {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) return t.pass('big-endian host');
  const writer = new MessageWriter(256);
  const nextHops = [{ via: parseAddress('192.0.2.7')!, dev: 'tunl0', onlink: true }];
  const target: RouteTarget = { type: 'unicast', nextHops, metric: 1024 };
  const prefix = parsePrefix('10.244.7.64/26')!;
  writeRoute(writer, { action: 'add', prefix, target }, CONTEXT, 0x01020304);
  const hex = Buffer.from(writer.bytes.subarray(0, writer.sizeBytes)).toString('hex');
  t.equal(
    hex,
    [
      '44000000', // length 68
      '1800', // RTM_NEWROUTE
      '0106', // REQUEST, EXCL | CREATE
      '04030201', // sequence
      '00000000', // port id
      '021a0000', // AF_INET, /26
      'fe0c0001', // table main, protocol bird, scope universe, unicast
      '04000000', // RTNH_F_ONLINK
      '08000100', // RTA_DST
      '0af40740',
      '08000f00', // RTA_TABLE 254
      'fe000000',
      '08000600', // RTA_PRIORITY 1024
      '00040000',
      '08000500', // RTA_GATEWAY
      'c0000207',
      '08000400', // RTA_OIF
      '2c010000',
    ].join(''),
  );
  return undefined;
});

t.test('a delete names type, protocol, table and metric, and no next hop (FIB-15)', async (t) => {
  const writer = new MessageWriter(256);
  const nextHops = [{ via: parseAddress('192.0.2.7')!, dev: 'gone0' }];
  const target: RouteTarget = { type: 'unicast', nextHops, metric: 1024 };
  const prefix = parsePrefix('10.244.7.64/26')!;
  const missing = writeRoute(writer, { action: 'delete', prefix, target }, CONTEXT, 1);
  t.equal(missing, undefined, 'although its interface is gone');
  const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
  cursor.next();
  const read = readRoute(cursor, undefined, nameOf) as KernelRoute;
  t.same(read.target, { type: 'unicast', nextHops: [{}], metric: 1024 });
  t.equal(read.scope, 255);
});

t.test('an add through an interface that does not exist writes nothing', async (t) => {
  const writer = new MessageWriter(256);
  const target: RouteTarget = { type: 'unicast', nextHops: [{ dev: 'gone0' }], metric: 0 };
  const prefix = parsePrefix('10.0.0.0/8')!;
  t.equal(writeRoute(writer, { action: 'add', prefix, target }, CONTEXT, 1), 'gone0');
  t.equal(writer.sizeBytes, 0);
});

t.test('an IPv4 route may have an IPv6 gateway (RFC 8950)', async (t) => {
  const writer = new MessageWriter(256);
  const nextHops = [{ via: parseAddress('fe80::1')!, dev: 'eth0' }];
  const target: RouteTarget = { type: 'unicast', nextHops, metric: 0 };
  const prefix = parsePrefix('10.0.0.0/8')!;
  writeRoute(writer, { action: 'add', prefix, target }, CONTEXT, 1);
  const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
  cursor.next();
  t.same(readRoute(cursor, undefined, nameOf)?.target, target);
});

t.test('a table above 255 travels in its attribute', async (t) => {
  const writer = new MessageWriter(256);
  const target: RouteTarget = { type: 'blackhole', nextHops: [], metric: 0 };
  const prefix = parsePrefix('10.0.0.0/8')!;
  writeRoute(writer, { action: 'add', prefix, target }, { ...CONTEXT, table: 1000 }, 1);
  const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
  cursor.next();
  t.equal(readRoute(cursor, undefined, nameOf)?.table, 1000);
});

t.test('a filter lets only its routes through', async (t) => {
  const writer = new MessageWriter(256);
  const target: RouteTarget = { type: 'blackhole', nextHops: [], metric: 0 };
  writeRoute(writer, { action: 'add', prefix: parsePrefix('10.0.0.0/8')!, target }, CONTEXT, 1);
  const passes = (filter: Parameters<typeof readRoute>[1]) => {
    const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
    cursor.next();
    return readRoute(cursor, filter, nameOf) !== undefined;
  };
  const family = 'ipv4-unicast';
  t.ok(passes({ family, table: 254, protocol: 12 }));
  t.notOk(passes({ family: 'ipv6-unicast' }));
  t.notOk(passes({ family, table: 100 }));
  t.notOk(passes({ family, protocol: 80 }));
  t.notOk(passes({ family, exceptProtocol: 12 }));
});

t.test('many messages share a buffer', async (t) => {
  const writer = new MessageWriter(4096);
  for (let i = 0; i < 5; i++) {
    writeRouteDump(writer, { family: 'ipv6-unicast', table: 254 }, i);
  }
  const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
  const sequences = [];
  while (cursor.next()) sequences.push(cursor.sequence);
  t.same(sequences, [0, 1, 2, 3, 4]);
  t.equal(writer.count, 5);
});

t.test('an error answer carries errno and the extended message', async (t) => {
  const text = new TextEncoder().encode('Nexthop has invalid gateway\0');
  const writer = new MessageWriter(256);
  writer.begin(2, 0x300, 9); // NLMSG_ERROR, capped, with attributes
  writer.uint32(-101 >>> 0);
  for (const word of [68, 0, 9, 0]) writer.uint32(word); // header of the request
  writer.attribute(1, text);
  writer.end();
  const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
  cursor.next();
  t.same(readAnswer(cursor), { errno: 101, message: 'Nexthop has invalid gateway' });
});

t.test('the answer may echo the whole request before its message', async (t) => {
  const writer = new MessageWriter(256);
  writer.begin(2, 0x200, 9);
  writer.uint32(-22 >>> 0);
  for (const word of [24, 0, 9, 0, 1, 2]) writer.uint32(word);
  writer.attribute(1, new TextEncoder().encode('bad\0'));
  writer.end();
  const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
  cursor.next();
  t.same(readAnswer(cursor), { errno: 22, message: 'bad' });
});

t.test('an interface without a carrier is enabled, but not up', async (t) => {
  const readFlags = (flags: number) => {
    const writer = new MessageWriter(64);
    writer.begin(RTM_NEWLINK, 0, 1);
    for (const word of [0, 7, flags, 0]) writer.uint32(word); // struct ifinfomsg
    writer.attribute(IFLA_IFNAME, new TextEncoder().encode('tunl0\0'));
    writer.end();
    const cursor = new MessageCursor(writer.bytes, writer.sizeBytes);
    cursor.next();
    return readLink(cursor);
  };
  const link = { name: 'tunl0', index: 7 };
  t.same(readFlags(IFF_UP | IFF_LOWER_UP), { ...link, isEnabled: true, isUp: true });
  t.same(readFlags(IFF_UP), { ...link, isEnabled: true, isUp: false });
  t.same(readFlags(0), { ...link, isEnabled: false, isUp: false });
});
