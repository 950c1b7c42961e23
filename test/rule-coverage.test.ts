/** Every rule of Calico's that is ours to follow is cited by a test. */
import t from 'tap';
import { citedIn, uncitedRules } from '../scripts/rule-coverage.mjs';

t.test('every rule is cited by a test', async (t) => {
  t.same(uncitedRules(), []);
});

t.test('ids are found alone and in ranges', async (t) => {
  const text = 'one (RR-9, EXP-2 to EXP-4), LEARN-5..7 and FIB-1; RFC 4271-3 is none';
  t.same(
    [...citedIn(text)],
    ['RR-9', 'EXP-2', 'EXP-3', 'EXP-4', 'LEARN-5', 'LEARN-6', 'LEARN-7', 'FIB-1'],
  );
});
