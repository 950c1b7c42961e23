import fc from 'fast-check';
import t from 'tap';
import { PrefixRows } from '../../src/fib/prefix-rows.ts';
import { makePrefix, type Prefix } from '../../src/net/prefix.ts';
import { formatPrefix, parsePrefix } from '../../src/net/text.ts';

/** Few distinct prefixes, so that adds and removes meet. */
const prefix: fc.Arbitrary<Prefix> = fc
  .tuple(fc.nat(40), fc.constantFrom(8, 24, 32))
  .map(([i, length]) => makePrefix(Uint8Array.of(i, i, 0, i & 3), length));

t.test('behaves as a map under any adds and removes', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), prefix), { maxLength: 200 }), (steps) => {
      const rows = new PrefixRows('ipv4-unicast');
      const model = new Map<string, number>();
      for (const [isAdd, prefix] of steps) {
        const key = formatPrefix(prefix);
        if (isAdd) {
          const row = rows.acquire(prefix);
          t.equal(model.get(key) ?? row, row);
          model.set(key, row);
        } else if (model.has(key)) {
          rows.release(model.get(key)!);
          model.delete(key);
        }
      }
      t.equal(rows.size, model.size);
      t.equal(new Set(model.values()).size, model.size, 'no row is used twice');
      for (const [key, row] of model) {
        t.equal(formatPrefix(rows.prefixOf(row)), key);
        t.equal(rows.find(parsePrefix(key)!), row);
      }
      const visited: number[] = [];
      rows.forEach((row) => void visited.push(row));
      t.same(visited.sort(), [...model.values()].sort());
    }),
  );
});

t.test('grows, and finds everything afterwards', async (t) => {
  const rows = new PrefixRows('ipv6-unicast');
  const all = Array.from({ length: 5000 }, (_, i) => {
    const address = new Uint8Array(16);
    address.set([0xfd, 0, i >> 8, i & 255]);
    return makePrefix(address, 64);
  });
  const given = all.map((prefix) => rows.acquire(prefix));
  t.same(
    all.map((prefix) => rows.find(prefix)),
    given,
  );
  t.ok(rows.capacity >= 5000);
});
