/** The rows of the matrix in the order they are played: roles by family, then features. */
import assert from 'node:assert/strict';
import { ANNOUNCED, type IpVersion, type PeerGap } from '../../../lab/support/peers/peer.ts';
import { eventually } from '../../../lab/support/wait.ts';
import {
  assertEstablished,
  assertOurRouteAtPeer,
  assertReflectedByUs,
  assertReflectedToUs,
  assertTheirRouteAtUs,
  assertWideRouteAtPeer,
  assertWithdrawn,
  atPeer,
  atUs,
} from './claims.ts';
import type { LinkSession } from './link.ts';
import {
  neighborName,
  OUR_PREFIXES,
  OURS,
  ourConfig,
  prefixOf,
  ROLES,
  type Role,
  routerIdOf,
  type Stage,
  sessionOf,
  THREE_PATHS,
  TWO_PATHS,
  VERSIONS,
} from './topology.ts';

export interface Row {
  readonly title: string;
  /** What a peer must not lack. */
  readonly gap?: PeerGap;
  /** @throws Error with what was seen instead */
  play?(stage: Stage): Promise<void>;
}

const DEADLINE_SEC = 60;
/** The community LLGR_STALE in numbers. */
const LLGR_STALE = '65535:6';
const TEXT_TO_PEER = 'back at noon';
const TEXT_TO_US = 'gone fishing';

const ROLE_TITLES: Readonly<Record<(typeof ROLES)[number], string>> = {
  ibgp: 'iBGP',
  ebgp: 'eBGP',
  client: 'peer is our RR client',
  server: 'we are its RR client',
};

/** What the peers announce before the first row is played. */
export function announceAll({ program, peers }: Stage): void {
  const reflected = { originatorId: routerIdOf('client'), clusterId: routerIdOf('server') };
  for (const version of VERSIONS) {
    for (const role of ROLES) {
      peers[role].announce(prefixOf(role, version, 0));
      peers[role].announce(prefixOf(role, version, 1));
    }
    if (program.lacks.reflection) peers.server.announce(prefixOf('client', version), reflected);
  }
  for (const version of VERSIONS) {
    for (const index of [0, 1]) peers.mixed.announce(prefixOf('mixed', version, index));
  }
  for (const role of ['client', 'server'] as const) peers[role].announce(TWO_PATHS.in);
  if (program.lacks.reflection) peers.server.announce(TWO_PATHS.in, reflected);
  for (const role of ['client', 'ebgp'] as const) peers[role].announce(TWO_PATHS.out);
  for (const role of THREE_PATHS.from) peers[role].announce(THREE_PATHS.prefix);
}

/** Withdraws what the last claim of every role is about. */
export function withdrawAll({ us, peers, program }: Stage): void {
  us.reconfigure(ourConfig(true, program));
  for (const version of VERSIONS) {
    for (const role of ROLES) peers[role].withdraw(prefixOf(role, version, 1));
  }
}

/** Routes in both directions, role by role. */
export const ROUTE_ROWS: readonly Row[] = ROLES.flatMap((role) =>
  VERSIONS.map((version) => ({
    title: roleTitle(role, version),
    play: (stage) => soon(() => assertRole(stage, role, version)),
  })),
);

/** The second half of the rows above. */
export const WITHDRAW_ROWS: readonly Row[] = ROLES.flatMap((role) =>
  VERSIONS.map((version) => ({
    title: roleTitle(role, version),
    play: (stage) => soon(() => assertWithdrawn(stage, role, version)),
  })),
);

export const FEATURE_ROWS: readonly Row[] = [
  { title: 'TCP MD5 (RFC 2385)', play: (stage) => soon(() => assertBoth(stage, 'ibgp')) },
  { title: 'GTSM (RFC 5082)', play: (stage) => soon(() => assertBoth(stage, 'ebgp')) },
  { title: 'ADD-PATH, peer to us', play: addPathIn },
  { title: 'ADD-PATH, us to peer', play: addPathOut },
  { title: 'ADD-PATH, us to peer, the best two', play: addPathBest },
  { title: 'route refresh, peer asks', gap: 'refresh', play: refresh },
  { title: 'route refresh, we ask', gap: 'refresh-answer', play: askRefresh },
  {
    title: 'both families on one session',
    gap: 'both-families',
    play: (stage) => soon(() => assertMixed(stage)),
  },
  { title: 'extended messages (RFC 8654)', gap: 'extended-messages', play: extendedMessages },
  { title: 'roles, both strict (RFC 9234)', gap: 'roles', play: roles },
  {
    title: 'IPv4 over IPv6 next hops, in both kernels (RFC 8950)',
    gap: 'extended-next-hop',
    play: (stage) => soon(() => stage.link!.assertForwarding()),
  },
  { title: 'BFD, single hop (RFC 5881)', gap: 'bfd', play: (stage) => bfd(stage, 'six') },
  { title: 'BFD, multihop (RFC 5883)', gap: 'bfd', play: (stage) => bfd(stage, 'four') },
  { title: 'graceful restart, we help', gap: 'restarter', play: helpRestart },
  { title: 'graceful restart, peer helps', gap: 'helper', play: restartHelped },
  { title: 'long-lived stale routes, we help (RFC 9494)', gap: 'long-lived', play: helpLongLived },
  { title: 'long-lived stale routes, peer helps', gap: 'long-lived', play: longLivedHelped },
  { title: 'shutdown text, us to peer (RFC 9003)', gap: 'shutdown-text-in', play: textToPeer },
  { title: 'shutdown text, peer to us (RFC 9003)', gap: 'shutdown-text-out', play: textToUs },
];

function soon(verify: () => void): Promise<void> {
  return eventually('the claim', DEADLINE_SEC, verify);
}

function roleTitle(role: (typeof ROLES)[number], version: IpVersion): string {
  return `${ROLE_TITLES[role]}, IPv${version}`;
}

function assertRole(stage: Stage, role: Role, version: IpVersion): void {
  assertEstablished(stage, role, version);
  assertOurRouteAtPeer(stage, role, version);
  assertTheirRouteAtUs(stage, role, version);
  if (role === 'client') assertReflectedByUs(stage, version);
  if (role === 'server') assertReflectedToUs(stage, version);
}

function assertBoth(stage: Stage, role: Role): void {
  for (const version of VERSIONS) assertEstablished(stage, role, version);
}

function addPathIn(stage: Stage): Promise<void> {
  return soon(() => {
    const paths = atUs(stage, 'server', 4, TWO_PATHS.in);
    assert.equal(paths.length, 2, `we have ${paths.length} paths from it`);
    assert.equal(new Set(paths.map(({ pathId }) => pathId)).size, 2, 'their ids are the same');
  });
}

function addPathOut(stage: Stage): Promise<void> {
  return soon(() => {
    const paths = atPeer(stage, 'server', 4, TWO_PATHS.out);
    const asPaths = new Set(paths.map(({ asPath }) => asPath));
    assert.deepEqual([...asPaths].sort(), ['', '65002'], `it has ${paths.length} paths from us`);
  });
}

/** We have three paths and tell two, the third when one of them goes. */
async function addPathBest(stage: Stage): Promise<void> {
  const { prefix, from } = THREE_PATHS;
  const told = (...wanted: readonly string[]) =>
    soon(() => {
      const asPaths = atPeer(stage, 'server', 4, prefix).map(({ asPath }) => asPath);
      assert.deepEqual(asPaths.sort(), wanted, `it has the paths ${asPaths.join(', ')}`);
    });
  await soon(() => {
    for (const role of from)
      assert.equal(atUs(stage, role, 4, prefix).length, 1, `none from ${role}`);
  });
  await told('', '65002');
  stage.peers.ebgp.withdraw(prefix);
  await told('', '65003');
}

/** The peer asks; we count the request and send our routes once more. */
function refresh({ us, peers }: Stage): Promise<void> {
  const name = neighborName('ibgp', 4);
  const before = us.neighbor(name).messages;
  peers.ibgp.askRefresh(sessionOf('ibgp', 4));
  return soon(() => {
    const { received, sent } = us.neighbor(name).messages;
    assert.ok(received.routeRefresh > before.received.routeRefresh, 'no ROUTE-REFRESH came');
    assert.ok(sent.update > before.sent.update, 'nothing was sent again');
  });
}

/** We ask, and the peer sends its routes once more. */
function askRefresh({ us }: Stage): Promise<void> {
  const name = neighborName('ibgp', 4);
  const before = us.neighbor(name).messages;
  us.softClearIn(name);
  return soon(() => {
    const { received, sent } = us.neighbor(name).messages;
    assert.ok(sent.routeRefresh > before.sent.routeRefresh, 'no ROUTE-REFRESH left');
    assert.ok(received.update > before.received.update, 'nothing came again');
  });
}

/** Each side has the other's routes of both families, the next hops of their own family. */
function assertMixed(stage: Stage): void {
  assertEstablished(stage, 'mixed', 4);
  for (const version of VERSIONS) {
    assertOurRouteAtPeer(stage, 'mixed', version, [OUR_PREFIXES[version].kept]);
    assertTheirRouteAtUs(stage, 'mixed', version);
  }
}

function extendedMessages(stage: Stage): Promise<void> {
  return soon(() => {
    const { maximumMessageSize } = stage.us.neighbor(neighborName('mixed', 4));
    assert.equal(maximumMessageSize, 65_535, `at most ${maximumMessageSize} octets were agreed`);
    assertWideRouteAtPeer(stage);
  });
}

function roles(stage: Stage): Promise<void> {
  return soon(() => {
    assertEstablished(stage, 'mixed', 4);
    const { role } = stage.us.neighbor(neighborName('mixed', 4)).peer;
    assert.equal(role, 'customer', `the peer says it is ${role}`);
  });
}

/** Two seconds after it was killed its route is the last resort, and stays (RFC 9494 §4.2). */
async function helpLongLived(stage: Stage): Promise<void> {
  const prefix = prefixOf('mixed', 4);
  await soon(() => assert.ok(atUs(stage, 'mixed', 4, prefix)[0], 'we have no route of it'));
  await stage.peers.mixed.kill();
  await soon(() => {
    const { communities = [] } = atUs(stage, 'mixed', 4, prefix)[0] ?? {};
    assert.ok(communities.includes('llgr-stale'), `its route has ${communities.join(' ')}`);
  });
  stage.restart('mixed');
  await soon(() => assertEstablished(stage, 'mixed', 4));
  stage.peers.mixed.announce(prefix);
  await soon(() => {
    const { communities = [] } = atUs(stage, 'mixed', 4, prefix)[0] ?? {};
    assert.deepEqual(communities, [ANNOUNCED.community], `its route has ${communities.join(' ')}`);
  });
}

/** The peer keeps our route beyond the restart time, marked. */
async function longLivedHelped(stage: Stage): Promise<void> {
  const { kept } = OUR_PREFIXES[4];
  await soon(() => assert.ok(atPeer(stage, 'mixed', 4, kept)[0], 'it has no route of ours'));
  await stage.us.kill();
  await soon(() => {
    const { communities = [] } = atPeer(stage, 'mixed', 4, kept)[0] ?? {};
    assert.ok(communities.includes(LLGR_STALE), `our route has ${communities.join(' ')}`);
  });
  stage.us.restart();
  await soon(() => {
    assertEstablished(stage, 'mixed', 4);
    const { communities = [] } = atPeer(stage, 'mixed', 4, kept)[0] ?? {};
    assert.deepEqual(communities, [OURS.community], `our route has ${communities.join(' ')}`);
  });
}

/** Both ends are Up; a cut wire ends BGP long before its hold time, and both come back. */
async function bfd({ link }: Stage, session: LinkSession): Promise<void> {
  await soon(() => link!.assertUp(session));
  link!.cut();
  try {
    await soon(() => link!.assertDown(session));
  } finally {
    link!.mend();
  }
  await soon(() => link!.assertUp(session));
}

/** The peer is killed: its routes stay, stale, until it is back and has said all (RFC 4724 §4.2). */
async function helpRestart(stage: Stage): Promise<void> {
  const prefix = prefixOf('client', 4);
  await stage.peers.client.kill();
  await soon(() => {
    const { state } = stage.us.neighbor(neighborName('client', 4));
    assert.notEqual(state, 'Established', 'the session is still up');
    const [route] = atUs(stage, 'client', 4, prefix);
    assert.ok(route, 'we have dropped the route');
    assert.equal(route.stale, true, 'the route is not stale');
    assert.ok(atPeer(stage, 'ibgp', 4, prefix)[0], 'the route is gone at another peer');
  });
  stage.restart('client');
  await soon(() => assertEstablished(stage, 'client', 4));
  stage.peers.client.announce(prefix);
  await soon(() => {
    assert.equal(atUs(stage, 'client', 4, prefix)[0]?.stale, false, 'the route is still stale');
  });
}

/** We are killed: the peer keeps our route, and has it when we are back. */
async function restartHelped(stage: Stage): Promise<void> {
  const { kept } = OUR_PREFIXES[4];
  await stage.us.kill();
  await soon(() => {
    const state = stage.peers.ibgp.state(sessionOf('ibgp', 4));
    assert.notEqual(state, 'Established', 'the session is still up');
  });
  assert.ok(atPeer(stage, 'ibgp', 4, kept)[0], 'it dropped our route while we were away');
  stage.us.restart();
  await soon(() => {
    assertEstablished(stage, 'ibgp', 4);
    assert.ok(atPeer(stage, 'ibgp', 4, kept)[0], 'it has no route of ours after the restart');
  });
}

async function textToPeer(stage: Stage): Promise<void> {
  const { us, peers } = stage;
  await soon(() => assertEstablished(stage, 'ibgp', 4)); // the row before restarts us
  us.shutDown(neighborName('ibgp', 4), TEXT_TO_PEER);
  return soon(() => {
    const words = peers.ibgp.lastWords(sessionOf('ibgp', 4));
    assert.ok(words.includes(TEXT_TO_PEER), 'it does not show the text');
  });
}

async function textToUs(stage: Stage): Promise<void> {
  const { us, peers } = stage;
  await soon(() => assertEstablished(stage, 'ebgp', 4));
  peers.ebgp.shutDown(sessionOf('ebgp', 4), TEXT_TO_US);
  return soon(() => {
    const { lastError } = us.neighbor(neighborName('ebgp', 4));
    assert.ok(lastError?.includes(TEXT_TO_US), `our last error is ${lastError}`);
  });
}
