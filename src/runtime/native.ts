/**
 * The few system calls Node has no door for: raw sockets (netlink) and socket options.
 *
 * koffi is loaded on the first call, so that commands which need no system call do not pay for it. Calls
 * return what libc returns; failures are told apart by {@link Native.errno}, which is valid until the
 * next call. Readiness comes from libuv's own poll, hence costs nothing while nothing happens.
 */
import { createRequire } from 'node:module';

/** A file descriptor being watched; both calls are idempotent. */
export interface Readiness {
  /** Stops watching; must come before the descriptor is closed. */
  close(): void;
  /** Lets the process end although the descriptor is still watched. */
  unref(): void;
}

/** libc, as far as Catbird needs it. Results below zero are failures. */
export interface Native {
  socket(domain: number, type: number, protocol: number): number;
  /** @param address a sockaddr in host layout, borrowed for the call */
  bind(fd: number, address: Uint8Array): number;
  /** @param into room for a sockaddr, which is filled in host layout */
  getsockname(fd: number, into: Uint8Array): number;
  /**
   * @param into room for the value, filled in host layout
   * @returns octets of the value, or a failure
   */
  getsockopt(fd: number, level: number, option: number, into: Uint8Array): number;
  setsockopt(fd: number, level: number, option: number, value: Uint8Array): number;
  /**
   * Attaches a classic BPF program (SO_ATTACH_FILTER).
   *
   * @param program Uint8Array[8 × count] of sock_filter, host byte order
   */
  attachFilter(fd: number, program: Uint8Array): number;
  /** One datagram to the socket's peer, on a thread of its own: the kernel may work for milliseconds. */
  send(fd: number, bytes: Uint8Array, sizeBytes: number): Promise<NativeResult>;
  /** @returns octets received, the real size with MSG_TRUNC, or a failure */
  recv(fd: number, into: Uint8Array, flags: number): number;
  /** One datagram; `to` is a sockaddr in host layout. Both are borrowed for the call. */
  sendTo(fd: number, bytes: Uint8Array, to: Uint8Array): number;
  /** Like {@link recv}; the sender's sockaddr goes into `from`. */
  recvFrom(fd: number, into: Uint8Array, from: Uint8Array): number;
  /** 0 when there is no such interface. */
  interfaceIndex(name: string): number;
  /** Empty when there is no such interface. */
  interfaceName(index: number): string;
  /**
   * Takes pages out of this process's memory (MADV_DONTNEED). What was changed in them is lost: only for
   * mappings that show a file as it is.
   */
  unmapPages(from: bigint, sizeBytes: number): number;
  /** A copy of a descriptor, the lowest free one from `lowest` on; closed on exec. */
  duplicate(fd: number, lowest: number): number;
  /** The next connection that waits at a listening socket; −1 when none does. */
  accept(fd: number): number;
  close(fd: number): number;
  /** errno of the failed call just made on this thread. */
  errno(): number;
  watchReadable(fd: number, onReadable: () => void): Readiness;
}

/** Outcome of a call made on another thread: `errno` is 0 on success. */
export interface NativeResult {
  readonly result: number;
  readonly errno: number;
}

type Koffi = typeof import('koffi').default;

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const BPF_INSTRUCTION_SIZE = 8;
const IF_NAMESIZE = 16;
const MADV_DONTNEED = 4;
const SOCK_CLOEXEC = 0o2000000;
const F_DUPFD_CLOEXEC = 1030;

let native: Native | undefined;

/**
 * The system calls of this process; loads koffi the first time.
 *
 * @throws Error when koffi cannot be loaded on this platform
 */
export function loadNative(): Native {
  native ??= bindLibc(createRequire(import.meta.url)('koffi') as Koffi);
  return native;
}

function bindLibc(koffi: Koffi): Native {
  const libc = koffi.load(null);
  const socket = libc.func('int socket(int, int, int)');
  const bind = libc.func('int bind(int, const uint8_t *, uint32_t)');
  const getsockname = libc.func('int getsockname(int, uint8_t *, uint32_t *)');
  const getsockopt = libc.func('int getsockopt(int, int, int, uint8_t *, uint32_t *)');
  const setsockopt = libc.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)');
  const fprog = koffi.struct('sock_fprog', { len: 'uint16_t', filter: 'const uint8_t *' });
  const setFilter = libc.func('setsockopt', 'int', [
    'int',
    'int',
    'int',
    koffi.pointer(fprog),
    'uint32_t',
  ]);
  const send = libc.func('intptr_t send(int, const uint8_t *, size_t, int)');
  const recv = libc.func('intptr_t recv(int, uint8_t *, size_t, int)');
  const sendTo = libc.func(
    'intptr_t sendto(int, const uint8_t *, size_t, int, const uint8_t *, uint32_t)',
  );
  const recvFrom = libc.func(
    'intptr_t recvfrom(int, uint8_t *, size_t, int, uint8_t *, uint32_t *)',
  );
  const nameToIndex = libc.func('uint32_t if_nametoindex(const char *)');
  const indexToName = libc.func('void *if_indextoname(uint32_t, uint8_t *)');
  const madvise = libc.func('int madvise(uintptr_t, size_t, int)');
  const fcntl = libc.func('int fcntl(int, int, ...)');
  const accept = libc.func('int accept4(int, void *, void *, int)');
  const close = libc.func('int close(int)');
  return {
    socket: (domain, type, protocol) => socket(domain, type, protocol),
    bind: (fd, address) => bind(fd, address, address.length),
    getsockname: (fd, into) => getsockname(fd, into, Uint32Array.of(into.length)),
    getsockopt: (fd, level, option, into) => {
      const size = Uint32Array.of(into.length);
      const result = getsockopt(fd, level, option, into, size);
      return result < 0 ? result : size[0]!;
    },
    setsockopt: (fd, level, option, value) => setsockopt(fd, level, option, value, value.length),
    attachFilter: (fd, program) =>
      setFilter(
        fd,
        SOL_SOCKET,
        SO_ATTACH_FILTER,
        { len: program.length / BPF_INSTRUCTION_SIZE, filter: program },
        fprog.size,
      ),
    send: (fd, bytes, sizeBytes) =>
      new Promise((resolve, reject) => {
        send.async(fd, bytes, sizeBytes, 0, (fault: unknown, result: number | bigint) => {
          if (fault) reject(fault);
          else resolve({ result: Number(result), errno: result < 0 ? koffi.errno() : 0 });
        });
      }),
    recv: (fd, into, flags) => Number(recv(fd, into, into.length, flags)),
    sendTo: (fd, bytes, to) => Number(sendTo(fd, bytes, bytes.length, 0, to, to.length)),
    recvFrom: (fd, into, from) =>
      Number(recvFrom(fd, into, into.length, 0, from, Uint32Array.of(from.length))),
    interfaceIndex: (name) => nameToIndex(name),
    interfaceName: (index) => {
      const name = Buffer.alloc(IF_NAMESIZE);
      return indexToName(index, name) === null ? '' : name.toString('latin1', 0, name.indexOf(0));
    },
    unmapPages: (from, sizeBytes) => madvise(from, sizeBytes, MADV_DONTNEED),
    duplicate: (fd, lowest) => fcntl(fd, F_DUPFD_CLOEXEC, 'int', lowest),
    accept: (fd) => accept(fd, null, null, SOCK_CLOEXEC),
    close: (fd) => close(fd),
    errno: () => koffi.errno(),
    watchReadable: (fd, onReadable) => watchReadable(koffi, fd, onReadable),
  };
}

function watchReadable(koffi: Koffi, fd: number, onReadable: () => void): Readiness {
  const handle = koffi.node.poll(fd, { readable: true }, onReadable);
  let isOpen = true;
  return {
    close() {
      if (!isOpen) return;
      isOpen = false;
      handle.stop();
      handle.close();
    },
    unref: () => isOpen && handle.unref(),
  };
}
