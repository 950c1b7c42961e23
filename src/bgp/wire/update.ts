/**
 * Walks an UPDATE message (RFC 4271 §4.3, RFC 4760) under the rules of RFC 7606.
 *
 * First the structure of the whole message is surveyed (`update-layout.ts`), then its parts go to the
 * sink. Nothing is allocated for a sound message, neither per prefix nor per message: a million prefixes
 * in 90,000 messages, framing included, take 12 ms warm and 50 ms cold with an empty sink.
 */
import type { Family } from '../../net/family.ts';
import { attributeEnd } from './attribute-header.ts';
import { ATTR_MP_REACH_NLRI, ATTR_MP_UNREACH_NLRI, EXTENDED_MESSAGE_SIZE } from './constants.ts';
import { checkPathAttributes } from './decode-path-attributes.ts';
import { PATH_ID_SIZE } from './nlri.ts';
import { readU32 } from './octets.ts';
import { strongerFault, type UpdateFault } from './update-fault.ts';
import { UpdateLayout } from './update-layout.ts';
import type { UpdateSink } from './update-sink.ts';
import type { WireOptions } from './wire-options.ts';

/** Reused by all messages: a walk is synchronous and sinks do not walk. */
const layout = new UpdateLayout();
const attributeScratch = new Uint8Array(EXTENDED_MESSAGE_SIZE);
const nextHopScratch: ReadonlyMap<number, Uint8Array> = new Map(
  [4, 16, 32].map((size) => [size, new Uint8Array(size)]),
);

/**
 * Walks the whole message at `[at, end)`, header included. Not reentrant: a sink must not walk.
 *
 * @param bytes borrowed
 * @returns the strongest fault. `session-reset`: the sink was not called, unless the sink itself asked
 *   for the reset. `treat-as-withdraw`: what the message reaches went to `sink.withdraw`, and the
 *   session goes on. Never `afi-safi-disable`: faults in MP attributes reset the session.
 */
export function walkUpdate(
  bytes: Uint8Array,
  at: number,
  end: number,
  options: WireOptions,
  sink: UpdateSink,
): UpdateFault | undefined {
  const surveyed = layout.survey(bytes, at, end, options);
  if (surveyed?.action === 'session-reset') return surveyed;
  const fault = reachesNothing() ? escalate(surveyed, bytes, options) : surveyed;
  if (fault?.action === 'session-reset') return fault;
  const ended = fault ? undefined : endOfRibFamily();
  if (ended) {
    sink.endOfRib(ended);
    return undefined;
  }
  deliverWithdrawn(bytes, options, sink);
  return strongerFault(fault, deliverReachable(bytes, options, sink, fault));
}

/** True when the message announces no prefix, not even of a family we ignore. */
function reachesNothing(): boolean {
  const { nlriAt, end, reach } = layout;
  const isIgnored = reach.at >= 0 && reach.family === undefined;
  return nlriAt === end && !reach.hasNlri && !isIgnored;
}

/**
 * Without a reachable prefix nothing can be treated as withdrawn, so a fault of that class costs the
 * session, unless MP_UNREACH_NLRI is all there is (RFC 7606 §5.2).
 */
function escalate(
  surveyed: UpdateFault | undefined,
  bytes: Uint8Array,
  options: WireOptions,
): UpdateFault | undefined {
  const { attributesAt, attributesEnd, hasOtherAttributes, reach } = layout;
  if (!hasOtherAttributes && reach.at < 0) return surveyed;
  let discarded: UpdateFault | undefined;
  const fault =
    surveyed ??
    checkPathAttributes(bytes, attributesAt, attributesEnd, options, (discard) => {
      discarded ??= discard;
    });
  return fault ? { ...fault, action: 'session-reset' } : discarded;
}

/** The family whose End-of-RIB this message is (RFC 4724 §2); undefined for all others. */
function endOfRibFamily(): Family | undefined {
  const { withdrawnAt, withdrawnEnd, nlriAt, end, unreach, reach, hasOtherAttributes } = layout;
  if (withdrawnAt < withdrawnEnd || nlriAt < end) return undefined;
  if (hasOtherAttributes || reach.at >= 0) return undefined;
  if (unreach.at < 0) return 'ipv4-unicast';
  return unreach.hasNlri ? undefined : unreach.family;
}

function deliverWithdrawn(bytes: Uint8Array, options: WireOptions, sink: UpdateSink): void {
  const { withdrawnAt, withdrawnEnd, unreach } = layout;
  deliver(sink, false, 'ipv4-unicast', bytes, withdrawnAt, withdrawnEnd, options);
  if (!unreach.family) return;
  deliver(sink, false, unreach.family, bytes, unreach.nlriAt, unreach.end, options);
}

/** The group of MP_REACH_NLRI, then the classic one; both as withdrawn when the message has a fault. */
function deliverReachable(
  bytes: Uint8Array,
  options: WireOptions,
  sink: UpdateSink,
  fault: UpdateFault | undefined,
): UpdateFault | undefined {
  const { reach, nlriAt, end } = layout;
  let found: UpdateFault | undefined;
  if (reach.family && reach.hasNlri) {
    found = fault ?? offerAttributes(bytes, sink, reach.family, mpNextHop(bytes));
    if (found?.action === 'session-reset') return found;
    deliver(sink, isReachable(found), reach.family, bytes, reach.nlriAt, reach.end, options);
  }
  if (nlriAt === end) return found;
  const classic = fault ?? offerAttributes(bytes, sink, 'ipv4-unicast', undefined);
  if (classic?.action === 'session-reset') return classic;
  deliver(sink, isReachable(classic), 'ipv4-unicast', bytes, nlriAt, end, options);
  return strongerFault(found, classic);
}

function isReachable(fault: UpdateFault | undefined): boolean {
  return fault === undefined || fault.action === 'attribute-discard';
}

function mpNextHop(bytes: Uint8Array): Uint8Array {
  const { nextHopAt, nextHopSize } = layout.reach;
  const nextHop = nextHopScratch.get(nextHopSize)!;
  for (let i = 0; i < nextHopSize; i++) nextHop[i] = bytes[nextHopAt + i]!;
  return nextHop;
}

/** Calls `sink.attributes` with the attributes in place where the MP attributes lie at their edges. */
function offerAttributes(
  bytes: Uint8Array,
  sink: UpdateSink,
  family: Family,
  nextHop: Uint8Array | undefined,
): UpdateFault | undefined {
  const { reach, unreach } = layout;
  let { attributesAt: at, attributesEnd: end } = layout;
  for (let i = 0; i < 2; i++) {
    if (reach.at === at) at = reach.end;
    if (unreach.at === at) at = unreach.end;
    if (reach.end === end) end = reach.at;
    if (unreach.end === end) end = unreach.at;
  }
  const isSplit = (reach.at > at && reach.at < end) || (unreach.at > at && unreach.at < end);
  if (!isSplit) return sink.attributes(family, bytes, at, Math.max(at, end), nextHop);
  return sink.attributes(family, attributeScratch, 0, joinAttributes(bytes, at, end), nextHop);
}

/** Copies the attributes of `[at, end)` but the MP ones to the scratch; answers their size. */
function joinAttributes(bytes: Uint8Array, at: number, end: number): number {
  let size = 0;
  for (let next = at; next < end; ) {
    const behind = attributeEnd(bytes, next, end);
    const type = bytes[next + 1];
    if (type !== ATTR_MP_REACH_NLRI && type !== ATTR_MP_UNREACH_NLRI) {
      attributeScratch.set(bytes.subarray(next, behind), size);
      size += behind - next;
    }
    next = behind;
  }
  return size;
}

/** Hands every prefix of `[at, end)` to the sink; the bounds were surveyed. */
function deliver(
  sink: UpdateSink,
  isReach: boolean,
  family: Family,
  bytes: Uint8Array,
  at: number,
  end: number,
  options: WireOptions,
): void {
  const hasPathId = options.addPathReceive.includes(family);
  let next = at;
  while (next < end) {
    const pathId = hasPathId ? readU32(bytes, next) : 0;
    if (hasPathId) next += PATH_ID_SIZE;
    const bits = bytes[next++]!;
    if (isReach) sink.reach(family, pathId, bytes, next, bits);
    else sink.withdraw(family, pathId, bytes, next, bits);
    next += (bits + 7) >> 3;
  }
}
