/**
 * UDP over node:dgram. The minimum TTL is a socket filter in the kernel, because Linux heeds
 * IP_MINTTL for TCP only and Node does not tell the TTL of a datagram.
 */
import { createSocket, type Socket } from 'node:dgram';
import { CatbirdError } from '../net/error.ts';
import { formatAddress, parseAddress } from '../net/text.ts';
import { loadNative } from './native.ts';
import { hopLimitFilter } from './packet-filter.ts';
import { markRoutingTraffic } from './socket-options.ts';
import type { DatagramHandler, UdpEndpoint, UdpSocket, UdpTransport } from './udp.ts';

/** Live UDP. */
export class UdpNodeTransport implements UdpTransport {
  async open(on: UdpEndpoint, receive: DatagramHandler): Promise<UdpSocket> {
    const socket = makeSocket(on.address.length === 4);
    try {
      await bind(socket, on);
      protect(socket, on);
    } catch (error) {
      socket.close();
      throw openError(on, error);
    }
    return deliver(socket, receive);
  }
}

function makeSocket(isV4: boolean): Socket {
  // Addresses are literals: resolving them would cost a turn of the loop and allocations per datagram.
  const lookup = (
    host: string,
    _options: unknown,
    done: (error: null, address: string, family: number) => void,
  ) => done(null, host, isV4 ? 4 : 6);
  return createSocket({ type: isV4 ? 'udp4' : 'udp6', ipv6Only: !isV4, lookup });
}

function bind(socket: Socket, { address, port }: UdpEndpoint): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: formatAddress(address), port, exclusive: true }, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function protect(socket: Socket, { address, ttl, minimumTtl }: UdpEndpoint): void {
  socket.setTTL(ttl);
  const fd = socketDescriptor(socket);
  markRoutingTraffic(fd, address);
  if (minimumTtl === undefined) return;
  const native = loadNative();
  if (native.attachFilter(fd, hopLimitFilter(address.length === 4, minimumTtl)) < 0) {
    throw new Error(`the kernel refused the TTL filter (errno ${native.errno()})`);
  }
}

function deliver(socket: Socket, receive: DatagramHandler): UdpSocket {
  let isOpen = true;
  socket.on('error', () => undefined); // ICMP errors of earlier datagrams: they are lost, as datagrams are
  socket.on('message', (bytes, { address }) => {
    const [text, zone] = address.split('%');
    const from = parseAddress(text!);
    if (isOpen && from) receive(bytes, { address: from, interface: zone });
  });
  return {
    send(bytes, to, port) {
      if (!isOpen) return;
      const host = formatAddress(to.address);
      socket.send(bytes, port, to.interface ? `${host}%${to.interface}` : host, () => undefined);
    },
    close() {
      if (!isOpen) return;
      isOpen = false;
      socket.close();
    },
  };
}

/** Node keeps the descriptor in the handle, and that under a symbol. */
function socketDescriptor(socket: Socket): number {
  const state = Object.getOwnPropertySymbols(socket).find(
    (key) => key.description === 'state symbol',
  );
  const inner: unknown = state && Reflect.get(socket, state);
  if (typeof inner !== 'object' || inner === null) return -1;
  const handle: unknown = Reflect.get(inner, 'handle');
  if (typeof handle !== 'object' || handle === null) return -1;
  const fd: unknown = Reflect.get(handle, 'fd');
  return typeof fd === 'number' ? fd : -1;
}

function openError(on: UdpEndpoint, cause: unknown): CatbirdError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  const message = `cannot open UDP ${formatAddress(on.address)} port ${on.port}: ${reason}`;
  return new CatbirdError('CATBIRD_UDP_FAILED', message, { cause });
}
