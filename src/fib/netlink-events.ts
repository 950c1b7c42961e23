/**
 * Changes told by the kernel: a second netlink socket that listens to the link and address groups,
 * mostly to those of routes too.
 *
 * A socket filter drops what our own writes cause, in the kernel, so that loading a full table does not
 * wake us a million times.
 */
import type { Native, Readiness } from '../runtime/native.ts';
import { errnoName } from './errno.ts';
import type { KernelChange, KernelLink } from './kernel.ts';
import type { LinkTable } from './link-table.ts';
import { openNetlinkSocket, RECEIVE_BUFFER_BYTES } from './netlink-channel.ts';
import {
  MSG_TRUNC,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTMGRP_IPV4_IFADDR,
  RTMGRP_IPV4_ROUTE,
  RTMGRP_IPV6_IFADDR,
  RTMGRP_IPV6_ROUTE,
  RTMGRP_LINK,
} from './netlink-constants.ts';
import { readAddress, readLink } from './netlink-link.ts';
import { IS_LITTLE_ENDIAN, MessageCursor } from './netlink-message.ts';
import { readRoute } from './netlink-route.ts';

/** Interfaces and their addresses. */
export const LINK_GROUPS = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
export const ALL_GROUPS = LINK_GROUPS | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE;
/** Datagrams read per wake-up, so that a storm of events does not hold the event loop. */
const READS_PER_TURN = 256;
/** Offset of nlmsg_pid. */
const PORT_ID_AT = 12;

/** Listens until closed. */
export class NetlinkEvents {
  readonly #native: Native;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
  readonly #links: LinkTable;
  readonly #onChange: (change: KernelChange) => void;
  readonly #readiness: Readiness;
  /** State of each interface as last told; `links` is also brought up to date by reads, unheard. */
  readonly #told = new Map<number, string>();
  #isClosed = false;

  /** @param ownPortId the socket whose changes are not told */
  constructor(
    native: Native,
    groups: number,
    ownPortId: number,
    links: LinkTable,
    onChange: (change: KernelChange) => void,
  ) {
    this.#native = native;
    this.#links = links;
    this.#onChange = onChange;
    for (const link of links.all()) this.#told.set(link.index, describe(link));
    this.#fd = openNetlinkSocket(this.#native, groups);
    this.#native.attachFilter(this.#fd, dropFrom(ownPortId));
    this.#readiness = this.#native.watchReadable(this.#fd, () => this.#read());
    this.#readiness.unref();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#readiness.close();
    this.#native.close(this.#fd);
  }

  #read(): void {
    for (let i = 0; i < READS_PER_TURN && !this.#isClosed; i++) {
      const size = this.#native.recv(this.#fd, this.#buffer, MSG_TRUNC);
      if (size < 0 && errnoName(this.#native.errno()) !== 'ENOBUFS') return;
      if (size < 0 || size > this.#buffer.length) this.#onChange({ kind: 'overrun' });
      else this.#readDatagram(new MessageCursor(this.#buffer, size));
    }
  }

  #readDatagram(message: MessageCursor): void {
    while (message.next()) {
      const change = this.#changeOf(message);
      if (change && !this.#isClosed) this.#onChange(change);
    }
  }

  #changeOf(message: MessageCursor): KernelChange | undefined {
    switch (message.type) {
      case RTM_NEWROUTE:
      case RTM_DELROUTE:
        return this.#routeChange(message);
      case RTM_NEWLINK:
      case RTM_DELLINK:
        return this.#linkChange(message);
      case RTM_NEWADDR:
      case RTM_DELADDR:
        return this.#addressChange(message);
      default:
        return undefined;
    }
  }

  /** A route through an interface we have not heard of yet is told without details. */
  #routeChange(message: MessageCursor): KernelChange | undefined {
    let isKnown = true;
    const route = readRoute(message, undefined, (index) => {
      isKnown &&= this.#links.get(index) !== undefined;
      return this.#links.nameOf(index);
    });
    if (!isKnown) return { kind: 'overrun' };
    const action = message.type === RTM_NEWROUTE ? 'added' : 'removed';
    return route && { kind: 'route', action, route, by: message.portId };
  }

  /** Link messages also come for statistics and the like; only a change of state is told. */
  #linkChange(message: MessageCursor): KernelChange | undefined {
    const link = readLink(message);
    if (!link) return undefined;
    if (message.type === RTM_DELLINK) {
      this.#links.remove(link.index);
      this.#told.delete(link.index);
      return { kind: 'link', name: link.name, state: 'gone' };
    }
    this.#links.put(link);
    if (this.#told.get(link.index) === describe(link)) return undefined;
    this.#told.set(link.index, describe(link));
    return { kind: 'link', name: link.name, state: link.isUp ? 'up' : 'down' };
  }

  #addressChange(message: MessageCursor): KernelChange | undefined {
    const address = readAddress(message, (index) => this.#links.get(index));
    const action = message.type === RTM_NEWADDR ? 'added' : 'removed';
    return address && { kind: 'address', interface: address.interface, action };
  }
}

function describe({ name, isEnabled, isUp }: KernelLink): string {
  return `${name} ${isEnabled} ${isUp}`;
}

/** A classic BPF program: drop when nlmsg_pid is ours, keep everything else. */
function dropFrom(portId: number): Uint8Array {
  const LOAD_WORD = 0x20;
  const JUMP_IF_EQUAL = 0x15;
  const RETURN = 0x06;
  const asLoaded = IS_LITTLE_ENDIAN ? swapBytes(portId) : portId; // BPF loads big-endian
  return instructions([
    [LOAD_WORD, 0, 0, PORT_ID_AT],
    [JUMP_IF_EQUAL, 0, 1, asLoaded],
    [RETURN, 0, 0, 0],
    [RETURN, 0, 0, 0xffffffff],
  ]);
}

/** struct sock_filter: code (2), jump if true, jump if false, operand (4). */
function instructions(rows: readonly (readonly [number, number, number, number])[]): Uint8Array {
  const program = new DataView(new ArrayBuffer(rows.length * 8));
  rows.forEach(([code, ifTrue, ifFalse, operand], i) => {
    program.setUint16(i * 8, code, IS_LITTLE_ENDIAN);
    program.setUint8(i * 8 + 2, ifTrue);
    program.setUint8(i * 8 + 3, ifFalse);
    program.setUint32(i * 8 + 4, operand, IS_LITTLE_ENDIAN);
  });
  return new Uint8Array(program.buffer);
}

function swapBytes(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setUint32(0, value, true);
  return view.getUint32(0, false);
}
