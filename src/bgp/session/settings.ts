/** What configuration says about one session, and which changes of it need a new session. */
import { type Address, sameAddress } from '../../net/address.ts';
import type { Family } from '../../net/family.ts';
import type { Connection, PeerEndpoint } from '../../runtime/transport.ts';
import type { Role } from '../wire/role.ts';

/** What we offer of RFC 4724, 8538 and 9494. */
export interface GracefulRestartSettings {
  readonly enabled: boolean;
  /** 0–4095. */
  readonly restartTimeSec: number;
  /** A NOTIFICATION does not end it either, unless it is a Hard Reset (RFC 8538). */
  readonly notification: boolean;
  /** How long peers may keep our routes as the last resort (RFC 9494); 0 does not ask for it. */
  readonly longLivedStaleTimeSec: number;
  /** Stands for the time above in the families it names. */
  readonly longLivedStaleTimesSec?: Readonly<Partial<Record<Family, number>>>;
}

/** Plain values; nobody changes them after they were handed in. */
export interface SessionSettings {
  /** Label, for logs and views. */
  readonly name: string;
  readonly address: Address;
  /** The interface a link-local address is on. */
  readonly interface?: string | undefined;
  readonly port: number;
  /** Local end of connections we open; undefined for the kernel's choice (SESS-8). */
  readonly sourceAddress?: Address | undefined;
  /** The neighbour's AS. */
  readonly asNumber: number;
  /** Ours on this session (ID-5). */
  readonly localAsNumber: number;
  /** That of the router where it differs: another one is another router (RECONF-2). */
  readonly routerAsNumber?: number;
  /** Our BGP identifier, unsigned 32-bit. */
  readonly routerId: number;
  /** Waits for the peer to connect, never dials (PASS-*). */
  readonly passive: boolean;
  /** Offered; 0 for none, else at least 3. */
  readonly holdTimeSec: number;
  /** Undefined: a third of the negotiated hold time. */
  readonly keepaliveTimeSec?: number | undefined;
  /** RFC 9687; undefined for eight minutes or twice the hold time, 0 for never. */
  readonly sendHoldTimeSec?: number | undefined;
  readonly connectRetryTimeSec: number;
  readonly families: readonly Family[];
  readonly gracefulRestart: GracefulRestartSettings;
  /** We are recovering after a start: OPENs carry the R bit and F bits (SESS-3, START-1). */
  readonly restarting: boolean;
  /** Our OPEN has no capabilities: the peer refuses the parameter as such (RFC 5492 §3). */
  readonly isPlain?: boolean;
  readonly addPath: { readonly send: boolean; readonly receive: boolean };
  /** Messages up to 65535 octets are offered (RFC 8654). */
  readonly extendedMessages?: boolean;
  /** IPv6 next hops for IPv4 are offered (RFC 8950). */
  readonly extendedNextHop?: boolean;
  /** Our role towards the neighbour (RFC 9234 §4); undefined for none. */
  readonly role?: Role | undefined;
  /** A neighbour that tells no role is refused (RFC 9234 §4.2). */
  readonly strictRole?: boolean;
  /** Told in the FQDN capability; undefined: not told. */
  readonly hostName?: string | undefined;
  readonly domainName?: string | undefined;
  /** Told in the software version capability; undefined: not told. */
  readonly softwareVersion?: string | undefined;
  /** TCP-MD5 key (SESS-9). */
  readonly password?: string | undefined;
  /** GTSM: most hops the peer may be away (SESS-7); undefined or 0 is off. */
  readonly ttlSecurity?: number | undefined;
}

/**
 * The same as BGP-4 was before capabilities, for a peer that refuses the parameter (RFC 5492 §3); undefined
 * where the session cannot do without.
 */
export function plainSettings(settings: SessionSettings): SessionSettings | undefined {
  const { families, localAsNumber, gracefulRestart } = settings;
  if (!families.includes('ipv4-unicast') || localAsNumber > 0xffff) return undefined;
  return {
    ...settings,
    isPlain: true,
    families: ['ipv4-unicast'],
    addPath: { send: false, receive: false },
    gracefulRestart: { ...gracefulRestart, enabled: false },
    extendedMessages: false,
    extendedNextHop: false,
    role: undefined,
  };
}

/** TTL we send with under GTSM, and what it may have lost on its way (RFC 5082 §3). */
const TTL_MAXIMUM = 255;

/** Where and how to dial. */
export function endpointOf(settings: SessionSettings): PeerEndpoint {
  const { address, interface: zone, port, sourceAddress, password, ttlSecurity } = settings;
  return {
    address,
    port,
    ...(zone !== undefined && { interface: zone }),
    ...(sourceAddress && { sourceAddress }),
    ...(password !== undefined && { password }),
    ...(ttlSecurity ? { ttl: TTL_MAXIMUM, minimumTtl: minimumTtl(ttlSecurity) } : {}),
  };
}

/** Gives an accepted connection the TTL security of the session; a sentence when that fails. */
export function protect(connection: Connection, settings: SessionSettings): string | undefined {
  const { ttlSecurity } = settings;
  return ttlSecurity ? connection.limitTtl(TTL_MAXIMUM, minimumTtl(ttlSecurity)) : undefined;
}

/** `n` hops away means having crossed n − 1 routers. */
function minimumTtl(hops: number): number {
  return TTL_MAXIMUM + 1 - hops;
}

/**
 * The settings in which the two differ and that a running session cannot take over (RECONF-1, RECONF-2).
 *
 * @returns their names, for the log; empty when the session may stay up
 */
export function needsRestart(old: SessionSettings, next: SessionSettings): readonly string[] {
  const changed: string[] = [];
  const check = (name: string, isSame: boolean) => {
    if (!isSame) changed.push(name);
  };
  check('address', sameAddress(old.address, next.address));
  check('interface', old.interface === next.interface);
  check('port', old.port === next.port);
  check('sourceAddress', sameOptionalAddress(old.sourceAddress, next.sourceAddress));
  check('asNumber', old.asNumber === next.asNumber);
  check('localAsNumber', old.localAsNumber === next.localAsNumber);
  check('routerAsNumber', old.routerAsNumber === next.routerAsNumber);
  check('routerId', old.routerId === next.routerId);
  check('holdTime', old.holdTimeSec === next.holdTimeSec);
  check('keepaliveTime', old.keepaliveTimeSec === next.keepaliveTimeSec);
  check('families', old.families.join() === next.families.join());
  check('gracefulRestart', sameValues(old.gracefulRestart, next.gracefulRestart));
  check('addPath', sameValues(old.addPath, next.addPath));
  check('extendedMessages', old.extendedMessages === next.extendedMessages);
  check('extendedNextHop', old.extendedNextHop === next.extendedNextHop);
  check('role', old.role === next.role);
  check('strictRole', old.strictRole === next.strictRole);
  check('ttlSecurity', (old.ttlSecurity ?? 0) === (next.ttlSecurity ?? 0));
  return changed;
}

function sameOptionalAddress(a: Address | undefined, b: Address | undefined): boolean {
  return a && b ? sameAddress(a, b) : a === b;
}

/** Both come from one place, so that their keys are in one order. */
function sameValues(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
