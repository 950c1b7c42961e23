/**
 * Where the parts of one UPDATE lie, found and checked in a single cheap pass before anyone acts on the
 * message (RFC 7606 §3, §4, §5.3).
 *
 * One layout object is reused for all messages, so surveying a message allocates nothing unless it
 * is faulty. All fields are offsets into the message.
 */
import type { Family } from '../../net/family.ts';
import { maximumLength } from '../../net/family.ts';
import { familyOf } from './afi-safi.ts';
import { attributeEnd, attributeValueAt } from './attribute-header.ts';
import {
  ATTR_MP_REACH_NLRI,
  ATTR_MP_UNREACH_NLRI,
  FLAG_OPTIONAL,
  FLAG_TRANSITIVE,
  HEADER_SIZE,
  UPDATE_ATTRIBUTE_FLAGS,
  UPDATE_INVALID_NETWORK_FIELD,
  UPDATE_MALFORMED_ATTRIBUTE_LIST,
  UPDATE_OPTIONAL_ATTRIBUTE,
} from './constants.ts';
import { findBadNlri } from './nlri.ts';
import { readU16 } from './octets.ts';
import { overrunFault, type UpdateFault, updateFault } from './update-fault.ts';
import type { WireOptions } from './wire-options.ts';

/** AFI, SAFI, next hop length and reserved octet of MP_REACH_NLRI. */
const MP_REACH_MINIMUM = 5;
/** AFI and SAFI of MP_UNREACH_NLRI. */
const MP_UNREACH_MINIMUM = 3;

/** One MP attribute of the message: its bounds, and the NLRI in it. */
class MpPart {
  readonly #name: string;
  /** Bounds of the attribute; `at` is -1 when the message has none. */
  at = -1;
  end = -1;
  /** Undefined when the AFI and SAFI are not ours: the attribute is ignored then. */
  family: Family | undefined;
  nextHopAt = 0;
  nextHopSize = 0;
  nlriAt = 0;

  constructor(name: string) {
    this.#name = name;
  }

  get hasNlri(): boolean {
    return this.family !== undefined && this.nlriAt < this.end;
  }

  clear(): void {
    this.at = -1;
    this.end = -1;
    this.family = undefined;
  }

  fault(subcode: number, reason: string, bytes: Uint8Array): UpdateFault {
    const data = bytes.slice(this.at, this.end);
    return updateFault('session-reset', subcode, `${this.#name}: ${reason}`, data);
  }

  /** A conflict of flags costs the routes, not the session (RFC 7606 §3 c). */
  flagsFault(bytes: Uint8Array): UpdateFault | undefined {
    const flags = bytes[this.at]!;
    if ((flags & (FLAG_OPTIONAL | FLAG_TRANSITIVE)) === FLAG_OPTIONAL) return undefined;
    const reason = `flags 0x${flags.toString(16)}`;
    return { ...this.fault(UPDATE_ATTRIBUTE_FLAGS, reason, bytes), action: 'treat-as-withdraw' };
  }
}

export class UpdateLayout {
  withdrawnAt = 0;
  withdrawnEnd = 0;
  attributesAt = 0;
  /** End of the attributes that could be told apart. */
  attributesEnd = 0;
  nlriAt = 0;
  end = 0;
  /** Some attribute besides MP_REACH_NLRI and MP_UNREACH_NLRI is there. */
  hasOtherAttributes = false;
  readonly reach: MpPart = new MpPart('MP_REACH_NLRI');
  readonly unreach: MpPart = new MpPart('MP_UNREACH_NLRI');

  /**
   * Finds and checks the parts of the message at `[at, end)`.
   *
   * @returns a fault of structure, `session-reset` or `treat-as-withdraw`; the layout is of use with the
   *   latter and without fault
   */
  survey(
    bytes: Uint8Array,
    at: number,
    end: number,
    options: WireOptions,
  ): UpdateFault | undefined {
    this.reach.clear();
    this.unreach.clear();
    this.hasOtherAttributes = false;
    this.end = end;
    return (
      this.#surveyFields(bytes, at + HEADER_SIZE, end) ??
      this.#surveyClassicNlri(bytes, options) ??
      this.#surveyAttributes(bytes, options)
    );
  }

  #surveyFields(bytes: Uint8Array, body: number, end: number): UpdateFault | undefined {
    this.withdrawnAt = body + 2;
    if (this.withdrawnAt + 2 > end) return lengthsFault();
    this.withdrawnEnd = this.withdrawnAt + readU16(bytes, body);
    this.attributesAt = this.withdrawnEnd + 2;
    if (this.attributesAt > end) return lengthsFault();
    this.attributesEnd = this.attributesAt + readU16(bytes, this.withdrawnEnd);
    this.nlriAt = this.attributesEnd;
    return this.nlriAt > end ? lengthsFault() : undefined;
  }

  #surveyClassicNlri(bytes: Uint8Array, options: WireOptions): UpdateFault | undefined {
    const hasPathId = options.addPathReceive.includes('ipv4-unicast');
    const { withdrawnAt, withdrawnEnd, nlriAt, end } = this;
    if (findBadNlri(bytes, withdrawnAt, withdrawnEnd, 32, hasPathId) >= 0) {
      return networkFault('a withdrawn prefix');
    }
    if (findBadNlri(bytes, nlriAt, end, 32, hasPathId) >= 0) return networkFault('a prefix');
    return undefined;
  }

  #surveyAttributes(bytes: Uint8Array, options: WireOptions): UpdateFault | undefined {
    let fault: UpdateFault | undefined;
    let next = this.attributesAt;
    while (next < this.attributesEnd) {
      const behind = attributeEnd(bytes, next, this.attributesEnd);
      if (behind < 0) return this.#surveyOverrun(bytes, next);
      const type = bytes[next + 1]!;
      if (type === ATTR_MP_REACH_NLRI || type === ATTR_MP_UNREACH_NLRI) {
        const found = this.#surveyMp(bytes, next, behind, options);
        if (found?.action === 'session-reset') return found;
        fault ??= found;
      } else {
        this.hasOtherAttributes = true;
      }
      next = behind;
    }
    return fault;
  }

  /**
   * The attribute at `at` runs past the section. The NLRI field is still where Total Path Attribute Length says,
   * so the routes can be withdrawn; those of a broken MP attribute are unknown, which costs the session.
   */
  #surveyOverrun(bytes: Uint8Array, at: number): UpdateFault {
    const type = at + 1 < this.attributesEnd ? bytes[at + 1] : 0;
    this.attributesEnd = at;
    this.hasOtherAttributes = true;
    if (type !== ATTR_MP_REACH_NLRI && type !== ATTR_MP_UNREACH_NLRI) return overrunFault();
    const reason = 'an MP attribute runs past the attribute section';
    return updateFault('session-reset', UPDATE_OPTIONAL_ATTRIBUTE, reason);
  }

  #surveyMp(
    bytes: Uint8Array,
    at: number,
    end: number,
    options: WireOptions,
  ): UpdateFault | undefined {
    const isReach = bytes[at + 1] === ATTR_MP_REACH_NLRI;
    const part = isReach ? this.reach : this.unreach;
    const isRepeated = part.at >= 0;
    part.at = at;
    part.end = end;
    if (isRepeated) return part.fault(UPDATE_MALFORMED_ATTRIBUTE_LIST, 'it is there twice', bytes);
    const value = attributeValueAt(bytes, at);
    if (end - value < (isReach ? MP_REACH_MINIMUM : MP_UNREACH_MINIMUM)) {
      return part.fault(UPDATE_OPTIONAL_ATTRIBUTE, 'it is shorter than its header', bytes);
    }
    part.family = familyOf(readU16(bytes, value), bytes[value + 2]!);
    part.nlriAt = value + MP_UNREACH_MINIMUM;
    if (part.family === undefined) return undefined;
    const fault = isReach
      ? surveyNextHop(part, bytes, value + MP_UNREACH_MINIMUM, options.hasExtendedNextHop)
      : undefined;
    return fault ?? surveyMpNlri(part, bytes, part.family, options) ?? part.flagsFault(bytes);
  }
}

/** @param at offset of the next hop's length octet */
function surveyNextHop(
  part: MpPart,
  bytes: Uint8Array,
  at: number,
  hasExtendedNextHop = false,
): UpdateFault | undefined {
  const size = bytes[at]!;
  const isIpv6 = size === 16 || size === 32;
  const isIpv4 = part.family === 'ipv4-unicast';
  const isPossible = isIpv4 ? size === 4 || (isIpv6 && hasExtendedNextHop) : isIpv6;
  part.nextHopAt = at + 1;
  part.nextHopSize = size;
  part.nlriAt = at + 1 + size + 1;
  if (isPossible && part.nlriAt <= part.end) return undefined;
  return part.fault(UPDATE_OPTIONAL_ATTRIBUTE, `a next hop of ${size} octets`, bytes);
}

function surveyMpNlri(
  part: MpPart,
  bytes: Uint8Array,
  family: Family,
  options: WireOptions,
): UpdateFault | undefined {
  const hasPathId = options.addPathReceive.includes(family);
  const bad = findBadNlri(bytes, part.nlriAt, part.end, maximumLength(family), hasPathId);
  if (bad < 0) return undefined;
  return part.fault(UPDATE_OPTIONAL_ATTRIBUTE, 'a prefix is too long or cut short', bytes);
}

function lengthsFault(): UpdateFault {
  const reason = 'the withdrawn or attribute length exceeds the message';
  return updateFault('session-reset', UPDATE_MALFORMED_ATTRIBUTE_LIST, reason);
}

function networkFault(what: string): UpdateFault {
  const reason = `${what} is longer than 32 bits or cut short`;
  return updateFault('session-reset', UPDATE_INVALID_NETWORK_FIELD, reason);
}
