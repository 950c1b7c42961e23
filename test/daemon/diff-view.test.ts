import t from 'tap';
import { configOf, Lab } from '../support/lab.ts';

const BASE = `router: { asNumber: 64512, routerId: 10.0.0.1 }
neighbors: [{ name: b, address: 10.0.0.2, asNumber: 64512, password: s3cret }]`;

t.test('nothing is left after a start', async (t) => {
  const node = new Lab().node('10.0.0.1', BASE);
  await node.start();
  t.same(node.views.diff(), {
    isInForce: true,
    held: null,
    changes: [],
    faults: [],
    needsRestart: [],
    leaving: [],
  });
});

t.test(
  'keys of class restart wait until the process is started again, or they are put back',
  async (t) => {
    const node = new Lab().node('10.0.0.1', BASE);
    await node.start();
    await node.apply(`${BASE}\nfib: { table: 100 }`);
    t.match(node.views.diff(), { isInForce: false, needsRestart: [{ key: 'fib.table', to: 100 }] });
    await node.apply(BASE);
    t.match(node.views.diff(), { isInForce: true, needsRestart: [] });
  },
);

t.test('what is held is compared with what runs, secrets hidden', async (t) => {
  const node = new Lab().node('10.0.0.1', BASE);
  await node.start();
  node.heldConfig = configOf(BASE.replace('10.0.0.2', '10.0.0.7').replace('s3cret', 'other'));
  const { changes } = node.views.diff();
  t.match(changes.join('\n'), '10.0.0.7');
  t.notMatch(changes.join('\n'), /s3cret|other/);
});
