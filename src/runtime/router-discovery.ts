/**
 * Router advertisements over a raw ICMPv6 socket (RFC 4861): enough for two routers on a link to learn each
 * other's link-local address. We advertise a lifetime of 0, so nobody takes us for a default router, and
 * hear only what was sent from the link itself (hop limit 255).
 *
 * One socket serves all interfaces. It needs CAP_NET_RAW.
 */
import { isLinkLocal } from '../net/address.ts';
import { formatAddress } from '../net/text.ts';
import type { Discovery, RouterHeard } from './discovery.ts';
import { loadNative, type Native, type Readiness } from './native.ts';
import { hopLimitFilter } from './packet-filter.ts';

const AF_INET6 = 10;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_IPV6 = 41;
const IPPROTO_ICMPV6 = 58;
const IPV6_MULTICAST_HOPS = 18;
const IPV6_MULTICAST_LOOP = 19;
const ICMP6_FILTER = 1;

const ROUTER_ADVERTISEMENT = 134;
/** Octets without options. */
const ADVERTISEMENT_SIZE = 16;
const HOP_LIMIT = 255;
const ADVERTISE_EVERY_MS = 10_000;

/** struct sockaddr_in6: family, port, flow, address, scope. */
const SOCKADDR_SIZE = 28;
const ADDRESS_AT = 8;
const SCOPE_AT = 24;

/** See the head of the file. */
export class RouterDiscovery implements Discovery {
  #zones: ReadonlySet<string> = new Set();
  #heard: RouterHeard = () => undefined;
  #socket:
    | { readonly fd: number; readonly native: Native; readonly readiness: Readiness }
    | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Last heard, by interface. */
  readonly #routers = new Map<string, string>();
  readonly #packet = new Uint8Array(2048);
  readonly #from = new Uint8Array(SOCKADDR_SIZE);

  follow(zones: ReadonlySet<string>, heard: RouterHeard): string | undefined {
    const isNews = [...zones].some((zone) => !this.#zones.has(zone));
    this.#zones = zones;
    this.#heard = heard;
    if (zones.size === 0) this.close();
    if (!isNews) return undefined;
    const problem = this.#open();
    if (problem === undefined) this.#advertise();
    return problem;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#socket?.readiness.close();
    this.#socket?.native.close(this.#socket.fd);
    this.#socket = undefined;
    this.#zones = new Set();
    this.#routers.clear();
  }

  #open(): string | undefined {
    if (this.#socket) return undefined;
    const native = loadNative();
    const fd = native.socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
    if (fd < 0) return `cannot open a raw ICMPv6 socket (errno ${native.errno()})`;
    if (!configure(native, fd)) {
      native.close(fd);
      return `cannot set up a raw ICMPv6 socket (errno ${native.errno()})`;
    }
    const readiness = native.watchReadable(fd, () => this.#read());
    readiness.unref();
    this.#socket = { fd, native, readiness };
    this.#timer = setInterval(() => this.#advertise(), ADVERTISE_EVERY_MS);
    this.#timer.unref();
    return undefined;
  }

  #advertise(): void {
    if (!this.#socket) return;
    const { native, fd } = this.#socket;
    const advertisement = new Uint8Array(ADVERTISEMENT_SIZE);
    advertisement[0] = ROUTER_ADVERTISEMENT; // the kernel adds the checksum
    for (const zone of this.#zones) {
      const index = native.interfaceIndex(zone);
      // An interface that is not there, or down, is tried again with the next round.
      if (index > 0) native.sendTo(fd, advertisement, allNodes(index));
    }
  }

  #read(): void {
    while (this.#socket) {
      const { native, fd } = this.#socket;
      const size = native.recvFrom(fd, this.#packet, this.#from);
      if (size < 0) return;
      if (size >= ADVERTISEMENT_SIZE && this.#packet[0] === ROUTER_ADVERTISEMENT)
        this.#report(native);
    }
  }

  #report(native: Native): void {
    const router = this.#from.slice(ADDRESS_AT, ADDRESS_AT + 16);
    const scope = new DataView(this.#from.buffer).getUint32(SCOPE_AT, true);
    const zone = native.interfaceName(scope);
    if (!isLinkLocal(router) || !this.#zones.has(zone)) return;
    const text = formatAddress(router);
    const isNews = this.#routers.get(zone) !== text;
    this.#routers.set(zone, text);
    if (isNews) this.#advertise(); // it may have missed our last one
    this.#heard(router, zone);
  }
}

function configure(native: Native, fd: number): boolean {
  const pass = new Uint8Array(32).fill(0xff);
  pass[ROUTER_ADVERTISEMENT >> 3]! &= ~(1 << (ROUTER_ADVERTISEMENT & 7)); // a set bit blocks the type
  return (
    native.setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, pass) >= 0 &&
    native.setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, Uint8Array.of(HOP_LIMIT, 0, 0, 0)) >=
      0 &&
    native.setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_LOOP, Uint8Array.of(0, 0, 0, 0)) >= 0 &&
    native.attachFilter(fd, hopLimitFilter(false, HOP_LIMIT)) >= 0
  );
}

/** ff02::1 on an interface. */
function allNodes(index: number): Uint8Array {
  const address = new Uint8Array(SOCKADDR_SIZE);
  const view = new DataView(address.buffer);
  view.setUint16(0, AF_INET6, true);
  address.set([0xff, 0x02], ADDRESS_AT);
  address[ADDRESS_AT + 15] = 1;
  view.setUint32(SCOPE_AT, index, true);
  return address;
}
