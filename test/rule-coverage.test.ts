/** Every rule of Calico's that is ours to follow is cited by a test; what is not done stands here. */
import t from 'tap';
import { citedIn, uncitedRules } from '../scripts/rule-coverage.mjs';

/** Local workload peers are not there yet. */
const OPEN: readonly string[] = ['LWP-1', 'LWP-2', 'LWP-3', 'LWP-4', 'LWP-5', 'PASS-4'];

t.test('every rule is cited by a test, but for those that are known to be open', async (t) => {
  const found: readonly string[] = uncitedRules();
  t.same(
    found.filter((rule) => !OPEN.includes(rule)),
    [],
  );
});

t.test('ids are found alone and in ranges', async (t) => {
  const text = 'one (RR-9, EXP-2 to EXP-4), LEARN-5..7 and FIB-1; RFC 4271-3 is none';
  t.same(
    [...citedIn(text)],
    ['RR-9', 'EXP-2', 'EXP-3', 'EXP-4', 'LEARN-5', 'LEARN-6', 'LEARN-7', 'FIB-1'],
  );
});
