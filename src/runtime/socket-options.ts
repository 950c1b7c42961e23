/**
 * Socket options of BGP over TCP that node:net has no door for: MD5 signatures (RFC 2385), TTL
 * security (RFC 5082) and the DSCP of routing traffic. Linux numbers and layouts.
 *
 * A key and a minimum TTL protect a session: whoever asked for them must get a failure rather than a
 * connection without. The DSCP is a courtesy, and missing it is not worth a connection.
 */
import type { Server, Socket } from 'node:net';
import type { Address } from '../net/address.ts';
import type { Prefix } from '../net/prefix.ts';
import { loadNative } from './native.ts';
import type { PeerEndpoint } from './transport.ts';

const AF_INET = 2;
const AF_INET6 = 10;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;

const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const IPPROTO_IPV6 = 41;
const IP_TOS = 1;
const IP_TTL = 2;
const IP_MINTTL = 21;
const IPV6_UNICAST_HOPS = 16;
const IPV6_TCLASS = 67;
const IPV6_MINHOPCOUNT = 73;
const TCP_MD5SIG = 14;
/** For a whole prefix; since Linux 4.13. */
const TCP_MD5SIG_EXT = 32;

type KeyedPrefix = Pick<Prefix, 'address' | 'length'>;

/** More than a daemon has sessions; the kernel keeps 8 octets for each number below. */
const TOP_FD = 4096;

/** DSCP CS6, network control (SESS-7). */
const TOS_NETWORK_CONTROL = 0xc0;

/** struct tcp_md5sig: sockaddr_storage, flags, prefix length, key length, interface, key. */
const MD5SIG_SIZE = 216;
const MD5SIG_FLAGS_AT = 128;
const MD5SIG_FLAG_PREFIX = 1;
const MD5SIG_PREFIX_LENGTH_AT = 129;
const MD5SIG_KEY_LENGTH_AT = 130;
const MD5SIG_KEY_AT = 136;
const MD5SIG_KEY_MAXIMUM = 80;

/**
 * A new, unconnected socket with the protection `to` asks for; the key must be there before the SYN.
 *
 * @returns the descriptor, owned by the caller
 * @throws Error with a sentence when the system cannot give that protection
 */
export function openProtectedSocket(to: PeerEndpoint): number {
  const native = loadNative();
  const domain = to.address.length === 4 ? AF_INET : AF_INET6;
  const fd = native.socket(domain, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) throw new Error(`cannot open a socket (errno ${native.errno()})`);
  const { ttl, minimumTtl, password } = to;
  const problem =
    (password === undefined ? undefined : setMd5Key(fd, hostOf(to.address), password)) ??
    (minimumTtl === undefined ? undefined : limitTtl(fd, to.address, ttl ?? 255, minimumTtl));
  if (problem === undefined) return fd;
  native.close(fd);
  throw new Error(problem);
}

function hostOf(address: Address): KeyedPrefix {
  return { address, length: address.length * 8 };
}

/** Sends with `ttl`, drops what arrives with less than `minimumTtl`. A sentence when it fails. */
export function limitTtl(
  fd: number,
  remote: Address,
  ttl: number,
  minimumTtl: number,
): string | undefined {
  const isV4 = remote.length === 4;
  const option = isV4 ? IP_MINTTL : IPV6_MINHOPCOUNT;
  return (
    setTtl(fd, remote, ttl) ??
    setNumber(fd, isV4 ? IPPROTO_IP : IPPROTO_IPV6, option, minimumTtl, 'the minimum TTL')
  );
}

/** Sends with `ttl`; `address` is any of the socket's family. A sentence when it fails. */
export function setTtl(fd: number, address: Address, ttl: number): string | undefined {
  const isV4 = address.length === 4;
  const level = isV4 ? IPPROTO_IP : IPPROTO_IPV6;
  return setNumber(fd, level, isV4 ? IP_TTL : IPV6_UNICAST_HOPS, ttl, 'the TTL');
}

/** Signs and checks segments to and from `remote`; an empty key ends that. A sentence when it fails. */
export function setMd5Key(fd: number, remote: KeyedPrefix, password: string): string | undefined {
  const key = Buffer.from(password);
  if (key.length > MD5SIG_KEY_MAXIMUM)
    return `a TCP-MD5 key has at most ${MD5SIG_KEY_MAXIMUM} octets`;
  const value = Buffer.alloc(MD5SIG_SIZE);
  const isV4 = remote.address.length === 4;
  value.writeUInt16LE(isV4 ? AF_INET : AF_INET6, 0);
  value.set(remote.address, isV4 ? 4 : 8);
  value.writeUInt16LE(key.length, MD5SIG_KEY_LENGTH_AT);
  value.set(key, MD5SIG_KEY_AT);
  const isHost = remote.length === remote.address.length * 8;
  if (isHost) return set(fd, IPPROTO_TCP, TCP_MD5SIG, value, 'the TCP-MD5 key');
  value[MD5SIG_FLAGS_AT] = MD5SIG_FLAG_PREFIX;
  value[MD5SIG_PREFIX_LENGTH_AT] = remote.length;
  return set(fd, IPPROTO_TCP, TCP_MD5SIG_EXT, value, 'the TCP-MD5 key');
}

/** Closes what the system has accepted at a listening socket and nobody has taken yet. */
export function closeWaiting(listening: number): void {
  const native = loadNative();
  for (;;) {
    const fd = native.accept(listening);
    if (fd < 0) return;
    native.close(fd);
  }
}

/** Marks the packets as network control. */
export function markRoutingTraffic(fd: number, remote: Address): void {
  const isV4 = remote.length === 4;
  const level = isV4 ? IPPROTO_IP : IPPROTO_IPV6;
  setNumber(fd, level, isV4 ? IP_TOS : IPV6_TCLASS, TOS_NETWORK_CONTROL, 'the DSCP');
}

/**
 * A copy of a descriptor above those of all sessions; −1 when the system gives none. A process that is killed
 * has its descriptors closed from the highest down: what is to be gone first must be on top.
 */
export function copyOnTop(fd: number): number {
  try {
    return loadNative().duplicate(fd, TOP_FD);
  } catch {
    return -1; // without koffi there are only unprotected sessions
  }
}

/** The descriptor below a socket or server; −1 when it has none. Node keeps it in its handle. */
export function descriptorOf(owner: Socket | Server): number {
  const handle: unknown = Reflect.get(owner, '_handle');
  if (typeof handle !== 'object' || handle === null) return -1;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' ? fd : -1;
}

function setNumber(
  fd: number,
  level: number,
  option: number,
  value: number,
  what: string,
): string | undefined {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return set(fd, level, option, bytes, what);
}

function set(
  fd: number,
  level: number,
  option: number,
  value: Uint8Array,
  what: string,
): string | undefined {
  if (fd < 0) return `cannot set ${what}: the socket is closed`;
  try {
    const native = loadNative();
    if (native.setsockopt(fd, level, option, value) >= 0) return undefined;
    return `cannot set ${what}: the kernel refused (errno ${native.errno()})`;
  } catch (error) {
    return `cannot set ${what}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
