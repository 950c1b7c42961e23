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
    gracefulRestart: { ...ours.gracefulRestart, enabled: false },
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

t.test(
  'each family has a stale time of its own; 0 does not ask for it (RFC 9494 §3)',
  async (t) => {
    const families = ['ipv4-unicast', 'ipv6-unicast'] as const;
    const asked = (longLivedStaleTimeSec: number, times: Partial<Record<string, number>>) => {
      const gracefulRestart = {
        ...ours.gracefulRestart,
        longLivedStaleTimeSec,
        longLivedStaleTimesSec: times,
      };
      return buildOpen({ ...ours, families, gracefulRestart }).capabilities.flatMap((each) =>
        each.kind === 'long-lived-graceful-restart'
          ? each.families.map(({ afi, staleTimeSec }) => [afi, staleTimeSec])
          : [],
      );
    };
    t.same(asked(0, {}), []);
    t.same(asked(60, {}), [
      [1, 60],
      [2, 60],
    ]);
    t.same(asked(60, { 'ipv4-unicast': 0 }), [[2, 60]]);
    t.same(asked(0, { 'ipv6-unicast': 7 }), [[2, 7]]);
  },
);

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
  const off = { ...ours, gracefulRestart: { ...ours.gracefulRestart, enabled: false } };
  t.equal(agreed(off, remote).gracefulRestart, undefined);
});

t.test(
  'extended messages need both sides, and are not offered unasked (RFC 8654 §4)',
  async (t) => {
    const offered = open({}, { kind: 'extended-message' });
    const extended = { ...ours, extendedMessages: true };
    t.equal(agreed(ours, offered).maximumMessageSize, 4096);
    t.equal(agreed(extended, open()).maximumMessageSize, 4096);
    t.equal(agreed(extended, offered).maximumMessageSize, 65_535);
    t.ok(buildOpen(extended).capabilities.some(({ kind }) => kind === 'extended-message'));
  },
);

t.test(
  'IPv6 next hops for IPv4 need both sides to say so for that family (RFC 8950 §4)',
  async (t) => {
    const takes = (afi: number, safi: number, nextHopAfi: number) =>
      open({}, { kind: 'extended-next-hop', families: [{ afi, safi, nextHopAfi }] });
    const both = { ...ours, extendedNextHop: true };
    t.notOk(agreed(ours, takes(1, 1, 2)).hasExtendedNextHop);
    t.ok(agreed(both, takes(1, 1, 2)).hasExtendedNextHop);
    for (const other of [takes(1, 4, 2), takes(1, 1, 1), takes(2, 1, 2), open()]) {
      t.notOk(agreed(both, other).hasExtendedNextHop);
    }
    const v6Only = buildOpen({ ...both, families: ['ipv6-unicast'] });
    t.notOk(v6Only.capabilities.some(({ kind }) => kind === 'extended-next-hop'));
  },
);

t.test(
  'every pair of roles: five fit, the others are refused with 2/11 (RFC 9234 §4.2)',
  async (t) => {
    const fits = { provider: 3, rs: 2, 'rs-client': 1, customer: 0, peer: 4 } as const;
    for (const [role, fitting] of Object.entries(fits)) {
      const settings = { ...ours, asNumber: 65001, role: role as keyof typeof fits };
      for (const told of [0, 1, 2, 3, 4, 5, 255]) {
        const remote = open({ asNumber: 65001 }, { kind: 'role', role: told });
        const verdict = negotiate(settings, remote);
        if (told === fitting) t.notOk(verdict instanceof NotificationError, `${role} ${told}`);
        else t.match(verdict, { code: 2, subcode: 11 }, `${role} ${told}`);
      }
    }
  },
);

t.test(
  'a role told twice must be the same; without one only strict sessions end (RFC 9234 §4.2)',
  async (t) => {
    const settings = { ...ours, asNumber: 65001, role: 'peer' as const };
    const peer = (...roles: number[]) =>
      open({ asNumber: 65001 }, ...roles.map((role) => ({ kind: 'role', role }) as const));
    t.equal(agreed(settings, peer(4, 4)).remoteRole, 'peer');
    t.match(negotiate(settings, peer(4, 3)), { code: 2, subcode: 11, reason: /peer and customer/ });
    t.equal(agreed(settings, peer()).remoteRole, undefined);
    t.match(negotiate({ ...settings, strictRole: true }, peer()), { code: 2, subcode: 11 });
    t.notOk(
      negotiate({ ...ours, role: 'peer' }, open({}, { kind: 'role', role: 1 })) instanceof
        NotificationError,
      'internal sessions have no roles',
    );
    t.notOk(
      negotiate({ ...settings, role: undefined }, peer(1)) instanceof NotificationError,
      'nor have we without one',
    );
  },
);

t.test(
  'routes are marked for customers by the ends that receive from above or beside (RFC 9234 §5)',
  async (t) => {
    const external = { ...ours, asNumber: 65001 };
    const mark = (role: 'provider' | 'rs' | 'rs-client' | 'customer' | 'peer') =>
      agreed({ ...external, role }, open({ asNumber: 65001 })).onlyToCustomer;
    t.same([mark('customer'), mark('peer'), mark('rs-client')], [65001, 65001, 65001]);
    t.same([mark('provider'), mark('rs')], [undefined, undefined]);
  },
);

t.test('names and version are told only when given', async (t) => {
  const named = {
    ...ours,
    hostName: 'r1',
    domainName: 'example.net',
    softwareVersion: 'Catbird/1',
  };
  const bytes = encodeOpen(buildOpen(named));
  const { capabilities } = decodeOpen(bytes, 0, bytes.length);
  const told = capabilities.filter(({ kind }) => kind === 'fqdn' || kind === 'software-version');
  t.same(told, [
    { kind: 'fqdn', hostName: 'r1', domainName: 'example.net' },
    { kind: 'software-version', text: 'Catbird/1' },
  ]);
});
