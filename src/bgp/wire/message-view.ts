/** Any BGP message as plain data for JSON: what `catbird decode` prints, one per line. */
import { formatIpv4Number } from '../../net/text.ts';
import { formatAfiSafi } from './afi-safi.ts';
import { type AttributesView, attributesView } from './attributes-view.ts';
import type { Capability } from './capabilities.ts';
import {
  MESSAGE_KEEPALIVE,
  MESSAGE_NOTIFICATION,
  MESSAGE_OPEN,
  MESSAGE_ROUTE_REFRESH,
} from './constants.ts';
import { messageType } from './header.ts';
import {
  decodeNotification,
  describeNotification,
  NotificationError,
  shutdownText,
} from './notification.ts';
import { decodeOpen } from './open.ts';
import { decodeRouteRefresh } from './route-refresh.ts';
import type { FaultAction, UpdateFault } from './update-fault.ts';
import { type DecodedGroup, type DecodedPrefix, decodeUpdate } from './update-view.ts';
import type { WireOptions } from './wire-options.ts';

/** What is wrong with a message, in the shape of `catbird decode`. */
export interface ErrorView {
  readonly code: number;
  readonly subcode: number;
  readonly action: FaultAction;
  readonly reason: string;
}

export interface OpenView {
  readonly type: 'OPEN';
  readonly version: 4;
  readonly asNumber: number;
  readonly holdTime: number;
  readonly routerId: string;
  readonly capabilities: readonly object[];
}

export interface PrefixView {
  readonly prefix: string;
  /** Only where Add-Path is in use. */
  readonly pathId?: number;
  readonly nextHop?: string;
}

export interface UpdateView {
  readonly type: 'UPDATE';
  readonly endOfRib?: string;
  readonly withdrawn: readonly PrefixView[];
  readonly announced: readonly PrefixView[];
  /** Of the first group; a second one differs in the next hop, which each prefix states. */
  readonly attributes?: AttributesView;
  /** A fault that did not cost the session. */
  readonly error?: ErrorView;
}

export interface NotificationView {
  readonly type: 'NOTIFICATION';
  readonly code: number;
  readonly subcode: number;
  readonly description: string;
  /** Hex. */
  readonly data: string;
  readonly text?: string;
}

export interface RouteRefreshView {
  readonly type: 'ROUTE-REFRESH';
  readonly family: string;
  readonly afi: number;
  readonly safi: number;
  readonly subtype: number;
}

export type MessageView =
  | OpenView
  | UpdateView
  | NotificationView
  | RouteRefreshView
  | { readonly type: 'KEEPALIVE' }
  | { readonly error: ErrorView };

/**
 * Decodes the whole message at `[at, end)`, whose header the framer has accepted. Never throws for
 * anything a peer can send.
 */
export function decodeMessage(
  bytes: Uint8Array,
  at: number,
  end: number,
  options: WireOptions,
): MessageView {
  try {
    return viewOf(bytes, at, end, options);
  } catch (error) {
    if (error instanceof NotificationError) return { error: errorView(error) };
    throw error;
  }
}

/** The fault that ends a session, in the shape of `catbird decode`. */
export function errorView(fault: NotificationError | UpdateFault): ErrorView {
  const { code, subcode, reason } = fault;
  return { code, subcode, action: 'action' in fault ? fault.action : 'session-reset', reason };
}

function viewOf(bytes: Uint8Array, at: number, end: number, options: WireOptions): MessageView {
  switch (messageType(bytes, at)) {
    case MESSAGE_OPEN:
      return openView(bytes, at, end);
    case MESSAGE_NOTIFICATION:
      return notificationView(bytes, at, end);
    case MESSAGE_KEEPALIVE:
      return { type: 'KEEPALIVE' };
    case MESSAGE_ROUTE_REFRESH:
      return routeRefreshView(bytes, at, end);
    default:
      return updateView(bytes, at, end, options);
  }
}

function openView(bytes: Uint8Array, at: number, end: number): OpenView {
  const { asNumber, holdTimeSec, routerId, capabilities } = decodeOpen(bytes, at, end);
  return {
    type: 'OPEN',
    version: 4,
    asNumber,
    holdTime: holdTimeSec,
    routerId: formatIpv4Number(routerId),
    capabilities: capabilities.map(capabilityView),
  };
}

/** One capability as plain data. */
export function capabilityView(capability: Capability): object {
  if (capability.kind === 'unknown') return { ...capability, value: hex(capability.value) };
  if (capability.kind === 'multiprotocol') {
    return { kind: capability.kind, family: formatAfiSafi(capability) };
  }
  if (!('families' in capability)) return capability;
  const families = capability.families.map(({ afi, safi, ...rest }) => {
    return { family: formatAfiSafi({ afi, safi }), ...rest };
  });
  return { ...capability, families };
}

function notificationView(bytes: Uint8Array, at: number, end: number): NotificationView {
  const notification = decodeNotification(bytes, at, end);
  const { code, subcode, data } = notification;
  const text = shutdownText(notification);
  return {
    type: 'NOTIFICATION',
    code,
    subcode,
    description: describeNotification(notification),
    data: hex(data),
    ...(text !== undefined && { text }),
  };
}

function routeRefreshView(bytes: Uint8Array, at: number, end: number): RouteRefreshView {
  const { afi, safi, subtype } = decodeRouteRefresh(bytes, at, end);
  return { type: 'ROUTE-REFRESH', family: formatAfiSafi({ afi, safi }), afi, safi, subtype };
}

function updateView(
  bytes: Uint8Array,
  at: number,
  end: number,
  options: WireOptions,
): UpdateView | { readonly error: ErrorView } {
  const { endOfRib, withdrawn, reachable, fault } = decodeUpdate(bytes, at, end, options);
  if (fault?.action === 'session-reset') return { error: errorView(fault) };
  const first = reachable[0];
  return {
    ...(fault && { error: errorView(fault) }),
    type: 'UPDATE',
    ...(endOfRib && { endOfRib }),
    withdrawn: withdrawn.map((each) => prefixView(each, options)),
    announced: reachable.flatMap((group) => groupView(group, options)),
    ...(first && { attributes: attributesView(first.attributes) }),
  };
}

function groupView({ attributes, prefixes }: DecodedGroup, options: WireOptions): PrefixView[] {
  const { nextHop } = attributesView(attributes);
  return prefixes.map((each) => ({ ...prefixView(each, options), nextHop: nextHop! }));
}

function prefixView({ family, prefix, pathId }: DecodedPrefix, options: WireOptions): PrefixView {
  return { prefix, ...(options.addPathReceive.includes(family) && { pathId }) };
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
