import t from 'tap';
import { resolveCollision, survivingOrigin } from '../../../src/bgp/session/collision.ts';
import { parseIpv4Number } from '../../../src/net/text.ts';

const ids = (local: string, remote: string, localAsNumber = 1, remoteAsNumber = 1) => ({
  localRouterId: parseIpv4Number(local)!,
  remoteRouterId: parseIpv4Number(remote)!,
  localAsNumber,
  remoteAsNumber,
});

t.test('identifiers compare as unsigned numbers (RFC 4271 §6.8, SESS-13)', async (t) => {
  t.equal(survivingOrigin(ids('10.0.0.2', '10.0.0.1')), 'dialled');
  t.equal(survivingOrigin(ids('10.0.0.2', '10.0.0.10')), 'accepted');
  t.equal(survivingOrigin(ids('200.0.0.1', '10.0.0.1')), 'dialled');
});

t.test('between equal identifiers the higher AS decides (RFC 6286 §2.3, SESS-13)', async (t) => {
  t.equal(survivingOrigin(ids('1.1.1.1', '1.1.1.1', 65002, 65001)), 'dialled');
  t.equal(survivingOrigin(ids('1.1.1.1', '1.1.1.1', 65001, 65002)), 'accepted');
});

t.test('both ends drop the same connection, whichever OPEN comes first', async (t) => {
  for (const state of ['OpenSent', 'OpenConfirm'] as const) {
    const high = ids('2.2.2.2', '1.1.1.1');
    const low = ids('1.1.1.1', '2.2.2.2');
    const dialled = { origin: 'dialled', state } as const;
    const accepted = { origin: 'accepted', state } as const;
    t.equal(resolveCollision(dialled, accepted, high), 'rival');
    t.equal(resolveCollision(accepted, dialled, high), 'fresh');
    t.equal(resolveCollision(dialled, accepted, low), 'fresh');
    t.equal(resolveCollision(accepted, dialled, low), 'rival');
  }
});

t.test('an Established session stays; an attempt to connect goes', async (t) => {
  const accepted = { origin: 'accepted' } as const;
  const rival = (state: 'Established' | 'Connect') => ({ origin: 'dialled', state }) as const;
  t.equal(resolveCollision(accepted, rival('Established'), ids('1.1.1.1', '2.2.2.2')), 'fresh');
  t.equal(resolveCollision(accepted, rival('Connect'), ids('2.2.2.2', '1.1.1.1')), 'rival');
});
