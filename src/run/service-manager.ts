/**
 * Word to the service manager (sd_notify): one datagram each to the unix socket it names in NOTIFY_SOCKET.
 *
 * Readiness is told once sessions start, not when the process does. The watchdog is fed from the event loop at
 * half its interval, so that a loop that hangs is found out. Without such a socket nothing is sent.
 */
import { loadNative, type Native } from '../runtime/native.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
/** Octets of sun_path. */
const PATH_ROOM = 108;

type Environment = Readonly<Record<string, string | undefined>>;

/** See the head of the file. */
export class ServiceManager {
  readonly #target: Uint8Array | undefined;
  readonly #watchdogMs: number;
  #native: Native | undefined;
  #fd = -1;
  #watchdog: NodeJS.Timeout | undefined;

  /** @param pid of this process: a watchdog may be meant for another */
  constructor(env: Environment, pid: number) {
    this.#target = socketAddress(env['NOTIFY_SOCKET']);
    const isForUs = env['WATCHDOG_PID'] === undefined || env['WATCHDOG_PID'] === String(pid);
    const microseconds = Number(env['WATCHDOG_USEC']);
    this.#watchdogMs = isForUs && microseconds > 0 ? microseconds / 1000 : 0;
  }

  /** The daemon serves. */
  ready(status: string): void {
    this.#tell(`READY=1\nSTATUS=${status}`);
    if (!this.#target || this.#watchdogMs === 0 || this.#watchdog) return;
    this.#watchdog = setInterval(() => this.#tell('WATCHDOG=1'), this.#watchdogMs / 2).unref();
  }

  /** The daemon is about to end; the watchdog goes on until the process does. */
  stopping(): void {
    this.#tell('STOPPING=1');
  }

  /** Nobody who listens is no reason to fail: what is told is a courtesy. */
  #tell(state: string): void {
    if (!this.#target) return;
    this.#native ??= loadNative();
    const native = this.#native;
    if (this.#fd < 0) {
      this.#fd = native.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    }
    if (this.#fd >= 0) native.sendTo(this.#fd, Buffer.from(state), this.#target);
  }
}

/** struct sockaddr_un of a path, or with `@` in front of an abstract name; undefined for anything else. */
function socketAddress(path: string | undefined): Uint8Array | undefined {
  if (path === undefined || !/^[/@]./.test(path)) return undefined;
  const name = Buffer.from(path);
  if (name.length >= PATH_ROOM) return undefined;
  const isAbstract = name[0] === 0x40;
  if (isAbstract) name[0] = 0;
  const family = Uint8Array.of(AF_UNIX, 0);
  return Buffer.concat([family, name, Buffer.alloc(isAbstract ? 0 : 1)]);
}
