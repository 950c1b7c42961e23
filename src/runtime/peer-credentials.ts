/** Who is at the other end of a unix socket: the kernel knows since connect(2), and nobody can feign it. */
import type { Socket } from 'node:net';
import { loadNative } from './native.ts';
import { descriptorOf } from './socket-options.ts';

const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
/** Supplementary groups; since Linux 4.13. */
const SO_PEERGROUPS = 59;
/** struct ucred: process, user and group, 32 bits each. */
const UCRED_SIZE = 12;
/** NGROUPS_MAX would be 65536; a client in more groups than this is known by its first ones. */
const MOST_GROUPS = 1024;

/** What the system says of a client. */
export interface PeerCredentials {
  readonly uid: number;
  /** Own group and supplementary ones. */
  readonly gids: readonly number[];
}

/** Undefined for a socket that is not a unix one, or gone, and where system calls cannot be made. */
export function credentialsOf(socket: Socket): PeerCredentials | undefined {
  const fd = descriptorOf(socket);
  if (fd < 0) return undefined;
  try {
    const own = read(fd, SO_PEERCRED, UCRED_SIZE);
    if (own?.length !== 3) return undefined;
    const [, uid = 0, gid = 0] = own;
    if (uid === NOBODY_KNOWN) return undefined;
    return { uid, gids: [gid, ...(read(fd, SO_PEERGROUPS, MOST_GROUPS * 4) ?? [])] };
  } catch {
    return undefined; // koffi is not there for this platform: who restricts owners must not be fooled
  }
}

/** What a client of another user namespace has that ours cannot name, and what TCP sockets have. */
const NOBODY_KNOWN = 0xffff_ffff;

function read(fd: number, option: number, sizeBytes: number): Uint32Array | undefined {
  const value = new Uint8Array(sizeBytes);
  const length = loadNative().getsockopt(fd, SOL_SOCKET, option, value);
  return length < 0 ? undefined : new Uint32Array(value.buffer, 0, length >>> 2);
}
