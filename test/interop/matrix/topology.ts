/**
 * Who talks to whom in the matrix: one Catbird, and five hosts that run the same peer in five roles.
 *
 *   ibgp    plain iBGP, TCP MD5            client  we reflect to it
 *   ebgp    another AS, GTSM               server  it reflects to us, and to `client`; ADD-PATH on IPv4
 *
 *   mixed   a customer in a third AS; one IPv4 session with both families and what RFCs added late
 *
 * All share one segment; every session but the last exists once over IPv4 and once over IPv6.
 */
import type { Laboratory } from '../../../lab/support/laboratory.ts';
import { CatbirdSpeaker } from '../../../lab/support/peers/catbird-speaker.ts';
import {
  type IpVersion,
  type PeerConfig,
  type PeerProgram,
  type PeerSession,
  RESTART_TIME_SEC,
  type RunningPeer,
} from '../../../lab/support/peers/peer.ts';
import { Link } from './link.ts';

export const ROLES = ['ibgp', 'ebgp', 'client', 'server'] as const;
export type Role = (typeof ROLES)[number] | 'mixed';
export const VERSIONS: readonly IpVersion[] = [4, 6];

const PASSWORD = 'correct-horse';
const OUR_AS = 65001;
const OTHER_AS = 65002;
const CUSTOMER_AS = 65003;
const US = 1;
const HOSTS: Readonly<Record<Role, number>> = { ibgp: 2, ebgp: 3, client: 4, server: 5, mixed: 6 };
const HOSTS_TO_START = [...ROLES, 'mixed'] as const;

/** What we announce: with this community, LOCAL_PREF on internal sessions. */
export const OURS = { community: '65001:7', localPref: 150 } as const;
/** Announced by us all the time, and until it is withdrawn. */
export const OUR_PREFIXES: Readonly<Record<IpVersion, { kept: string; withdrawn: string }>> = {
  4: { kept: '10.50.0.0/24', withdrawn: '10.51.0.0/24' },
  6: { kept: '2001:db8:50::/64', withdrawn: '2001:db8:51::/64' },
};

export const OUR_ROUTER_ID = addressOf(US, 4);

/** Address of a host by number. */
function addressOf(host: number, version: IpVersion): string {
  return version === 4 ? `172.18.0.${host}` : `fd00::${host}`;
}

export function addressOfRole(role: Role, version: IpVersion): string {
  return addressOf(HOSTS[role], version);
}

export function ourAddress(version: IpVersion): string {
  return addressOf(US, version);
}

export function routerIdOf(role: Role): string {
  return addressOfRole(role, 4);
}

export function asNumberOf(role: Role): number {
  if (role === 'mixed') return CUSTOMER_AS;
  return role === 'ebgp' ? OTHER_AS : OUR_AS;
}

/** The peer's end of its session with us. */
export function sessionOf(role: Role, version: IpVersion): PeerSession {
  if (role === 'mixed') return { ...MIXED_SESSION, version };
  return {
    version,
    address: ourAddress(version),
    asNumber: OUR_AS,
    isClient: role === 'server',
    ...(role === 'ibgp' && { password: PASSWORD }),
    hasTtlSecurity: role === 'ebgp',
    hasAddPath: role === 'server' && version === 4,
  };
}

/** There is one, over IPv4; `version` tells of which family the routes are that one asks for. */
const MIXED_SESSION: PeerSession = {
  version: 4,
  families: VERSIONS,
  address: ourAddress(4),
  asNumber: OUR_AS,
  hasExtendedMessages: true,
  isCustomer: true,
  longLivedAfterSec: 2,
};

/** Our name of the session. */
export function neighborName(role: Role, version: IpVersion): string {
  if (role === 'mixed') return role;
  return `${role}-${version}`;
}

/** A prefix of its own for a role, `index` of them. */
export function prefixOf(role: Role, version: IpVersion, index = 0): string {
  const number = HOSTS[role] * 10 + index;
  return version === 4 ? `10.60.${number}.0/24` : `2001:db8:60:${number}::/64`;
}

/** We announce it with so many communities that it takes a long message (RFC 8654). */
export const WIDE = { prefix: '10.52.0.0/24', communities: 1100 } as const;

/** Announced by so many to us, of which the server is told the best two (`addPath.best`). */
export const THREE_PATHS = { prefix: '10.72.0.0/24', from: ['client', 'ebgp', 'mixed'] } as const;

/** Announced by two peers each: `in` reaches us by ADD-PATH from server, `out` goes so to it. */
export const TWO_PATHS = { in: '10.70.0.0/24', out: '10.71.0.0/24' } as const;

const TOLD_BY_ADD_PATH = [TWO_PATHS.out, THREE_PATHS.prefix];
const SERVED = [prefixOf('client', 4), prefixOf('client', 6), TWO_PATHS.in];

/** Our configuration; `isWithdrawn` leaves the second of our prefixes out. */
export function ourConfig(isWithdrawn: boolean, { lacks }: PeerProgram): object {
  const hasRoles = lacks.roles === undefined;
  const prefixes = VERSIONS.flatMap((version) => {
    const { kept, withdrawn } = OUR_PREFIXES[version];
    return isWithdrawn ? [kept] : [kept, withdrawn];
  });
  const many = Array.from({ length: WIDE.communities }, (_, i) => `65001:${1000 + i}`);
  const set = { addCommunities: [OURS.community], localPref: OURS.localPref };
  return {
    router: { asNumber: OUR_AS, routerId: OUR_ROUTER_ID, clusterId: OUR_ROUTER_ID },
    fib: { enabled: false },
    originate: [...prefixes, WIDE.prefix].map((cidr) => ({ cidr, kind: 'service' })),
    policies: {
      wide: [
        { match: { prefixes: [WIDE.prefix] }, set: { addCommunities: many }, action: 'accept' },
      ],
      out: [{ match: { sources: ['static'] }, set, action: 'accept' }],
      // The server has what it reflects to us from its client alone.
      'not-back': [{ match: { prefixes: SERVED }, action: 'reject' }],
      // It reflects its client's paths to us too, and those would be among the best two.
      'not-again': [{ match: { prefixes: TOLD_BY_ADD_PATH }, action: 'reject' }],
    },
    neighbors: [
      ...ROLES.flatMap((role) => VERSIONS.map((version) => ourNeighbor(role, version))),
      ourMixedNeighbor(hasRoles),
    ],
  };
}

function ourNeighbor(role: Role, version: IpVersion): object {
  return {
    name: neighborName(role, version),
    address: addressOfRole(role, version),
    asNumber: asNumberOf(role),
    connectRetryTime: 1,
    export: role === 'server' ? ['not-back', 'out'] : ['out'],
    routeReflectorClient: role === 'client',
    gracefulRestart: { restartTime: RESTART_TIME_SEC },
    ...(role === 'ibgp' && { password: PASSWORD }),
    ...(role === 'ebgp' && { ttlSecurity: 1 }),
    ...(role === 'server' && { addPath: { best: 2 }, import: ['not-again'] }),
  };
}

/** It may be only who says so too, where the peer can (RFC 9234 §4.2). */
function ourMixedNeighbor(hasRoles: boolean): object {
  return {
    name: neighborName('mixed', 4),
    address: addressOfRole('mixed', 4),
    asNumber: CUSTOMER_AS,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    connectRetryTime: 1,
    export: ['wide', 'out'],
    extendedMessages: true,
    gracefulRestart: { restartTime: 2, longLivedStaleTime: 600 },
    ...(hasRoles && { role: 'provider', strictRole: true }),
  };
}

/** The session between server and client, where the peer can reflect. */
export function innerSession(role: Role, version: IpVersion): PeerSession | undefined {
  if (role !== 'server' && role !== 'client') return undefined;
  const other = role === 'server' ? 'client' : 'server';
  const address = addressOfRole(other, version);
  const isClient = role === 'server';
  return { version, address, asNumber: OUR_AS, isClient, isPassive: !isClient };
}

function peerConfig(role: Role, program: PeerProgram): PeerConfig {
  const sessions =
    role === 'mixed'
      ? [MIXED_SESSION]
      : VERSIONS.flatMap((version) => [
          sessionOf(role, version),
          program.lacks.reflection ? undefined : innerSession(role, version),
        ]);
  return {
    asNumber: asNumberOf(role),
    routerId: routerIdOf(role),
    ...(role === 'server' && { clusterId: routerIdOf(role) }),
    addresses: { 4: addressOfRole(role, 4), 6: addressOfRole(role, 6) },
    sessions: sessions.filter((session) => session !== undefined),
  };
}

/** Everything running, for one program. */
export interface Stage {
  readonly program: PeerProgram;
  readonly us: CatbirdSpeaker;
  readonly peers: Record<Role, RunningPeer>;
  readonly link: Link | undefined;
  /** Starts the peer of a role once more, after it was killed. */
  restart(role: Role): void;
}

/** Starts Catbird and the five peers, and the link beside them; none has a session yet. */
export function setStage(lab: Laboratory, program: PeerProgram): Stage {
  const addHost = (name: string, host: number) => {
    const namespace = lab.network.addHost(name, `${addressOf(host, 4)}/24`);
    const address = `${addressOf(host, 6)}/64`;
    lab.run(namespace, ['ip', 'address', 'add', address, 'dev', 'eth0', 'nodad']);
    return namespace;
  };
  const namespaces = Object.fromEntries(
    HOSTS_TO_START.map((role) => [role, addHost(role, HOSTS[role])]),
  );
  const start = (role: Role) => {
    const namespace = namespaces[role]!;
    return program.start({ lab, name: role, namespace, config: peerConfig(role, program) });
  };
  const us = new CatbirdSpeaker(lab, addHost('us', US), ourConfig(false, program));
  const peers = Object.fromEntries(HOSTS_TO_START.map((role) => [role, start(role)]));
  const link = Link.start(lab, program.name);
  const stage = { program, us, peers: peers as Record<Role, RunningPeer>, link };
  return {
    ...stage,
    restart(role) {
      stage.peers[role] = start(role);
    },
  };
}
