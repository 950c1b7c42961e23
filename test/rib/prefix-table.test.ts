/** Interning of prefixes: identity, masking, reuse of ids, longest match. */
import fc from 'fast-check';
import t from 'tap';
import { formatPrefix } from '../../src/net/text.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { address, prefix } from './support/rib-lab.ts';

function intern(table: PrefixTable, text: string) {
  const { address: octets, length } = prefix(text);
  return table.intern(octets, 0, length);
}

t.test('a prefix has one id, other lengths have others, host bits do not matter', async (t) => {
  const table = new PrefixTable('ipv4-unicast');
  const id = intern(table, '10.1.2.0/24');
  t.equal(table.intern(address('10.1.2.77'), 0, 24), id);
  t.not(intern(table, '10.1.2.0/25'), id);
  t.not(intern(table, '0.0.0.0/0'), id);
  t.equal(table.find(address('10.1.3.0'), 0, 24), 0);
  t.equal(table.text(id), '10.1.2.0/24');
  t.equal(table.size, 3);
  t.ok(id > 0, 'ids start at 1');
});

t.test('a freed id is used again', async (t) => {
  const table = new PrefixTable('ipv6-unicast');
  const first = intern(table, '2001:db8::/32');
  intern(table, '2001:db8:1::/48');
  table.free(first);
  t.equal(table.find(address('2001:db8::'), 0, 32), 0);
  t.notOk(table.isInUse(first));
  t.equal(intern(table, '::/0'), first);
  t.equal(table.size, 2);
});

t.test('NLRI is written with as many octets as the length needs (RFC 4271 §4.3)', async (t) => {
  const table = new PrefixTable('ipv4-unicast');
  const into = new Uint8Array(8);
  t.equal(table.writeNlri(intern(table, '10.1.128.0/17'), into, 1), 5);
  t.same([...into], [0, 17, 10, 1, 128, 0, 0, 0]);
  t.equal(table.writeNlri(intern(table, '0.0.0.0/0'), into, 0), 1);
});

t.test('the longest prefix that is accepted wins', async (t) => {
  const table = new PrefixTable('ipv4-unicast');
  const wide = intern(table, '10.0.0.0/8');
  const narrow = intern(table, '10.1.0.0/16');
  t.equal(
    table.longestMatch(address('10.1.2.3'), () => true),
    narrow,
  );
  t.equal(
    table.longestMatch(address('10.1.2.3'), (id) => id !== narrow),
    wide,
  );
  t.equal(
    table.longestMatch(address('11.0.0.1'), () => true),
    0,
  );
});

t.test('behaves as a map from text, through growth and removal', async (t) => {
  for (const family of ['ipv4-unicast', 'ipv6-unicast'] as const) {
    const size = family === 'ipv4-unicast' ? 4 : 16;
    const prefixes = fc.tuple(
      fc.uint8Array({ minLength: size, maxLength: size }),
      fc.nat({ max: size * 8 }),
      fc.boolean(),
    );
    const property = fc.property(fc.array(prefixes, { maxLength: 3000, size: 'max' }), (steps) => {
      const table = new PrefixTable(family);
      const model = new Map<string, number>();
      for (const [octets, bits, isRemoval] of steps) {
        const id = table.intern(octets, 0, bits);
        const text = formatPrefix(table.value(id));
        if ((model.get(text) ?? id) !== id) return false;
        model.set(text, id);
        if (!isRemoval) continue;
        table.free(id);
        model.delete(text);
      }
      for (const [text, id] of model) {
        const { address: octets, length } = prefix(text);
        if (table.find(octets, 0, length) !== id) return false;
      }
      return table.size === model.size && new Set(model.values()).size === model.size;
    });
    fc.assert(property, { numRuns: 20 });
  }
  t.pass();
});
