/**
 * What goes out for a set when no policy has a say: the edits that the kind of session and the source of
 * the route ask for, done on the octets (RFC 4271 §5.1, RFC 4456 §8, NH-1 to NH-4).
 */
import { type AttributeEdits, EDIT_GROWTH } from '../bgp/wire/edit-attributes.ts';
import type { Address } from '../net/address.ts';
import { ATTRS_HAS_LOCAL_PREF, ATTRS_HAS_OTC } from './attribute-columns.ts';
import type { AttributeStore } from './attribute-store.ts';
import { clusterOf, type ExportProfile, markOf } from './export-profile.ts';
import type { AttrsId } from './ids.ts';
import type { RibIdentity } from './rib-identity.ts';
import type { RouteOrigin } from './route-sources.ts';

const NONE = 0 as AttrsId;

/** One per exporter; see above. */
export class EgressRewriter {
  readonly #attrs: AttributeStore;
  readonly #identity: RibIdentity;
  readonly #profile: ExportProfile;
  readonly #edits: AttributeEdits;
  /** Adds OTC, which is not done on octets. */
  readonly #marks: boolean;
  #octets = new Uint8Array(4096 + EDIT_GROWTH);

  constructor(attrs: AttributeStore, identity: RibIdentity, profile: ExportProfile) {
    const { isInternal, localAsNumber } = profile;
    this.#attrs = attrs;
    this.#identity = identity;
    this.#profile = profile;
    this.#marks = markOf(profile) !== undefined;
    this.#edits = {
      prependedAs: isInternal ? 0 : localAsNumber,
      nextHop: undefined,
      keepsMed: true,
      keepsInternal: isInternal,
      localPref: -1,
      isReflected: false,
      originatorId: 0,
      clusterId: 0,
    };
  }

  /**
   * The set to send; the caller owns one reference.
   *
   * @param nextHop to be announced, 4 octets for IPv4 and 16 for IPv6
   * @returns 0 when it takes the decoder to tell
   */
  rewrite(set: AttrsId, origin: RouteOrigin, nextHop: Address): AttrsId {
    const attrs = this.#attrs;
    if (this.#marks && !attrs.columns.has(set, ATTRS_HAS_OTC)) return NONE;
    const needed = attrs.sizeBytes(set) + EDIT_GROWTH;
    if (needed > this.#octets.length) this.#octets = new Uint8Array(needed);
    const isIpv4 = nextHop.length === 4;
    if (isIpv4 === attrs.hasMpNextHop(set)) return NONE;
    this.#prepare(set, origin, isIpv4 ? nextHop : undefined);
    const size = attrs.edited(set, this.#edits, this.#octets);
    if (size < 0) return NONE;
    return attrs.internCanonical(this.#octets, 0, size, isIpv4 ? undefined : nextHop);
  }

  #prepare(set: AttrsId, origin: RouteOrigin, nextHop: Address | undefined): void {
    const { columns } = this.#attrs;
    const { isInternal } = this.#profile;
    const lacksLocalPref = isInternal && !columns.has(set, ATTRS_HAS_LOCAL_PREF);
    const edits = this.#edits;
    edits.nextHop = nextHop;
    edits.keepsMed = isInternal || !origin.isBgp;
    edits.localPref = lacksLocalPref ? columns.localPref(set) : -1;
    edits.isReflected = isInternal && origin.isInternal;
    edits.originatorId = origin.routerId;
    edits.clusterId = clusterOf(origin, this.#profile, this.#identity);
  }
}
