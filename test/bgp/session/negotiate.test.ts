import t from 'tap';
import { buildOpen, negotiate } from '../../../src/bgp/session/negotiate.ts';
import type { Capability } from '../../../src/bgp/wire/capabilities.ts';
import { NotificationError } from '../../../src/bgp/wire/notification.ts';
import { decodeOpen, encodeOpen, type Open } from '../../../src/bgp/wire/open.ts';
import { RESTART_CAPABILITY, settingsTo } from './lab.ts';

const ours = settingsTo('10.0.0.2', { routerId: 1 });

function open(overrides: Partial<Open> = {}, ...capabilities: Capability[]): Open {
  return { asNumber: 64512, holdTimeSec: 240, routerId: 2, capabilities, ...overrides };
}

function agreed(settings: typeof ours, remote: Open) {
  const result = negotiate(settings, remote);
  if (result instanceof NotificationError) throw result;
  return result;
}

t.test('our OPEN offers what Calico nodes offer (SESS-2)', async (t) => {
  const kinds = buildOpen(ours).capabilities.map((capability) => capability.kind);
  t.same(kinds, [
    'multiprotocol',
    'route-refresh',
    'enhanced-route-refresh',
    'four-octet-as',
    'add-path',
    'graceful-restart',
    'long-lived-graceful-restart',
  ]);
  const bare = buildOpen({
    ...ours,
    addPath: { send: false, receive: false },
    gracefulRestart: { enabled: false, restartTimeSec: 120 },
  });
  t.equal(bare.capabilities.length, 4);
});

t.test('R and F bits are set only while recovering (SESS-3)', async (t) => {
  for (const restarting of [false, true]) {
    const capability = buildOpen({ ...ours, restarting }).capabilities.find(
      (each) => each.kind === 'graceful-restart',
    );
    t.match(capability, {
      isRestarting: restarting,
      restartTimeSec: 120,
      families: [{ afi: 1, safi: 1, isForwardingPreserved: restarting }],
    });
  }
});

t.test('a four-octet AS travels as AS_TRANS and a capability (RFC 6793 §9)', async (t) => {
  const bytes = encodeOpen(buildOpen({ ...ours, localAsNumber: 4_200_000_000 }));
  t.equal((bytes[20]! << 8) | bytes[21]!, 23456);
  t.equal(decodeOpen(bytes, 0, bytes.length).asNumber, 4_200_000_000);
});

t.test('two of our own OPENs agree on everything', async (t) => {
  const families = ['ipv4-unicast', 'ipv6-unicast'] as const;
  const remote = buildOpen({ ...ours, routerId: 2, families, restarting: true });
  t.match(agreed({ ...ours, families }, remote), {
    families,
    holdTimeSec: 240,
    keepaliveTimeSec: 80,
    remoteRouterId: 2,
    remoteAsNumber: 64512,
    isInternal: true,
    asWidth: 4,
    maximumMessageSize: 4096,
    addPathReceive: families,
    addPathSend: families,
    hasRouteRefresh: true,
    hasEnhancedRouteRefresh: true,
    gracefulRestart: {
      restartTimeSec: 120,
      isRestarting: true,
      families: families.map((family) => ({ family, isForwardingPreserved: true })),
    },
  });
});

t.test('a peer without capabilities gets plain IPv4 and two-octet ASes (SESS-12)', async (t) => {
  t.match(agreed(ours, open()), {
    families: ['ipv4-unicast'],
    asWidth: 2,
    addPathReceive: [],
    addPathSend: [],
    hasRouteRefresh: false,
    gracefulRestart: undefined,
  });
});

t.test('OPEN checks (SESS-11, RFC 6286 §2.2)', async (t) => {
  const external = { ...ours, asNumber: 65001 };
  const v6 = { kind: 'multiprotocol', afi: 2, safi: 1 } as const;
  const data = Uint8Array.of(1, 4, 0, 1, 0, 1);
  t.match(negotiate(ours, open({ asNumber: 65001 })), { code: 2, subcode: 2 });
  t.match(negotiate(ours, open({ routerId: 1 })), { code: 2, subcode: 3 });
  t.match(agreed(external, open({ asNumber: 65001, routerId: 1 })), { isInternal: false });
  t.match(negotiate(ours, open({ holdTimeSec: 2 })), { code: 2, subcode: 6 });
  t.match(negotiate(ours, open({}, v6)), { code: 2, subcode: 7, data });
});

t.test('the smaller hold time counts, 0 switches the timers off', async (t) => {
  t.match(agreed(ours, open({ holdTimeSec: 30 })), { holdTimeSec: 30, keepaliveTimeSec: 10 });
  t.match(agreed(ours, open({ holdTimeSec: 0 })), { holdTimeSec: 0, keepaliveTimeSec: 0 });
  const own = { ...ours, keepaliveTimeSec: 20 };
  t.match(agreed(own, open()), { holdTimeSec: 240, keepaliveTimeSec: 20 });
  t.match(
    agreed(own, open({ holdTimeSec: 15 })),
    { keepaliveTimeSec: 5 },
    'else it never stays up',
  );
});

t.test('ADD-PATH needs one side to send and the other to receive (RFC 7911 §4)', async (t) => {
  const peerMode = (mode: number) =>
    open({}, { kind: 'add-path', families: [{ afi: 1, safi: 1, mode }] });
  const v4 = ['ipv4-unicast'];
  t.match(agreed(ours, peerMode(1)), { addPathSend: v4, addPathReceive: [] });
  t.match(agreed(ours, peerMode(2)), { addPathSend: [], addPathReceive: v4 });
  t.match(agreed(ours, peerMode(7)), { addPathSend: [], addPathReceive: [] });
  const sender = { ...ours, addPath: { send: true, receive: false } };
  t.match(agreed(sender, peerMode(3)), { addPathSend: v4, addPathReceive: [] });
});

t.test('graceful restart needs both sides; of two capabilities the last counts', async (t) => {
  const remote = open(
    {},
    { ...RESTART_CAPABILITY, restartTimeSec: 1 } as Capability,
    RESTART_CAPABILITY,
  );
  t.match(agreed(ours, remote).gracefulRestart, {
    restartTimeSec: 90,
    families: [{ family: 'ipv4-unicast', isForwardingPreserved: true }],
  });
  const off = { ...ours, gracefulRestart: { enabled: false, restartTimeSec: 120 } };
  t.equal(agreed(off, remote).gracefulRestart, undefined);
});
