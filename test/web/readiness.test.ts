import t from 'tap';
import {
  CALICO_READINESS,
  judgeReadiness,
  type ReadinessFacts,
  type ReadinessPolicy,
} from '../../src/web/readiness.ts';

const LATE = 60_000;

function factsOf(states: Record<string, string>, more: Partial<ReadinessFacts> = {}) {
  const neighbors = Object.entries(states).map(([name, state]) => ({ name, state }));
  return { uptimeMs: LATE, hasConfig: true, isRecovering: false, neighbors, ...more };
}

function isReady(policy: ReadinessPolicy, states: string, more: Partial<ReadinessFacts> = {}) {
  const named = states
    .split('')
    .map((state, i) => [`Node_${i}`, state === 'E' ? 'Established' : 'Active']);
  const rule = { ...CALICO_READINESS, policy };
  return judgeReadiness(rule, factsOf(Object.fromEntries(named), more)).isReady;
}

t.test('at first all sessions must be Established, later one suffices (OBS-2)', async (t) => {
  t.equal(isReady('calico', 'EA', { uptimeMs: 29_999 }), false);
  t.equal(isReady('calico', 'EE', { uptimeMs: 29_999 }), true);
  t.equal(isReady('calico', 'EA', { uptimeMs: 30_000 }), true);
  t.equal(isReady('calico', 'AA', { uptimeMs: 30_000 }), false);
});

t.test(
  'not before recovery after the start is over (OBS-2), nor without configuration',
  async (t) => {
    t.equal(isReady('calico', 'E', { isRecovering: true }), false);
    t.equal(isReady('any', 'E', { hasConfig: false }), false);
  },
);

t.test('workload sessions do not count, and without peers the node is ready (OBS-2)', async (t) => {
  const workload = factsOf({ Local_Workload_10_0_0_9: 'Active' });
  t.equal(judgeReadiness(CALICO_READINESS, workload).isReady, true);
  t.equal(isReady('calico', ''), true);
});

t.test('the other policies', async (t) => {
  t.same([isReady('all', 'EEA'), isReady('all', 'EEE')], [false, true]);
  t.same([isReady('any', 'AAA'), isReady('any', 'AAE')], [false, true]);
  t.same([isReady('quorum', 'EEAA'), isReady('quorum', 'EEEA')], [false, true]);
  t.same([isReady(2, 'EAA'), isReady(2, 'EEA'), isReady(9, 'EE')], [false, true, true]);
});

t.test('which sessions count is chosen by globs of their labels', async (t) => {
  const rule = { policy: 'all', neighbors: ['tor-*'] } as const;
  const facts = factsOf({ 'tor-1': 'Established', Mesh_10_0_0_2: 'Idle' });
  t.equal(judgeReadiness(rule, facts).isReady, true);
});

t.test('the reasons name what is down, and stay short', async (t) => {
  const states = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`Mesh_${i}`, 'Connect']));
  const { reasons } = judgeReadiness(CALICO_READINESS, factsOf(states));
  t.match(reasons[0], '0 of 50 sessions are Established, 1 needed');
  t.match(reasons[1], 'Mesh_0 is Connect');
  t.equal(reasons.at(-1), 'and 30 more');
  t.equal(reasons.length, 22);
});
