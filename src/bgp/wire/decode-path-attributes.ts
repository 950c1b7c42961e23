/**
 * Decodes path attributes under the rules of RFC 7606 §3, §4 and §7 (the rows are in
 * `attribute-table.ts`). Faults are values: one that costs the route is returned, one that costs an
 * attribute is told to `onDiscard`.
 */
import { isLinkLocal, isUnspecified } from '../../net/address.ts';
import { AS_TRANS } from '../../net/asn.ts';
import type { Family } from '../../net/family.ts';
import { mergeAs4Path } from './as4-path.ts';
import { attributeEnd, attributeValueAt } from './attribute-header.ts';
import {
  ATTRIBUTE_ROWS,
  type AttributeContext,
  type AttributeDraft,
  type AttributeRow,
  emptyDraft,
  nextHopProblem,
} from './attribute-table.ts';
import {
  ATTR_AS_PATH,
  ATTR_MP_REACH_NLRI,
  ATTR_MP_UNREACH_NLRI,
  ATTR_NEXT_HOP,
  ATTR_ORIGIN,
  FLAG_OPTIONAL,
  FLAG_PARTIAL,
  FLAG_TRANSITIVE,
  UPDATE_ATTRIBUTE_FLAGS,
  UPDATE_MISSING_WELL_KNOWN,
  UPDATE_UNRECOGNIZED_WELL_KNOWN,
} from './constants.ts';
import { type PathAttributes, partialBit } from './path-attributes.ts';
import { overrunFault, type UpdateFault, updateFault } from './update-fault.ts';
import type { WireOptions } from './wire-options.ts';

/** Told of each fault that cost an attribute but not the route (RFC 7606 §2, attribute discard). */
export type OnDiscard = (fault: UpdateFault) => void;

/** 1 for each type met in the set that is being read; reused by all sets. */
const seen = new Uint8Array(256);

const CATEGORY = FLAG_OPTIONAL | FLAG_TRANSITIVE;

/**
 * Decodes the range that `UpdateSink.attributes` was given.
 *
 * LOCAL_PREF, ORIGINATOR_ID and CLUSTER_LIST from external peers are dropped; on sessions of two-octet
 * AS numbers AS4_PATH and AS4_AGGREGATOR are merged in (RFC 6793 §4.2.3). A missing OTC is added where the
 * session says so (RFC 9234 §5).
 *
 * @param bytes borrowed; the result owns all its data
 * @param family of the prefixes; without `nextHop`, only IPv4 may take NEXT_HOP from the attributes
 * @param nextHop from MP_REACH_NLRI; borrowed
 * @returns the attributes, or a `treat-as-withdraw` fault to be returned from the sink
 */
export function decodePathAttributes(
  bytes: Uint8Array,
  at: number,
  end: number,
  family: Family,
  nextHop: Uint8Array | undefined,
  options: WireOptions,
  onDiscard?: OnDiscard,
): PathAttributes | UpdateFault {
  const isClassic = family === 'ipv4-unicast' && nextHop === undefined;
  const context = contextOf(options, isClassic ? 'required' : 'unused');
  const draft = emptyDraft();
  if (nextHop) draft.nextHop = usableNextHop(nextHop);
  const fault =
    readAttributes(bytes, at, end, draft, context, onDiscard) ??
    missingAttribute(draft) ??
    (draft.nextHop && nextHop && badMpNextHop(draft.nextHop));
  return fault ?? finish(draft, options);
}

/**
 * Looks for faults in the attributes of a message that reaches no prefix (RFC 7606 §5.2): nothing is
 * mandatory then. MP_REACH_NLRI and MP_UNREACH_NLRI are passed over.
 *
 * @returns a `treat-as-withdraw` fault or undefined
 */
export function checkPathAttributes(
  bytes: Uint8Array,
  at: number,
  end: number,
  options: WireOptions,
  onDiscard?: OnDiscard,
): UpdateFault | undefined {
  return readAttributes(bytes, at, end, emptyDraft(), contextOf(options, 'unused'), onDiscard);
}

function contextOf(options: WireOptions, nextHop: AttributeContext['nextHop']): AttributeContext {
  const { asWidth, isInternal, toleratesAsZero = false } = options;
  return { asWidth, isInternal, toleratesAsZero, nextHop };
}

/** Reads all attributes into the draft; stops at the first fault that costs the route. */
function readAttributes(
  bytes: Uint8Array,
  at: number,
  end: number,
  draft: AttributeDraft,
  context: AttributeContext,
  onDiscard?: OnDiscard,
): UpdateFault | undefined {
  seen.fill(0);
  let next = at;
  while (next < end) {
    const behind = attributeEnd(bytes, next, end);
    if (behind < 0) return overrunFault();
    const type = bytes[next + 1]!;
    const isRepeated = seen[type] === 1; // the first counts (RFC 7606 §3 g)
    seen[type] = 1;
    const fault = isRepeated ? undefined : readAttribute(bytes, next, behind, draft, context);
    if (fault?.action === 'attribute-discard') onDiscard?.(fault);
    else if (fault) return fault;
    next = behind;
  }
  return undefined;
}

/** Reads the attribute that fills `[at, end)`. */
function readAttribute(
  bytes: Uint8Array,
  at: number,
  end: number,
  draft: AttributeDraft,
  context: AttributeContext,
): UpdateFault | undefined {
  const type = bytes[at + 1]!;
  if (type === ATTR_MP_REACH_NLRI || type === ATTR_MP_UNREACH_NLRI) return undefined;
  const row = ATTRIBUTE_ROWS.get(type);
  if (!row) return readUnknown(bytes, at, end, draft);
  if (row.isTwoOctetOnly && context.asWidth === 4) return undefined;
  const flags = bytes[at]! & CATEGORY;
  const problem =
    flags === row.flags
      ? row.read(draft, bytes, attributeValueAt(bytes, at), end, context)
      : { subcode: UPDATE_ATTRIBUTE_FLAGS, reason: `flags 0x${bytes[at]!.toString(16)}` };
  if (!problem) {
    if (isPartial(bytes[at]!, row)) draft.partial |= partialBit(type);
    return undefined;
  }
  const action = costOf(row, context, problem.subcode === UPDATE_ATTRIBUTE_FLAGS);
  return updateFault(
    action,
    problem.subcode,
    `${row.name}: ${problem.reason}`,
    bytes.slice(at, end),
  );
}

/** AS4_PATH and AS4_AGGREGATOR end here, merged into others. */
function isPartial(flags: number, { isTwoOctetOnly }: AttributeRow): boolean {
  return (flags & FLAG_PARTIAL) !== 0 && (flags & CATEGORY) === CATEGORY && !isTwoOctetOnly;
}

function costOf(
  { onFault, isTwoOctetOnly }: AttributeRow,
  { isInternal }: AttributeContext,
  isFlagFault: boolean,
): 'treat-as-withdraw' | 'attribute-discard' {
  if (onFault === 'by-session') return isInternal ? 'treat-as-withdraw' : 'attribute-discard';
  return isFlagFault && isTwoOctetOnly ? 'treat-as-withdraw' : onFault; // RFC 7606 §3 c
}

/** Keeps what is optional and transitive for passing on; drops what is only optional (RFC 4271 §5). */
function readUnknown(
  bytes: Uint8Array,
  at: number,
  end: number,
  draft: AttributeDraft,
): UpdateFault | undefined {
  const flags = bytes[at]! & CATEGORY;
  const type = bytes[at + 1]!;
  if ((flags & FLAG_OPTIONAL) === 0) {
    const reason = `attribute ${type} claims to be well-known`;
    const data = bytes.slice(at, end);
    return updateFault('treat-as-withdraw', UPDATE_UNRECOGNIZED_WELL_KNOWN, reason, data);
  }
  if (flags === CATEGORY) {
    const value = bytes.slice(attributeValueAt(bytes, at), end);
    draft.unknown.push({ flags: flags | FLAG_PARTIAL, type, value });
  }
  return undefined;
}

function missingAttribute(draft: AttributeDraft): UpdateFault | undefined {
  if (draft.origin === undefined) return missing(ATTR_ORIGIN, 'ORIGIN');
  if (draft.asPath === undefined) return missing(ATTR_AS_PATH, 'AS_PATH');
  return draft.nextHop === undefined ? missing(ATTR_NEXT_HOP, 'NEXT_HOP') : undefined;
}

function missing(type: number, name: string): UpdateFault {
  const data = Uint8Array.of(type);
  return updateFault('treat-as-withdraw', UPDATE_MISSING_WELL_KNOWN, `${name} is missing`, data);
}

/**
 * A copy of the next hop from MP_REACH_NLRI. Where the global half is unspecified or link-local too, as
 * speakers on links without global addresses send it, only the link-local half counts.
 */
function usableNextHop(nextHop: Uint8Array): Uint8Array {
  if (nextHop.length !== 32) return nextHop.slice();
  const [first, second] = [nextHop.subarray(0, 16), nextHop.subarray(16)];
  const isGlobal = !isUnspecified(first) && !isLinkLocal(first);
  return isGlobal || !isLinkLocal(second) ? nextHop.slice() : second.slice();
}

function badMpNextHop(nextHop: Uint8Array): UpdateFault | undefined {
  const problem = nextHopProblem(nextHop);
  if (!problem) return undefined;
  const reason = `MP_REACH_NLRI: ${problem.reason}`;
  return updateFault('treat-as-withdraw', problem.subcode, reason, nextHop.slice());
}

const EMPTY = new Uint8Array(0);
const EMPTY_WORDS = new Uint32Array(0);

/**
 * The draft as an immutable set. Field by field, for a spread is slow: with it and a new `seen` per set,
 * the 90,000 sets of a full table take 140 ms instead of 80.
 */
function finish(
  draft: AttributeDraft,
  { isInternal, onlyToCustomer }: WireOptions,
): PathAttributes {
  mergeFourOctetNumbers(draft);
  return {
    origin: draft.origin!,
    asPath: draft.asPath!,
    nextHop: draft.nextHop ?? EMPTY,
    med: draft.med,
    localPref: isInternal ? draft.localPref : undefined,
    atomicAggregate: draft.atomicAggregate,
    aggregator: draft.aggregator,
    communities: draft.communities,
    extendedCommunities: draft.extendedCommunities,
    ipv6ExtendedCommunities: draft.ipv6ExtendedCommunities,
    largeCommunities: draft.largeCommunities,
    originatorId: isInternal ? draft.originatorId : undefined,
    clusterList: isInternal ? draft.clusterList : EMPTY_WORDS,
    onlyToCustomer: draft.onlyToCustomer ?? onlyToCustomer,
    partial: draft.partial,
    unknown: draft.unknown.sort((a, b) => a.type - b.type),
  };
}

/** RFC 6793 §4.2.3: an AGGREGATOR other than AS_TRANS shows that both AS4 attributes are out of date. */
function mergeFourOctetNumbers(draft: AttributeDraft): void {
  const { aggregator, as4Aggregator, as4Path, asPath } = draft;
  if (as4Aggregator && aggregator && aggregator.asn !== AS_TRANS) return;
  if (as4Aggregator && aggregator) draft.aggregator = as4Aggregator;
  if (as4Path && asPath) draft.asPath = mergeAs4Path(asPath, as4Path);
}
