/** The claims of the matrix about routes; each throws what it sees instead while it does not hold. */
import assert from 'node:assert/strict';
import type { SpeakerRoute } from '../../../lab/support/peers/catbird-speaker.ts';
import { ANNOUNCED, type IpVersion, type PeerRoute } from '../../../lab/support/peers/peer.ts';
import {
  addressOfRole,
  asNumberOf,
  innerSession,
  neighborName,
  OUR_PREFIXES,
  OUR_ROUTER_ID,
  OURS,
  ourAddress,
  prefixOf,
  ROLES,
  type Role,
  routerIdOf,
  type Stage,
  sessionOf,
  VERSIONS,
  WIDE,
} from './topology.ts';

/** The peers that reflect have the session between them, and all have theirs with us. */
export function assertAllEstablished(stage: Stage): void {
  for (const role of ROLES) {
    for (const version of VERSIONS) {
      assertEstablished(stage, role, version);
      const inner = stage.program.lacks.reflection ? undefined : innerSession(role, version);
      const state = inner ? stage.peers[role].state(inner) : 'Established';
      assert.equal(state, 'Established', `${role} says ${state} of its session with its like`);
    }
  }
}

/** Both ends say Established. */
export function assertEstablished({ us, peers }: Stage, role: Role, version: IpVersion): void {
  const ours = us.neighbor(neighborName(role, version));
  assert.equal(ours.state, 'Established', `we say ${ours.state} (${ours.lastError})`);
  const theirs = peers[role].state(sessionOf(role, version));
  assert.equal(theirs, 'Established', `the peer says ${theirs}`);
}

/** What the peer holds of a prefix from us. */
export function atPeer(
  { peers }: Stage,
  role: Role,
  version: IpVersion,
  prefix: string,
): readonly PeerRoute[] {
  return peers[role].routes(sessionOf(role, version)).filter((route) => route.prefix === prefix);
}

/** What we hold of a prefix from the peer, and would use. */
export function atUs(
  { us }: Stage,
  role: Role,
  version: IpVersion,
  prefix: string,
): readonly SpeakerRoute[] {
  const routes = us.received(neighborName(role, version));
  return routes.filter((route) => route.valid && route.prefix === prefix);
}

function only<T>(routes: readonly T[], where: string): T {
  assert.equal(routes.length, 1, `${where}: ${routes.length} routes, not one`);
  return routes[0]!;
}

/** The peer has the route of ours that takes a long message; BIRD prints the first communities only. */
export function assertWideRouteAtPeer(stage: Stage): void {
  const where = `${WIDE.prefix} at the peer`;
  const { communities } = only(atPeer(stage, 'mixed', 4, WIDE.prefix), where);
  assert.ok(communities.length > 30, `${where}: ${communities.length} communities`);
}

/** The peer has our route with our next hop, AS path, LOCAL_PREF and community. */
export function assertOurRouteAtPeer(
  stage: Stage,
  role: Role,
  version: IpVersion,
  prefixes: readonly string[] = Object.values(OUR_PREFIXES[version]),
): void {
  const isInternal = asNumberOf(role) === 65001;
  for (const prefix of prefixes) {
    const where = `${prefix} at the peer`;
    const route = only(atPeer(stage, role, version, prefix), where);
    assert.equal(route.nextHop, ourAddress(version), `${where}: next hop ${route.nextHop}`);
    assert.equal(route.asPath, isInternal ? '' : '65001', `${where}: AS path ${route.asPath}`);
    assert.deepEqual(route.communities, [OURS.community], `${where}: ${route.communities}`);
    if (isInternal) {
      assert.equal(route.localPref, OURS.localPref, `${where}: LOCAL_PREF ${route.localPref}`);
    }
  }
}

/** We have the peer's route with its next hop, AS path, LOCAL_PREF, MED and community. */
export function assertTheirRouteAtUs(stage: Stage, role: Role, version: IpVersion): void {
  const isInternal = asNumberOf(role) === 65001;
  for (const index of [0, 1]) {
    const prefix = prefixOf(role, version, index);
    const where = `${prefix} at Catbird`;
    const route = only(atUs(stage, role, version, prefix), where);
    const nextHop = addressOfRole(role, version);
    assert.equal(route.nextHop, nextHop, `${where}: next hop ${route.nextHop}`);
    const asPath = isInternal ? '' : String(asNumberOf(role));
    assert.equal(route.asPath, asPath, `${where}: AS path ${route.asPath}`);
    assert.deepEqual(route.communities, [ANNOUNCED.community], `${where}: ${route.communities}`);
    if (isInternal) {
      assert.equal(route.med, ANNOUNCED.med, `${where}: MED ${route.med}`);
      assert.equal(route.localPref, ANNOUNCED.localPref, `${where}: ${route.localPref}`);
    }
  }
}

/** What we reflect between the client and an iBGP peer names originator and our cluster (RFC 4456 §8). */
export function assertReflectedByUs(stage: Stage, version: IpVersion): void {
  for (const [from, to] of [
    ['client', 'ibgp'],
    ['ibgp', 'client'],
  ] as const) {
    const prefix = prefixOf(from, version);
    const where = `${prefix} of ${from} at ${to}`;
    const route = only(atPeer(stage, to, version, prefix), where);
    assert.equal(route.originatorId, routerIdOf(from), `${where}: originator`);
    assert.deepEqual(route.clusterList, [OUR_ROUTER_ID], `${where}: ${route.clusterList}`);
    assert.equal(route.nextHop, addressOfRole(from, version), `${where}: next hop`);
    assert.equal(route.localPref, ANNOUNCED.localPref, `${where}: LOCAL_PREF`);
  }
}

/** What the server reflects to us keeps what it added. */
export function assertReflectedToUs(stage: Stage, version: IpVersion): void {
  const prefix = prefixOf('client', version);
  const where = `${prefix} of client from server`;
  const route = only(atUs(stage, 'server', version, prefix), where);
  assert.equal(route.originatorId, routerIdOf('client'), `${where}: originator`);
  assert.deepEqual(route.clusterList, [routerIdOf('server')], `${where}: ${route.clusterList}`);
}

/** Each side has lost the withdrawn prefix and kept the other. */
export function assertWithdrawn(stage: Stage, role: Role, version: IpVersion): void {
  const count = (routes: readonly unknown[], wanted: number, where: string) =>
    assert.equal(routes.length, wanted, `${where}: ${routes.length} routes, not ${wanted}`);
  const { kept, withdrawn } = OUR_PREFIXES[version];
  count(atPeer(stage, role, version, withdrawn), 0, `${withdrawn} at the peer`);
  count(atPeer(stage, role, version, kept), 1, `${kept} at the peer`);
  const theirs = [prefixOf(role, version, 0), prefixOf(role, version, 1)] as const;
  count(atUs(stage, role, version, theirs[1]), 0, `${theirs[1]} at Catbird`);
  count(atUs(stage, role, version, theirs[0]), 1, `${theirs[0]} at Catbird`);
}
