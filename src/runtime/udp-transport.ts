/**
 * UDP over node:dgram. The minimum TTL is a socket filter in the kernel, because Linux heeds
 * IP_MINTTL for TCP only and Node does not tell the TTL of a datagram.
 */
import { createSocket, type Socket } from 'node:dgram';
import { CatbirdError } from '../net/error.ts';
import { formatAddress, parseAddress } from '../net/text.ts';
import { loadNative } from './native.ts';
import { markRoutingTraffic } from './socket-options.ts';
import type { DatagramHandler, UdpEndpoint, UdpSocket, UdpTransport } from './udp.ts';

/** Offset of the network header in a classic BPF program, and of the TTL and hop limit in it. */
const SKF_NET_OFF = -0x100000;
const IPV4_TTL_AT = 8;
const IPV6_HOP_LIMIT_AT = 7;
const LOAD_OCTET = 0x30;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const WHOLE_PACKET = 0xffff_ffff;

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
  if (native.attachFilter(fd, ttlFilter(address.length === 4, minimumTtl)) < 0) {
    throw new Error(`the kernel refused the TTL filter (errno ${native.errno()})`);
  }
}

/** `ttl >= minimum ? whole packet : nothing`, as four instructions of sock_filter. */
function ttlFilter(isV4: boolean, minimum: number): Uint8Array {
  const program = Buffer.alloc(32);
  const put = (index: number, code: number, ifFalse: number, value: number) => {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(ifFalse, index * 8 + 3);
    program.writeUInt32LE(value >>> 0, index * 8 + 4);
  };
  put(0, LOAD_OCTET, 0, SKF_NET_OFF + (isV4 ? IPV4_TTL_AT : IPV6_HOP_LIMIT_AT));
  put(1, JUMP_IF_AT_LEAST, 1, minimum);
  put(2, RETURN, 0, WHOLE_PACKET);
  put(3, RETURN, 0, 0);
  return program;
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
