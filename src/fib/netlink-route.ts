/**
 * Routes as rtnetlink messages: `struct rtmsg` and its attributes.
 *
 * ```
 * rtmsg  | family | dst_len | src_len | tos | table | protocol | scope | type | flags (4) |
 * rtnexthop (RTA_MULTIPATH)  | len (2) | flags | weight − 1 | ifindex (4) | attributes |
 * ```
 */
import type { Address } from '../net/address.ts';
import { addressSize } from '../net/family.ts';
import { makePrefix } from '../net/prefix.ts';
import {
  type KernelNextHop,
  type KernelRoute,
  matchesFilter,
  type RouteFilter,
  type RouteOperation,
  type RouteTarget,
  type RouteType,
} from './kernel.ts';
import {
  AF_INET,
  AF_INET6,
  NLM_F_CREATE,
  NLM_F_DUMP,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  NLM_F_REQUEST,
  RT_SCOPE_LINK,
  RT_SCOPE_NOWHERE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_COMPAT,
  RTA_DST,
  RTA_GATEWAY,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PRIORITY,
  RTA_TABLE,
  RTA_VIA,
  RTM_DELROUTE,
  RTM_F_CLONED,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_BLACKHOLE,
  RTN_PROHIBIT,
  RTN_UNICAST,
  RTN_UNREACHABLE,
  RTNH_F_ONLINK,
} from './netlink-constants.ts';
import {
  AttributeCursor,
  copyBytes,
  IS_LITTLE_ENDIAN,
  type MessageCursor,
  type MessageWriter,
} from './netlink-message.ts';

const RTMSG_SIZE = 12;
const RTNEXTHOP_SIZE = 8;
/** Header, rtmsg, destination, table and priority, padded. */
const ROUTE_SIZE = 16 + RTMSG_SIZE + 20 + 8 + 8 + 4;
const NEXT_HOP_SIZE = RTNEXTHOP_SIZE + 24;

const TYPE_NUMBER: Readonly<Record<RouteType, number>> = {
  unicast: RTN_UNICAST,
  blackhole: RTN_BLACKHOLE,
  unreachable: RTN_UNREACHABLE,
  prohibit: RTN_PROHIBIT,
};
const TYPE_NAME = new Map<number, RouteType>([
  [RTN_UNICAST, 'unicast'],
  [RTN_BLACKHOLE, 'blackhole'],
  [RTN_UNREACHABLE, 'unreachable'],
  [RTN_PROHIBIT, 'prohibit'],
]);

/** What is common to a batch of route messages. */
export interface RouteContext {
  readonly table: number;
  readonly protocol: number;
  /** Interface index, undefined when there is no such interface. */
  indexOf(name: string): number | undefined;
}

/** Most octets {@link writeRoute} needs for the operation. */
export function routeMessageSize(operation: RouteOperation): number {
  return ROUTE_SIZE + operation.target.nextHops.length * NEXT_HOP_SIZE;
}

/**
 * Appends the message of one operation.
 *
 * @returns the name of an interface that does not exist; then nothing was written
 */
export function writeRoute(
  writer: MessageWriter,
  operation: RouteOperation,
  context: RouteContext,
  sequence: number,
): string | undefined {
  const unknown = operation.action === 'delete' ? undefined : unknownDevice(operation, context);
  if (unknown !== undefined) return unknown;
  const { prefix, target } = operation;
  const isDelete = operation.action === 'delete';
  writer.begin(isDelete ? RTM_DELROUTE : RTM_NEWROUTE, requestFlags(operation), sequence);
  writer.uint8(prefix.family === 'ipv4-unicast' ? AF_INET : AF_INET6);
  writer.uint8(prefix.length);
  writer.uint16(0);
  writer.uint8(context.table < 256 ? context.table : RT_TABLE_COMPAT);
  writer.uint8(context.protocol);
  writer.uint8(isDelete ? RT_SCOPE_NOWHERE : scopeOf(target));
  writer.uint8(TYPE_NUMBER[target.type]);
  writer.uint32(isDelete ? 0 : singleHopFlags(target));
  writer.attribute(RTA_DST, prefix.address);
  writer.attributeUint32(RTA_TABLE, context.table);
  if (target.metric > 0) writer.attributeUint32(RTA_PRIORITY, target.metric);
  if (!isDelete) writeNextHops(writer, target, prefix.address.length, context);
  writer.end();
  return undefined;
}

/** Appends a request for all routes of a family; with strict checking the kernel applies the filter itself. */
export function writeRouteDump(writer: MessageWriter, filter: RouteFilter, sequence: number): void {
  writer.begin(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, sequence);
  writer.uint8(filter.family === 'ipv4-unicast' ? AF_INET : AF_INET6);
  writer.uint8(0);
  writer.uint16(0);
  writer.uint8(0);
  writer.uint8(filter.protocol ?? 0);
  writer.uint16(0);
  writer.uint32(0);
  if (filter.table !== undefined) writer.attributeUint32(RTA_TABLE, filter.table);
  writer.end();
}

/**
 * Reads RTM_NEWROUTE and RTM_DELROUTE.
 *
 * @param nameOf names an interface by index
 * @returns undefined for routes outside the filter, cached ones, ones with a TOS, of types Catbird does
 *   not deal with, and for malformed messages
 */
export function readRoute(
  message: MessageCursor,
  filter: RouteFilter | undefined,
  nameOf: (index: number) => string,
): KernelRoute | undefined {
  const { view, at, end } = message;
  if (at + RTMSG_SIZE > end) return undefined;
  const family = view.getUint8(at);
  const size = family === AF_INET ? 4 : family === AF_INET6 ? 16 : 0;
  const length = view.getUint8(at + 1);
  const type = TYPE_NAME.get(view.getUint8(at + 7));
  if (size === 0 || length > size * 8 || type === undefined || view.getUint8(at + 3) !== 0) {
    return undefined;
  }
  if (filter && addressSize(filter.family) !== size) return undefined;
  const protocol = view.getUint8(at + 5);
  // Before the attributes: whoever reads foreign routes skips past a million of our own.
  if (filter?.exceptProtocol === protocol) return undefined;
  const flags = view.getUint32(at + 8, IS_LITTLE_ENDIAN);
  if ((flags & RTM_F_CLONED) !== 0) return undefined;
  const attributes = readAttributes(message, nameOf);
  const table = attributes.table || view.getUint8(at + 4);
  if (!matchesFilter(filter ?? ANY, table, protocol)) return undefined;
  const destination = attributes.destination ?? new Uint8Array(size);
  if (destination.length !== size) return undefined;
  const nextHops = type === 'unicast' ? nextHopsOf(attributes, flags) : [];
  const target = { type, nextHops, metric: attributes.metric };
  const scope = view.getUint8(at + 6);
  return { prefix: makePrefix(destination, length), target, table, protocol, scope };
}

/** `family` is unused by matchesFilter. */
const ANY: RouteFilter = { family: 'ipv4-unicast' };

interface RouteAttributes {
  destination: Address | undefined;
  table: number;
  metric: number;
  via: Address | undefined;
  dev: string | undefined;
  hops: KernelNextHop[] | undefined;
}

function readAttributes(
  message: MessageCursor,
  nameOf: (index: number) => string,
): RouteAttributes {
  const found: RouteAttributes = {
    destination: undefined,
    table: 0,
    metric: 0,
    via: undefined,
    dev: undefined,
    hops: undefined,
  };
  const attribute = new AttributeCursor(message.view).enter(message.at + RTMSG_SIZE, message.end);
  while (attribute.next()) {
    if (attribute.type === RTA_DST) found.destination = attribute.bytes();
    else if (attribute.type === RTA_TABLE) found.table = attribute.uint32();
    else if (attribute.type === RTA_PRIORITY) found.metric = attribute.uint32();
    else if (attribute.type === RTA_OIF) found.dev = nameOf(attribute.uint32());
    else if (attribute.type === RTA_GATEWAY || attribute.type === RTA_VIA) {
      found.via = readGateway(message.view, attribute);
    } else if (attribute.type === RTA_MULTIPATH) {
      found.hops = readMultipath(message.view, attribute.at, attribute.end, nameOf);
    }
  }
  return found;
}

/** RTA_VIA carries the family in front of the address. */
function readGateway(view: DataView, attribute: AttributeCursor): Address | undefined {
  const skip = attribute.type === RTA_VIA ? 2 : 0;
  const size = attribute.size - skip;
  if (size !== 4 && size !== 16) return undefined;
  return copyBytes(view, attribute.at + skip, size);
}

function readMultipath(
  view: DataView,
  start: number,
  end: number,
  nameOf: (index: number) => string,
): KernelNextHop[] {
  const hops: KernelNextHop[] = [];
  const attribute = new AttributeCursor(view);
  for (let at = start; at + RTNEXTHOP_SIZE <= end; ) {
    const length = view.getUint16(at, IS_LITTLE_ENDIAN);
    if (length < RTNEXTHOP_SIZE || at + length > end) break;
    let via: Address | undefined;
    attribute.enter(at + RTNEXTHOP_SIZE, at + length);
    while (attribute.next()) {
      if (attribute.type === RTA_GATEWAY || attribute.type === RTA_VIA) {
        via = readGateway(view, attribute);
      }
    }
    const dev = nameOf(view.getUint32(at + 4, IS_LITTLE_ENDIAN));
    const weight = view.getUint8(at + 3) + 1;
    hops.push(makeHop(via, dev, (view.getUint8(at + 2) & RTNH_F_ONLINK) !== 0, weight));
    at += (length + 3) & ~3;
  }
  return hops;
}

function nextHopsOf(attributes: RouteAttributes, flags: number): KernelNextHop[] {
  if (attributes.hops) return attributes.hops;
  return [makeHop(attributes.via, attributes.dev, (flags & RTNH_F_ONLINK) !== 0, 1)];
}

function makeHop(
  via: Address | undefined,
  dev: string | undefined,
  onlink: boolean,
  weight: number,
): KernelNextHop {
  return {
    ...(via && { via }),
    ...(dev !== undefined && { dev }),
    ...(onlink && { onlink }),
    ...(weight !== 1 && { weight }),
  };
}

function requestFlags(operation: RouteOperation): number {
  if (operation.action === 'delete') return NLM_F_REQUEST;
  const how = operation.action === 'add' ? NLM_F_EXCL : NLM_F_REPLACE;
  return NLM_F_REQUEST | NLM_F_CREATE | how;
}

function unknownDevice(operation: RouteOperation, context: RouteContext): string | undefined {
  return operation.target.nextHops.find(
    ({ dev }) => dev !== undefined && context.indexOf(dev) === undefined,
  )?.dev;
}

/** Scope universe (FIB-11), but link for what needs no gateway, as the kernel demands. */
function scopeOf(target: RouteTarget): number {
  const isDirect = target.type === 'unicast' && target.nextHops.every(({ via }) => !via);
  return isDirect ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

function singleHopFlags(target: RouteTarget): number {
  const [hop] = target.nextHops;
  return target.nextHops.length === 1 && hop?.onlink ? RTNH_F_ONLINK : 0;
}

function writeNextHops(
  writer: MessageWriter,
  target: RouteTarget,
  size: number,
  context: RouteContext,
): void {
  const [first] = target.nextHops;
  if (target.nextHops.length > 1) writeMultipath(writer, target.nextHops, size, context);
  else if (first) {
    writeGateway(writer, first.via, size);
    const index = first.dev === undefined ? undefined : context.indexOf(first.dev);
    if (index !== undefined) writer.attributeUint32(RTA_OIF, index);
  }
}

function writeMultipath(
  writer: MessageWriter,
  hops: readonly KernelNextHop[],
  size: number,
  context: RouteContext,
): void {
  const attributeAt = writer.openAttribute(RTA_MULTIPATH);
  for (const hop of hops) {
    const at = writer.sizeBytes;
    writer.uint16(0);
    writer.uint8(hop.onlink ? RTNH_F_ONLINK : 0);
    writer.uint8((hop.weight ?? 1) - 1);
    writer.uint32((hop.dev !== undefined && context.indexOf(hop.dev)) || 0);
    writeGateway(writer, hop.via, size);
    writer.setUint16At(at, writer.sizeBytes - at);
  }
  writer.closeAttribute(attributeAt);
}

function writeGateway(writer: MessageWriter, via: Address | undefined, size: number): void {
  if (!via) return;
  if (via.length === size) {
    writer.attribute(RTA_GATEWAY, via);
    return;
  }
  const at = writer.openAttribute(RTA_VIA);
  writer.uint16(via.length === 4 ? AF_INET : AF_INET6);
  writer.raw(via);
  writer.closeAttribute(at);
}
