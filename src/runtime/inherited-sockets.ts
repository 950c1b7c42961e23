/**
 * Listening sockets that a service manager opened for this process (sd_listen_fds(3)): descriptors from 3 on, as
 * many as LISTEN_FDS says, if LISTEN_PID is ours. Each serves the listener of its address and port once; peers
 * that dial while the process restarts then wait instead of being refused.
 */
import { type Address, sameAddress } from '../net/address.ts';
import { loadNative } from './native.ts';

const FIRST_FD = 3;
/** More than anybody listens on. */
const MOST_FDS = 64;
const AF_INET = 2;
const AF_INET6 = 10;
/** struct sockaddr_in6, the longer of the two. */
const SOCKADDR_SIZE = 28;

/** See the head of the file. */
export class InheritedSockets {
  readonly #fds: Set<number>;

  /** @param pid of this process */
  constructor(env: Readonly<Record<string, string | undefined>>, pid: number) {
    const isForUs = env['LISTEN_PID'] === String(pid);
    const count = isForUs ? Math.min(MOST_FDS, Number(env['LISTEN_FDS']) || 0) : 0;
    this.#fds = new Set(Array.from({ length: Math.max(0, count) }, (_, i) => FIRST_FD + i));
  }

  /** Hands out the socket that is bound there; undefined when there is none, or it was taken. */
  take(address: Address, port: number): number | undefined {
    for (const fd of this.#fds) {
      if (!isBoundTo(fd, address, port)) continue;
      this.#fds.delete(fd);
      return fd;
    }
    return undefined;
  }
}

function isBoundTo(fd: number, address: Address, port: number): boolean {
  const name = Buffer.alloc(SOCKADDR_SIZE);
  if (loadNative().getsockname(fd, name) < 0 || name.readUInt16BE(2) !== port) return false;
  const bound = boundAddress(name);
  return bound !== undefined && sameAddress(bound, address);
}

function boundAddress(name: Buffer): Address | undefined {
  switch (name.readUInt16LE(0)) {
    case AF_INET:
      return name.subarray(4, 8);
    case AF_INET6:
      return name.subarray(8, 24);
    default:
      return undefined;
  }
}
