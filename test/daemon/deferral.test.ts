import t from 'tap';
import { encodeEndOfRib } from '../../src/bgp/wire/update-writer.ts';
import { RestartLab, route, V4, V6 } from './restart-lab.ts';

const [FIRST, SECOND] = ['10.0.0.2', '10.0.0.3'];
const END = [encodeEndOfRib(V4), encodeEndOfRib(V6)];
const BLOCK = '10.9.0.0/24';

async function start(router = '') {
  const lab = new RestartLab(['first', 'second'], ', routeReflectorClient: true', router);
  await lab.helper.start();
  return lab;
}

/** What a neighbour is told before the rest: own block. */
const OWN = 1;

/** UPDATEs sent to a neighbour, End-of-RIBs included. */
function updates(lab: RestartLab, name: string): number {
  return lab.helper.sent(name)['update']!;
}

t.test(
  'after a start whoever bridges it is told our own routes alone until all have sent End-of-RIB (RFC 4724 §4.1)',
  async (t) => {
    const lab = await start();
    const first = await lab.arrive(FIRST);
    const second = await lab.arrive(SECOND);
    first.send(route('10.1.0.0/16', FIRST), ...END);
    await lab.seconds(5);
    t.same(lab.told('first'), [BLOCK], 'what a second restart must not find stale');
    t.same([updates(lab, 'first'), updates(lab, 'second')], [OWN, OWN], 'and no End-of-RIB');
    second.send(route('10.2.0.0/16', SECOND), ...END);
    await lab.seconds(1);
    t.equal(updates(lab, 'first'), 5, 'own block again, the route of the other, two End-of-RIBs');
    t.equal(updates(lab, 'second'), 5);
  },
);

t.test('a peer without graceful restart is told at once (START-1)', async (t) => {
  const lab = await start();
  await lab.arrive(FIRST, null);
  await lab.arrive(SECOND);
  await lab.seconds(1);
  t.same([updates(lab, 'first') > OWN, updates(lab, 'second')], [true, OWN]);
});

t.test('a peer that restarts too is told at once, and owes nothing (RFC 4724 §4.1)', async (t) => {
  const lab = await start();
  const first = await lab.arrive(FIRST, { isRestarting: true });
  await lab.seconds(1);
  t.same(lab.told('first'), [BLOCK]);
  const second = await lab.arrive(SECOND);
  second.send(route('10.2.0.0/16', SECOND), ...END);
  await lab.seconds(1);
  t.equal(updates(lab, 'second'), OWN, 'the routes of the first may be on their way');
  t.equal(updates(lab, 'first'), 2, 'what there is, and no End-of-RIB, or it would prune the rest');
  await lab.seconds(4);
  t.ok(updates(lab, 'second') > OWN);
  t.equal(updates(lab, 'first'), 4, 'two End-of-RIBs');
  t.notOk(lab.helper.daemon.isRecovering);
  first.connection!.abort();
});

t.test('a peer that restarts too and sends End-of-RIB is waited for no longer', async (t) => {
  const lab = await start();
  const first = await lab.arrive(FIRST, { isRestarting: true });
  const second = await lab.arrive(SECOND);
  second.send(...END);
  await lab.seconds(1);
  first.send(route('10.1.0.0/16', FIRST), ...END);
  await lab.seconds(1);
  t.equal(updates(lab, 'second'), 5, 'with the route of the first, ahead of End-of-RIB');
  t.notOk(lab.helper.daemon.isRecovering);
});

t.test('a peer that is absent holds nobody back for more than a minute', async (t) => {
  const lab = await start();
  const first = await lab.arrive(FIRST);
  first.send(...END);
  await lab.seconds(58);
  t.equal(updates(lab, 'first'), OWN);
  await lab.seconds(3);
  t.ok(updates(lab, 'first') > OWN);
  t.ok(lab.helper.daemon.isRecovering, 'its kernel routes may wait');
});

t.test(
  'a peer that never sends End-of-RIB holds nobody back beyond the deferral time',
  async (t) => {
    const lab = await start(', selectionDeferralTime: 100');
    const first = await lab.arrive(FIRST);
    await lab.arrive(SECOND);
    first.send(...END);
    await lab.seconds(98);
    t.equal(updates(lab, 'first'), OWN);
    await lab.seconds(3);
    t.ok(updates(lab, 'first') > OWN);
    t.ok(updates(lab, 'second') > OWN);
  },
);

t.test('without a deferral time nobody waits', async (t) => {
  const lab = await start(', selectionDeferralTime: 0');
  await lab.arrive(FIRST);
  await lab.seconds(1);
  t.same(lab.told('first'), [BLOCK]);
  t.ok(updates(lab, 'first') > OWN);
});

t.test(
  'a peer that leaves while all wait for it, and another that comes after the wait',
  async (t) => {
    const lab = await start();
    const first = await lab.arrive(FIRST);
    const second = await lab.arrive(SECOND);
    first.send(...END);
    await lab.seconds(10);
    second.connection!.abort();
    await lab.seconds(51);
    t.ok(updates(lab, 'first') > OWN);
    await lab.arrive(SECOND);
    await lab.seconds(1);
    t.ok(updates(lab, 'second') > OWN, 'the wait is over for all');
  },
);
