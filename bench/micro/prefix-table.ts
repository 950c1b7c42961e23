/**
 * PrefixTable against what it replaces: a Map keyed by text, and radix-trie-js.
 *
 *     npx tsc -p . --noEmit false --outDir /tmp/bench
 *     node --expose-gc /tmp/bench/bench/micro/prefix-table.js [prefixes]
 *
 * Prints nanoseconds per insertion and lookup, and octets of memory per prefix.
 */
import { createRequire } from 'node:module';
import { PrefixTable } from '../../src/rib/prefix-table.ts';

interface TextTrie {
  add(key: string, value: number): void;
  get(key: string): number | null;
}

// A CommonJS package without types.
const RadixTrie = createRequire(import.meta.url)('radix-trie-js') as new () => TextTrie;

const COUNT = Number(process.argv[2] ?? 1_000_000);

/** Distinct /24s in an order that is neither sorted nor random access friendly. */
const octets = new Uint8Array(COUNT * 4);
for (let i = 0; i < COUNT; i++) {
  const block = (Math.imul(i, 2_654_435_761) >>> 0) % (1 << 24);
  octets.set([block >>> 16, (block >>> 8) & 255, block & 255, 0], i * 4);
}

function text(i: number): string {
  const at = i * 4;
  return `${octets[at]}.${octets[at + 1]}.${octets[at + 2]}.0/24`;
}

function measure(
  name: string,
  count: number,
  insert: (i: number) => void,
  find: (i: number) => unknown,
): void {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  let startedAt = performance.now();
  for (let i = 0; i < count; i++) insert(i);
  const insertNs = ((performance.now() - startedAt) * 1e6) / count;
  globalThis.gc?.();
  const after = process.memoryUsage();
  const bytes = after.heapUsed + after.arrayBuffers - heapUsed - arrayBuffers;
  startedAt = performance.now();
  let found = 0;
  for (let i = 0; i < count; i++) if (find(i)) found++;
  const findNs = ((performance.now() - startedAt) * 1e6) / count;
  console.log(
    `${name}: insert ${insertNs.toFixed(0)} ns, find ${findNs.toFixed(0)} ns, ` +
      `${(bytes / count).toFixed(1)} octets per prefix (${found} of ${count} found)`,
  );
}

const table = new PrefixTable('ipv4-unicast');
measure(
  'PrefixTable',
  COUNT,
  (i) => table.intern(octets, i * 4, 24),
  (i) => table.find(octets, i * 4, 24),
);
const map = new Map<string, number>();
measure(
  'Map by text',
  COUNT,
  (i) => map.set(text(i), i + 1),
  (i) => map.get(text(i)),
);
const trie = new RadixTrie();
measure(
  'radix-trie-js',
  COUNT / 10,
  (i) => trie.add(text(i), i + 1),
  (i) => trie.get(text(i)),
);
