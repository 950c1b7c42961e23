import t from 'tap';
import { makeProgress, noteApplied, noteDelivery } from '../../src/run/config-progress.ts';
import type { DatastoreReport } from '../../src/run/config-source.ts';
import { ProcessMetrics } from '../../src/run/process-metrics.ts';
import { FakeClock } from '../support/fake-clock.ts';

function read(progress = makeProgress(), datastore?: DatastoreReport): Map<string, number> {
  const values = new Map<string, number>();
  new ProcessMetrics({
    version: '1',
    startedAtSec: 5,
    progress,
    datastore: () => datastore,
    isReady: () => true,
    isRecovering: () => false,
  }).read((name, value, labels = {}) => values.set(`${name}{${Object.values(labels)}}`, value));
  return values;
}

t.test('a faulty configuration is desired and not applied', async (t) => {
  const clock = new FakeClock();
  const progress = makeProgress();
  noteApplied(progress, noteDelivery(progress, { config: undefined, faults: [] }, clock), clock);
  noteDelivery(progress, { config: undefined, faults: ['one', 'two'] }, clock);
  const values = read(progress);
  t.equal(values.get('catbird_config_generation{desired}'), 2);
  t.equal(values.get('catbird_config_generation{applied}'), 1);
  t.equal(values.get('catbird_config_faults{}'), 2);
  t.equal(values.has('catbird_datastore_age_seconds{}'), false, 'a file has no age');
});

t.test('of a datastore its state and age are told', async (t) => {
  const generation = { desired: 9, applied: 7 };
  const values = read(makeProgress(), {
    state: 'unreachable',
    ageSec: 33,
    contactAgeSec: 33,
    generation,
    held: null,
  });
  t.equal(values.get('catbird_config_generation{desired}'), 9);
  t.equal(values.get('catbird_config_generation{applied}'), 7);
  t.equal(values.get('catbird_datastore_age_seconds{}'), 33);
  t.equal(values.get('catbird_datastore_state{unreachable}'), 1);
  t.equal(values.get('catbird_datastore_state{followed}'), 0);
});
