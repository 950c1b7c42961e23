/** Documents put together again and again from the same objects mean what they mean when read afresh. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { assembledSteps, checkConfig } from '../../src/config/check.ts';
import { CheckedEntries } from '../../src/config/checked-entries.ts';
import { finish } from '../../src/config/steps.ts';

const ROUTER = { asNumber: 64512, routerId: '10.0.0.1' };

/** Of few names and addresses, so that they clash. */
const NEIGHBORS = [1, 2, 3].flatMap((host) =>
  [1, 2, 3].map((name) => ({
    name: `n${name}`,
    address: `10.0.1.${host}`,
    asNumber: 64500 + host,
    ...(host === 3 && { bfd: {} }),
  })),
);

function documentOf(places: readonly number[]): Record<string, unknown> {
  return { router: ROUTER, neighbors: places.map((place) => NEIGHBORS[place]) };
}

t.test('rules across entries hold however the list before looked', async () => {
  const list = fc.array(fc.nat(NEIGHBORS.length - 1), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(list, { minLength: 1, maxLength: 8 }), (documents) => {
      const entries = new CheckedEntries();
      for (const places of documents) {
        const outcome = finish(assembledSteps(documentOf(places), entries));
        assert.deepEqual(normal(outcome), normal(checkConfig(documentOf(places))));
      }
    }),
    { numRuns: 200, seed: 5 },
  );
});

t.test('an entry that did not change is the very same object', async (t) => {
  const entries = new CheckedEntries();
  const configOf = (places: readonly number[]) => {
    const outcome = finish(assembledSteps(documentOf(places), entries));
    if (!('config' in outcome)) throw new Error(JSON.stringify(outcome.issues));
    return outcome.config;
  };
  const before = configOf([0, 4]);
  const after = configOf([8, 0, 4]);
  t.equal(after.neighbors[1], before.neighbors[0]);
  t.equal(after.neighbors[2], before.neighbors[1]);
  t.ok(Object.isFrozen(after.neighbors));
});

function normal(outcome: ReturnType<typeof checkConfig>): unknown {
  if ('config' in outcome) return outcome.config;
  const lines = outcome.issues.map(({ path, reason }) => `${path.join('.')}: ${reason}`);
  return [...new Set(lines)].sort();
}
