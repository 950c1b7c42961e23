import t from 'tap';
import { MessageRing, type RingBudget } from '../../src/recorder/message-ring.ts';

class Budget implements RingBudget {
  used = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  take(bytes: number, isNeeded: boolean): boolean {
    if (this.used + bytes > this.#limit && !isNeeded) return false;
    this.used += bytes;
    return true;
  }

  give(bytes: number): void {
    this.used -= bytes;
  }
}

function fill(ring: MessageRing, count: number, size: number): void {
  for (let i = 0; i < count; i++) ring.push(i, i, 0, new Uint8Array(size).fill(i), 0, size);
}

t.test('the latest messages are kept, in order and in bounded memory', async (t) => {
  const budget = new Budget(1 << 20);
  const ring = new MessageRing(64 * 1024, budget);
  fill(ring, 10_000, 100);
  const kept = [...ring.entries(0)];
  t.equal(kept.at(-1)!.sequence, 9999);
  t.ok(kept.length >= 264 && kept.length <= 528, `${kept.length} kept`);
  t.same(
    kept.map(({ sequence }) => sequence),
    kept.map((_, i) => 10_000 - kept.length + i),
  );
  t.ok(kept.every(({ sequence, bytes }) => bytes.every((octet) => octet === (sequence & 255))));
  t.ok(ring.sizeBytes <= 64 * 1024);
  t.equal(ring.sizeBytes, budget.used);
  ring.clear();
  t.equal(budget.used, 0);
});

t.test('what is older than asked for is left out, what is too large is not kept', async (t) => {
  const ring = new MessageRing(16 * 1024, new Budget(1 << 20));
  fill(ring, 10, 50);
  ring.push(10, 10, 0, new Uint8Array(9000), 0, 9000);
  t.same(
    [...ring.entries(7)].map(({ at }) => at),
    [7, 8, 9],
  );
});

t.test('where all rings together are at their bound, each still keeps its latest', async (t) => {
  const budget = new Budget(20_000);
  const rings = Array.from({ length: 10 }, () => new MessageRing(1 << 20, budget));
  for (const ring of rings) fill(ring, 1000, 100);
  t.ok(rings.every((ring) => [...ring.entries(0)].at(-1)?.sequence === 999));
  t.ok(budget.used <= 20_000 + 10 * 4096, `${budget.used} octets`);
});
