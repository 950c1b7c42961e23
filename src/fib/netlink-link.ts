/** Interfaces and their addresses as rtnetlink messages: `struct ifinfomsg`, `struct ifaddrmsg`. */

import type { Address } from '../net/address.ts';
import { sameAddress } from '../net/address.ts';
import type { InterfaceAddress, KernelLink } from './kernel.ts';
import {
  IFA_ADDRESS,
  IFA_F_SECONDARY,
  IFA_FLAGS,
  IFA_LOCAL,
  IFF_LOWER_UP,
  IFF_UP,
  IFLA_IFNAME,
  NLM_F_DUMP,
  NLM_F_REQUEST,
  RT_SCOPE_UNIVERSE,
  RTM_GETADDR,
  RTM_GETLINK,
} from './netlink-constants.ts';
import {
  AttributeCursor,
  IS_LITTLE_ENDIAN,
  type MessageCursor,
  type MessageWriter,
} from './netlink-message.ts';

const IFINFOMSG_SIZE = 16;
const IFADDRMSG_SIZE = 8;

/** Appends a request for all interfaces. */
export function writeLinkDump(writer: MessageWriter, sequence: number): void {
  writer.begin(RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  for (let i = 0; i < IFINFOMSG_SIZE; i += 4) writer.uint32(0);
  writer.end();
}

/** Appends a request for all addresses of both families. */
export function writeAddressDump(writer: MessageWriter, sequence: number): void {
  writer.begin(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  for (let i = 0; i < IFADDRMSG_SIZE; i += 4) writer.uint32(0);
  writer.end();
}

/** Reads RTM_NEWLINK and RTM_DELLINK; undefined when malformed. */
export function readLink(message: MessageCursor): KernelLink | undefined {
  const { view, at, end } = message;
  if (at + IFINFOMSG_SIZE > end) return undefined;
  const index = view.getUint32(at + 4, IS_LITTLE_ENDIAN);
  const flags = view.getUint32(at + 8, IS_LITTLE_ENDIAN);
  const isEnabled = (flags & IFF_UP) !== 0;
  const isUp = isEnabled && (flags & IFF_LOWER_UP) !== 0;
  const attribute = new AttributeCursor(view).enter(at + IFINFOMSG_SIZE, end);
  while (attribute.next()) {
    if (attribute.type === IFLA_IFNAME) return { name: attribute.text(), index, isEnabled, isUp };
  }
  return undefined;
}

/**
 * Reads RTM_NEWADDR and RTM_DELADDR; undefined when malformed.
 *
 * @param linkOf finds the interface by index
 */
export function readAddress(
  message: MessageCursor,
  linkOf: (index: number) => KernelLink | undefined,
): InterfaceAddress | undefined {
  const { view, at, end } = message;
  if (at + IFADDRMSG_SIZE > end) return undefined;
  const interfaceIndex = view.getUint32(at + 4, IS_LITTLE_ENDIAN);
  const values = readValues(message);
  const address = values.local ?? values.address;
  if (!address) return undefined;
  const link = linkOf(interfaceIndex);
  const hasPeer = values.address && !sameAddress(values.address, address);
  const flags = values.flags ?? view.getUint8(at + 2);
  return {
    interface: link?.name ?? `if${interfaceIndex}`,
    interfaceIndex,
    isUp: link?.isUp ?? false,
    address,
    prefixLength: Math.min(view.getUint8(at + 1), address.length * 8),
    ...(hasPeer && { peer: values.address }),
    isSecondary: (flags & IFA_F_SECONDARY) !== 0,
    isGlobalScope: view.getUint8(at + 3) === RT_SCOPE_UNIVERSE,
  };
}

interface AddressValues {
  /** Our end; absent in IPv6 messages without a peer. */
  local?: Address;
  /** The far end of a point-to-point link, else our own. */
  address?: Address;
  flags?: number;
}

function readValues(message: MessageCursor): AddressValues {
  const values: AddressValues = {};
  const attribute = new AttributeCursor(message.view);
  attribute.enter(message.at + IFADDRMSG_SIZE, message.end);
  while (attribute.next()) {
    const isAddress = attribute.size === 4 || attribute.size === 16;
    if (attribute.type === IFA_LOCAL && isAddress) values.local = attribute.bytes();
    else if (attribute.type === IFA_ADDRESS && isAddress) values.address = attribute.bytes();
    else if (attribute.type === IFA_FLAGS) values.flags = attribute.uint32();
  }
  return values;
}
