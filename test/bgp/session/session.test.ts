import t from 'tap';
import { KEEPALIVE } from '../../../src/bgp/wire/header.ts';
import { encodeNotification, shutdownText } from '../../../src/bgp/wire/notification.ts';
import { encodeRouteRefresh } from '../../../src/bgp/wire/route-refresh.ts';
import { parseAddress, parsePrefix } from '../../../src/net/text.ts';
import {
  BGP_PORT,
  END_OF_RIB,
  Lab,
  openMessage,
  type Puppet,
  RESTART_CAPABILITY,
  type Speaker,
  settingsTo,
} from './lab.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';

/** Our session Established with a puppet that was dialled. */
async function upWithPuppet(
  lab: Lab,
  open: Uint8Array = openMessage(),
  overrides: Parameters<Lab['speaker']>[2] = {},
): Promise<{ a: Speaker; peer: Puppet }> {
  const peer = await lab.puppet();
  const a = await lab.speaker(A, B, overrides);
  a.session.start();
  lab.clock.advance(1_010);
  peer.send(open, KEEPALIVE);
  lab.clock.advance(10);
  return { a, peer };
}

t.test('two sessions come up, and agree', async (t) => {
  const lab = new Lab();
  const a = await lab.speaker(A, B);
  const b = await lab.speaker(B, A, { passive: true, holdTimeSec: 90 });
  a.session.start();
  b.session.start();
  t.equal(a.session.state, 'Active', 'the connect delay');
  t.equal(b.session.state, 'Active');
  lab.clock.advance(999);
  t.equal(a.session.counters.connects, 0, 'never under a second (SESS-1)');
  lab.clock.advance(100);
  t.same(a.log.states, ['Active', 'Connect', 'OpenSent', 'OpenConfirm', 'Established']);
  t.same(b.log.states, ['Active', 'OpenSent', 'OpenConfirm', 'Established']);
  t.match(a.log.negotiated, {
    holdTimeSec: 90,
    keepaliveTimeSec: 30,
    families: ['ipv4-unicast'],
    asWidth: 4,
    isInternal: true,
    hasRouteRefresh: true,
    hasEnhancedRouteRefresh: true,
    addPathSend: ['ipv4-unicast'],
    addPathReceive: ['ipv4-unicast'],
    gracefulRestart: { restartTimeSec: 120, isRestarting: false },
  });
  t.same(a.log.link?.localAddress, parseAddress(A));
  t.equal(b.session.remotePort, a.session.localPort);
  t.equal(a.session.remotePort, BGP_PORT);
  t.match(a.session.counters, { connects: 1, sent: { open: 1 }, received: { open: 1 } });
  t.ok(a.session.since > 1000);
});

t.test(
  'a session stays up by KEEPALIVEs alone, at jittered intervals (RFC 4271 §10)',
  async (t) => {
    const lab = new Lab();
    const a = await lab.speaker(A, B, { holdTimeSec: 9 });
    const b = await lab.speaker(B, A, { passive: true, holdTimeSec: 9 });
    a.session.start();
    b.session.start();
    lab.clock.advance(1_100);
    const before = a.session.counters.sent.keepalive;
    lab.clock.advance(45_000);
    t.equal(a.session.counters.sent.keepalive - before, 20, 'every 2.25 s at full jitter');
    lab.clock.advance(600_000);
    t.equal(a.log.downs.length + b.log.downs.length, 0);
  },
);

t.test('both dial at once: one connection survives, that of the higher identifier', async (t) => {
  for (const [idA, idB] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const lab = new Lab();
    const a = await lab.speaker(A, B, { routerId: idA });
    const b = await lab.speaker(B, A, { routerId: idB });
    a.session.start();
    b.session.start();
    lab.clock.advance(1_100);
    t.equal(a.session.state, 'Established');
    t.equal(b.session.state, 'Established');
    t.same([a.log.ups, b.log.ups], [1, 1]);
    t.equal((idA > idB ? a : b).session.remotePort, BGP_PORT, 'the higher one dialled');
    t.equal((idA > idB ? b : a).session.localPort, BGP_PORT);
    t.equal(a.host.connections.length, 1);
    t.equal(a.session.lastError, undefined, 'a lost collision is no error');
    lab.clock.advance(600_000);
    t.same([a.log.downs.length, b.log.downs.length], [0, 0]);
  }
});

t.test('both dial with any offset: the session comes up and stays', async (t) => {
  for (let offset = 0; offset < 10; offset++) {
    const lab = new Lab();
    const a = await lab.speaker(A, B, { routerId: 1 });
    const b = await lab.speaker(B, A, { routerId: 2 });
    b.random.value = offset / 1000;
    a.session.start();
    b.session.start();
    lab.clock.advance(20_000);
    t.same([a.session.state, b.session.state], ['Established', 'Established'], `${offset} ms`);
    t.same([a.log.downs.length, b.log.downs.length], [0, 0]);
    t.equal(a.host.connections.length, 1);
  }
});

t.test('collision in OpenConfirm: the loser gets 6/7 (RFC 4271 §6.8)', async (t) => {
  const lab = new Lab();
  const peer = await lab.puppet();
  const a = await lab.speaker(A, B);
  a.session.start();
  lab.clock.advance(1_010);
  peer.send(openMessage({ routerId: '10.0.0.9' }));
  lab.clock.advance(10);
  t.equal(a.session.state, 'OpenConfirm');
  const second = peer.dial(A);
  lab.clock.advance(5);
  second.send(openMessage({ routerId: '10.0.0.9' }), KEEPALIVE);
  lab.clock.advance(10);
  t.match(peer.notifications, [{ code: 6, subcode: 7 }]);
  t.same(second.notifications, []);
  t.equal(a.session.state, 'Established');
});

t.test('wrong AS is 2/2, and the wait after it doubles from 5 to 30 s (SESS-1)', async (t) => {
  const lab = new Lab();
  const peer = await lab.puppet();
  const a = await lab.speaker(A, B);
  a.session.start();
  lab.clock.advance(1_010);
  for (const waitSec of [5, 10, 20, 30, 30]) {
    peer.send(openMessage({ asNumber: 65001 }));
    lab.clock.advance(10);
    t.match(peer.notifications.at(-1), { code: 2, subcode: 2 });
    t.equal(a.session.state, 'Idle');
    const { accepted } = peer;
    const refused = peer.dial(A);
    lab.clock.advance(waitSec * 1000 - 100);
    t.ok(refused.isClosed, 'the peer is refused meanwhile');
    t.equal(peer.accepted, accepted, `no attempt for ${waitSec} s`);
    lab.clock.advance(1_200);
    t.equal(peer.accepted, accepted + 1);
  }
  t.match(a.session.lastError, { code: 2, subcode: 2, direction: 'sent', text: /AS 65001/ });
  t.equal(a.log.ups, 0);
});

t.test(
  'a peer that refuses the capabilities parameter is tried without (RFC 5492 §3)',
  async (t) => {
    const lab = new Lab();
    const peer = await lab.puppet();
    const a = await lab.speaker(A, B);
    a.session.start();
    lab.clock.advance(1_010);
    const refuse = () => {
      peer.send(encodeNotification({ code: 2, subcode: 4, data: new Uint8Array(0) }));
      lab.clock.advance(32_000);
    };
    const hasParameters = () => peer.opens.at(-1)![28]! > 0;
    t.ok(hasParameters());
    refuse();
    t.notOk(hasParameters());
    refuse();
    t.ok(hasParameters(), 'when that is no help, as before');
    refuse();
    peer.send(
      openMessage({ capabilities: [{ kind: 'four-octet-as', asNumber: 64512 }] }),
      KEEPALIVE,
    );
    lab.clock.advance(10);
    t.match(a.log.negotiated, {
      families: ['ipv4-unicast'],
      asWidth: 2,
      gracefulRestart: undefined,
    });
    peer.connection!.abort();
    lab.clock.advance(10_000);
    t.ok(hasParameters(), 'and another session begins anew');
  },
);

t.test('but not where a session cannot do without', async (t) => {
  for (const overrides of [{ families: ['ipv6-unicast'] as const }, { localAsNumber: 70_000 }]) {
    const lab = new Lab();
    const peer = await lab.puppet();
    const a = await lab.speaker(A, B, overrides);
    a.session.start();
    lab.clock.advance(1_010);
    peer.send(encodeNotification({ code: 2, subcode: 4, data: new Uint8Array(0) }));
    lab.clock.advance(10_000);
    t.equal(peer.opens.length, 2);
    t.ok(peer.opens[1]![28]! > 0);
  }
});

t.test('errors are forgotten after 300 s', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  const fail = () => {
    peer.send(encodeNotification({ code: 3, subcode: 1, data: new Uint8Array(0) }));
    lab.clock.advance(10);
    t.equal(a.session.state, 'Idle');
  };
  fail();
  lab.clock.advance(5_000);
  t.equal(a.session.state, 'Active', 'after 5 s');
  lab.clock.advance(1_010);
  peer.send(openMessage({ holdTimeSec: 0 }), KEEPALIVE);
  lab.clock.advance(400_000);
  t.equal(a.session.state, 'Established', 'hold time 0 keeps it without KEEPALIVEs');
  fail();
  lab.clock.advance(5_000);
  t.equal(a.session.state, 'Active', '5 s again');
});

t.test('a received Cease is no error: dialled again at once (SESS-14)', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  const data = Uint8Array.of(4, ...Buffer.from('moin'));
  peer.send(encodeNotification({ code: 6, subcode: 2, data }));
  lab.clock.advance(10);
  t.equal(a.session.state, 'Active');
  t.match(a.log.downs, [{ isGraceful: false, sentByUs: false, text: /moin/ }]);
  t.match(a.session.lastError, { code: 6, subcode: 2, direction: 'received' });
  t.equal(peer.notifications.length, 0, 'never a NOTIFICATION back');
  lab.clock.advance(1_010);
  t.equal(peer.accepted, 2);
});

t.test('hold timer expiry sends 4/0 and is not graceful (SESS-5)', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab, openMessage({ holdTimeSec: 9 }));
  lab.clock.advance(8_900);
  t.equal(a.session.state, 'Established');
  lab.clock.advance(200);
  t.match(peer.notifications, [{ code: 4, subcode: 0 }]);
  t.match(a.log.downs, [{ isGraceful: false, sentByUs: true }]);
  t.equal(a.session.counters.flaps, 1);
});

t.test('a partial message does not refresh the hold timer', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab, openMessage({ holdTimeSec: 9 }));
  for (let i = 0; i < 10; i++) {
    lab.clock.advance(1_000);
    peer.send(KEEPALIVE.subarray(i, i + 1));
  }
  t.match(peer.notifications, [{ code: 4, subcode: 0 }]);
  t.equal(a.log.downs.length, 1);
});

t.test('any chunking gives the same messages', async (t) => {
  const lab = new Lab();
  lab.network.chunkBytes = 1;
  const { a, peer } = await upWithPuppet(lab);
  peer.send(END_OF_RIB, END_OF_RIB);
  lab.clock.advance(10);
  t.equal(a.session.state, 'Established');
  t.same(a.log.updates, [END_OF_RIB, END_OF_RIB]);
});

t.test('UPDATEs of one chunk are delivered in order, then batchEnd once', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  const { batches } = a.log;
  peer.send(Uint8Array.of(...END_OF_RIB, ...KEEPALIVE, ...END_OF_RIB));
  lab.clock.advance(10);
  t.equal(a.log.updates.length, 2);
  t.equal(a.log.batches, batches + 1);
  t.match(a.session.counters.received, { update: 2, keepalive: 2 });
});

t.test('a bad header is answered at once and nothing behind it is read', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  const bad = Uint8Array.from(KEEPALIVE);
  bad[18] = 9;
  peer.send(Uint8Array.of(...bad, ...END_OF_RIB));
  lab.clock.advance(10);
  t.match(peer.notifications, [{ code: 1, subcode: 3, data: Uint8Array.of(9) }]);
  t.equal(a.log.updates.length, 0);
  t.equal(a.session.state, 'Idle');
});

t.test('unexpected messages are 5/1, 5/2, 5/3 (RFC 6608)', async (t) => {
  for (const [before, unexpected, subcode] of [
    [[], KEEPALIVE, 1],
    [[openMessage()], END_OF_RIB, 2],
    [[openMessage(), KEEPALIVE], openMessage(), 3],
  ] as const) {
    const lab = new Lab();
    const peer = await lab.puppet();
    const a = await lab.speaker(A, B);
    a.session.start();
    lab.clock.advance(1_010);
    peer.send(...before, unexpected);
    lab.clock.advance(10);
    t.match(peer.notifications, [{ code: 5, subcode }]);
    t.equal(a.log.downs.length, subcode === 3 ? 1 : 0);
  }
});

t.test('an UPDATE fault resets the session only when it says so (RFC 7606)', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  const fault = { code: 3, subcode: 9, data: Uint8Array.of(7), reason: 'bad MP_REACH_NLRI' };
  a.log.onUpdate = () => ({ ...fault, action: 'treat-as-withdraw' });
  peer.send(END_OF_RIB);
  lab.clock.advance(10);
  t.equal(a.session.state, 'Established');
  a.log.onUpdate = () => ({ ...fault, action: 'session-reset' });
  peer.send(Uint8Array.of(...END_OF_RIB, ...END_OF_RIB));
  lab.clock.advance(10);
  t.match(peer.notifications, [{ code: 3, subcode: 9, data: Uint8Array.of(7) }]);
  t.equal(a.log.updates.length, 2, 'what follows is not delivered');
  t.match(a.log.downs, [{ text: /bad MP_REACH_NLRI/ }]);
});

t.test('an exception while processing costs this session only', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  a.log.onUpdate = () => {
    throw new RangeError('out of bounds');
  };
  peer.send(END_OF_RIB);
  lab.clock.advance(10);
  t.match(peer.notifications, [{ code: 6, subcode: 8 }]);
  t.match(a.session.lastError?.text, /internal error: out of bounds/);
  t.equal(a.session.state, 'Idle', 'and it waits, as after any error');
});

t.test('ROUTE-REFRESH: delivered, ignored or 7/1', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  const unknownSubtype = encodeRouteRefresh('ipv4-unicast', 9);
  peer.send(encodeRouteRefresh('ipv4-unicast', 0), encodeRouteRefresh('ipv6-unicast', 0));
  peer.send(unknownSubtype);
  lab.clock.advance(10);
  t.same(a.log.refreshes, [['ipv4-unicast', 0]]);
  const short = Uint8Array.of(...new Array(16).fill(255), 0, 21, 5, 0, 1);
  peer.send(short);
  lab.clock.advance(10);
  t.match(peer.notifications, [{ code: 7, subcode: 1 }]);
});

t.test('a refused connection is retried after the retry time', async (t) => {
  const lab = new Lab();
  const a = await lab.speaker(A, B);
  a.random.value = 1;
  a.session.start();
  lab.clock.advance(2_010);
  t.equal(a.session.state, 'Active');
  t.match(a.session.lastError, { text: /refused/, direction: undefined });
  const peer = await lab.puppet();
  lab.clock.advance(4_900);
  t.equal(peer.accepted, 0);
  lab.clock.advance(200);
  t.equal(peer.accepted, 1);
});

t.test('a connection attempt without an answer is repeated', async (t) => {
  const lab = new Lab();
  const peer = await lab.puppet();
  const a = await lab.speaker(A, B);
  lab.network.cut(parseAddress(B)!);
  a.session.start();
  lab.clock.advance(3_000);
  t.equal(a.session.state, 'Connect');
  lab.network.heal(parseAddress(B)!);
  lab.clock.advance(3_000);
  t.equal(peer.accepted, 1);
  t.equal(a.session.state, 'OpenSent');
});

t.test('TCP lost while Established is graceful, and dialled again soon', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  peer.connection?.abort();
  lab.clock.advance(10);
  t.match(a.log.downs, [{ isGraceful: true, notification: undefined }]);
  lab.clock.advance(1_010);
  t.equal(peer.accepted, 2);
});

t.test(
  'new connection while Established, peer without graceful restart: it gets 6/7',
  async (t) => {
    const lab = new Lab();
    const { a, peer } = await upWithPuppet(lab);
    const second = peer.dial(A);
    lab.clock.advance(5);
    second.send(openMessage());
    lab.clock.advance(10);
    t.match(second.notifications, [{ code: 6, subcode: 7 }]);
    t.equal(a.log.downs.length, 0);
    t.equal(a.session.state, 'Established');
  },
);

t.test(
  'new connection while Established, peer with graceful restart: replaced (RFC 4724 §5)',
  async (t) => {
    const lab = new Lab();
    const capabilities = [{ kind: 'route-refresh' } as const, RESTART_CAPABILITY];
    const open = openMessage({ capabilities });
    const { a, peer } = await upWithPuppet(lab, open);
    peer.host.crash();
    const successor = peer.dial(A);
    lab.clock.advance(5);
    t.same(a.log.downs, [], 'a bare connection says nothing yet');
    successor.send(open, KEEPALIVE);
    lab.clock.advance(10);
    t.match(a.log.downs, [{ isGraceful: true }]);
    t.equal(a.log.ups, 2);
    t.equal(a.session.state, 'Established');
    lab.clock.advance(100_000);
    t.equal(a.log.downs.length, 1);
  },
);

t.test('stop sends a Cease with its text (RFC 9003); silent sends nothing (START-4)', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  a.session.stop({ subcode: 2, text: 'maintenance' });
  t.equal(a.session.state, 'Idle');
  t.equal(a.log.downs.length, 1);
  lab.clock.advance(10);
  t.equal(shutdownText(peer.notifications[0]!), 'maintenance');
  t.ok(peer.isClosed);
  lab.clock.advance(600_000);
  t.equal(peer.accepted, 1, 'stays down');
  t.equal(lab.clock.pendingTimers, 0);

  const other = new Lab();
  const { a: b, peer: quiet } = await upWithPuppet(other);
  b.session.stop('silent');
  other.clock.advance(10);
  t.same(quiet.notifications, []);
  t.ok(quiet.isClosed);
  t.equal(other.clock.pendingTimers, 0);
});

t.test('back-pressure: send answers false, writable follows, one turn is one write', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  const { flushes } = a.host.connections[0]!;
  const block = Uint8Array.of(...END_OF_RIB, ...END_OF_RIB);
  t.equal(a.log.link!.send(block, 0, 23), true);
  t.equal(a.log.link!.send(block, 23, 46), true);
  lab.clock.advance(10);
  t.equal(a.host.connections[0]!.flushes, flushes + 1);
  t.same(peer.types.slice(-2), [2, 2]);
  peer.connection!.pause();
  let sent = 0;
  while (a.log.link!.send(block, 0, 46)) sent++;
  t.ok(sent > 100);
  lab.clock.advance(10);
  t.equal(a.log.writables, 0);
  peer.connection!.resume();
  lab.clock.advance(10);
  t.equal(a.log.writables, 1);
  t.equal(a.session.counters.sent.update, 2 + 2 * (sent + 1));
});

t.test('a peer that never reads is given up after the send hold time (RFC 9687)', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  peer.connection!.pause();
  a.log.link!.send(END_OF_RIB, 0, END_OF_RIB.length);
  for (let sec = 0; sec < 470; sec += 10) {
    peer.send(KEEPALIVE);
    lab.clock.advance(10_000);
  }
  t.equal(a.session.state, 'Established');
  lab.clock.advance(30_000);
  t.match(a.log.downs, [{ notification: { code: 8, subcode: 0 } }]);
});

t.test('a halt of ours beyond the send hold time is not held against the peer', async (t) => {
  const lab = new Lab();
  const { a, peer } = await upWithPuppet(lab);
  peer.connection!.pause();
  a.log.link!.send(END_OF_RIB, 0, END_OF_RIB.length);
  for (let sec = 0; sec < 60; sec += 10) {
    peer.send(KEEPALIVE);
    lab.clock.advance(10_000);
  }
  lab.clock.stall(600_000);
  peer.send(KEEPALIVE);
  lab.clock.advance(1_000);
  t.equal(a.session.state, 'Established', 'nothing could leave meanwhile');
  for (let sec = 0; sec < 460; sec += 10) {
    peer.send(KEEPALIVE);
    lab.clock.advance(10_000);
  }
  t.match(a.log.downs, [{ notification: { code: 8, subcode: 0 } }], 'time that we saw counts');
});

t.test('the send hold time may be set, or switched off (RFC 9687)', async (t) => {
  for (const [sendHoldTimeSec, ends] of [
    [20, 1],
    [0, 0],
  ] as const) {
    const lab = new Lab();
    const { a, peer } = await upWithPuppet(lab, openMessage({ holdTimeSec: 9 }), {
      sendHoldTimeSec,
    });
    peer.connection!.pause();
    a.log.link!.send(END_OF_RIB, 0, END_OF_RIB.length);
    for (let sec = 0; sec < 600; sec++) {
      peer.send(KEEPALIVE);
      lab.clock.advance(1_000);
      if (sec === 18) t.equal(a.log.downs.length, 0);
      if (sec === 26) t.equal(a.log.downs.length, ends);
    }
    t.equal(a.log.downs.length, ends);
  }
});

t.test(
  'changed settings restart the session with 6/6 only when they must (RECONF-1)',
  async (t) => {
    const lab = new Lab();
    const { a, peer } = await upWithPuppet(lab);
    const { settings } = a.session;
    t.same(a.session.update({ ...settings, name: 'other', connectRetryTimeSec: 9 }), []);
    t.equal(a.session.state, 'Established');
    t.same(a.session.update({ ...settings, passive: true }), []);
    t.equal(a.session.state, 'Established', 'who dials is asked when it is down');
    t.same(a.session.update({ ...settings, passive: true, holdTimeSec: 90 }), ['holdTime']);
    lab.clock.advance(10);
    t.match(peer.notifications, [{ code: 6, subcode: 6 }]);
    t.equal(a.session.state, 'Active');
    lab.clock.advance(60_000);
    t.equal(peer.accepted, 1, 'passive now');
  },
);

t.test('a session that is down begins to dial, or stops, when told so (RECONF-11)', async (t) => {
  const lab = new Lab();
  const a = await lab.speaker(A, B, { passive: true });
  a.session.start();
  lab.clock.advance(60_000);
  const peer = await lab.puppet(B);
  t.equal(peer.accepted, 0);
  a.session.update({ ...a.session.settings, passive: false });
  lab.clock.advance(10_000);
  t.equal(peer.accepted, 1, 'it dials');
  peer.connection!.close();
  lab.clock.advance(10);
  a.session.update({ ...a.session.settings, passive: true });
  lab.clock.advance(600_000);
  t.equal(peer.accepted, 1, 'and does not any more');
  t.equal(a.session.state, 'Active');
});

t.test('a password on one side only: no session; on both: up (SESS-9)', async (t) => {
  const lab = new Lab();
  const a = await lab.speaker(A, B, { password: 's3cret' });
  const b = await lab.speaker(B, A, { passive: true, password: 's3cret' });
  a.session.start();
  b.session.start();
  lab.clock.advance(10_000);
  t.equal(a.session.state, 'Connect', 'refused until the listener has the key');
  t.equal(b.listener.setPassword(parsePrefix(`${A}/32`)!, 's3cret'), undefined);
  lab.clock.advance(10_000);
  t.equal(a.session.state, 'Established');
});

t.test('unknown sources are closed at once, and reported now and then (LISTEN-4)', async (t) => {
  const lab = new Lab();
  const a = await lab.speaker(A, B);
  a.session.start();
  const stranger = await lab.puppet('10.0.0.66');
  for (let i = 0; i < 5; i++) {
    const attempt = stranger.dial(A);
    lab.clock.advance(5);
    t.ok(attempt.isClosed);
    t.same(attempt.types, []);
  }
  t.same(lab.rejected, ['no neighbour has it']);
  t.equal(a.session.counters.connects, 0);
});

t.test('rebinding moves the listener and keeps sessions (LISTEN-5)', async (t) => {
  const lab = new Lab();
  const a = await lab.speaker(A, B);
  const b = await lab.speaker(B, A, { passive: true });
  a.session.start();
  b.session.start();
  lab.clock.advance(1_100);
  const address = parseAddress(B)!;
  const foreign = parseAddress('192.0.2.1')!;
  const faults = await b.listener.rebind([
    { address, port: 1790 },
    { address: foreign, port: 1790 },
  ]);
  t.match(faults, [{ code: 'CATBIRD_LISTEN_FAILED' }]);
  t.same(b.listener.endpoints, [{ address, port: 1790 }]);
  t.equal(b.session.state, 'Established');
  a.session.update(settingsTo(B, { port: 1790, routerId: 7 }));
  lab.clock.advance(1_100);
  t.equal(a.session.state, 'Established');
  t.equal(a.session.remotePort, 1790);
});

t.test('an endpoint that is busy is opened as soon as it is free', async (t) => {
  const lab = new Lab();
  const a = await lab.speaker(A, B);
  const on = { address: parseAddress(A)!, port: 1790 };
  const squatter = await a.host.listen(on, () => undefined);
  t.match(await a.listener.rebind([on]), [{ code: 'CATBIRD_LISTEN_FAILED' }]);
  await pass(lab, 20_000);
  t.same(a.listener.endpoints, []);
  squatter.close();
  await pass(lab, 5_000);
  t.same(a.listener.endpoints, [on]);
  t.same(lab.reopened, [1790]);
  await a.listener.rebind([]);
  await pass(lab, 20_000);
  t.same(a.listener.endpoints, [], 'what is no longer asked for is not tried again');
});

/** Opening an endpoint takes turns of promises. */
async function pass(lab: Lab, ms: number): Promise<void> {
  lab.clock.advance(ms);
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
}

t.test('messages that end the connection are told with their octets, others are not', async (t) => {
  const lab = new Lab();
  const peer = await lab.puppet();
  const a = await lab.speaker('10.0.0.1', '10.0.0.2');
  const said = () => a.log.rejections.splice(0).map(({ text, bytes }) => [text, bytes.length]);
  const connect = () => {
    a.session.start();
    lab.clock.advance(70_000);
  };
  connect();
  const wrongAs = openMessage({ asNumber: 65001 });
  peer.send(wrongAs);
  lab.clock.advance(10);
  t.match(said(), [[/Bad Peer AS/, wrongAs.length]]);
  connect();
  peer.send(openMessage(), END_OF_RIB);
  lab.clock.advance(10);
  t.match(said(), [[/OpenConfirm/, END_OF_RIB.length]], 'an UPDATE too early (RFC 6608)');
  connect();
  const refresh = Uint8Array.of(...new Array(16).fill(0xff), 0, 24, 5, 0, 1, 1, 1, 0);
  peer.send(openMessage(), KEEPALIVE, refresh);
  lab.clock.advance(10);
  t.match(said(), [[/ROUTE-REFRESH/, 24]], '7/1 (RFC 7313 §5)');
  connect();
  peer.send(Uint8Array.of(...new Array(18).fill(0xff)));
  lab.clock.advance(10);
  peer.send(Uint8Array.of(9, 1, 2));
  lab.clock.advance(10);
  t.match(said(), [[/Bad Message/, 19]], 'a header in two pieces');
  connect();
  peer.send(openMessage(), KEEPALIVE);
  lab.clock.advance(10);
  a.session.stop({ subcode: 2 });
  lab.clock.advance(500_000);
  t.same(said(), [], 'neither a stop nor a timer is a message');
});

t.test('messages of 65535 octets where both agreed, of 4096 otherwise (RFC 8654)', async (t) => {
  for (const theirs of [true, false]) {
    const lab = new Lab();
    const a = await lab.speaker('10.0.0.1', '10.0.0.2', { extendedMessages: true });
    const b = await lab.speaker('10.0.0.2', '10.0.0.1', {
      extendedMessages: theirs,
      passive: true,
    });
    for (const { session } of [a, b]) session.start();
    lab.clock.advance(5_000);
    t.equal(a.session.negotiated?.maximumMessageSize, theirs ? 65_535 : 4096);
    const long = new Uint8Array(65_535).fill(0xff, 0, 18);
    long.set([2, 0, 0], 18);
    b.log.link!.send(long, 0, long.length);
    lab.clock.advance(100);
    t.equal(a.log.updates[0]?.length, theirs ? 65_535 : undefined);
    if (!theirs) t.match(a.session.lastError, { code: 1, subcode: 2 });
    for (const { session } of [a, b]) session.stop('silent');
  }
});
