/**
 * What import does to a received route: loop checks (SESS-10, RR-6), first AS and route leaks, the
 * peer's policy, elevated preference (PRIO-3). All but policy looks at attributes only, so a sink asks it
 * once per block.
 */
import { prepend } from '../bgp/wire/as-path.ts';
import { BARE_ATTRIBUTES, type PathAttributes } from '../bgp/wire/path-attributes.ts';
import { isLoopback } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import type { Policy, PolicyVerdict } from '../policy/compile.ts';
import { ATTRS_GRACEFUL_SHUTDOWN, ATTRS_HAS_OTC } from './attribute-columns.ts';
import type { AttributeStore } from './attribute-store.ts';
import type { AttrsId, PrefixId } from './ids.ts';
import type { PathReason } from './path-table.ts';
import type { RibPeer } from './ports.ts';
import { hasOwnCluster, type RibIdentity } from './rib-identity.ts';
import type { RibTables } from './rib-tables.ts';

/** Largest LOCAL_PREF that stands for a kernel metric: LOCAL_PREF = K − metric (PRIO). */
export const K = 0x7fff_ffff;

/** The verdict on one route; one object is reused for all. */
export interface ImportVerdict {
  /** `none`: accepted. */
  reason: PathReason;
  /** The set to use; the caller owns one reference. 0 when rejected. */
  attrs: AttrsId;
  isElevated: boolean;
  weight: number;
}

/** Good while neither the set it was made for nor the one it answers has been freed. */
interface CachedVerdict extends Readonly<ImportVerdict> {
  readonly received: AttrsId;
  readonly family: Family;
  readonly prefixClass: number;
  readonly receivedGeneration: number;
  readonly generation: number;
}

const CACHE_SLOTS = 256;

export class ImportFilter {
  readonly #peer: RibPeer;
  readonly #policy: Policy;
  readonly #attrs: AttributeStore;
  readonly #identity: RibIdentity;
  readonly #verdict: ImportVerdict = {
    reason: 'none',
    attrs: 0 as AttrsId,
    isElevated: false,
    weight: 0,
  };
  /** Verdicts by the low bits of the set's id and what the policy asks about the prefix. */
  readonly #cache: (CachedVerdict | undefined)[] = [];
  readonly #octets = new Uint8Array(16);
  readonly #prependsLocalAs: boolean;
  readonly #isOnThisNode: boolean;

  constructor(peer: RibPeer, policy: Policy, attrs: AttributeStore, identity: RibIdentity) {
    this.#peer = peer;
    this.#prependsLocalAs = peer.localAs?.noPrepend === false;
    this.#isOnThisNode = isLoopback(peer.address);
    this.#policy = policy;
    this.#attrs = attrs;
    this.#identity = identity;
  }

  /** `none`, or the loop or rule of the session that bars every route with these attributes. */
  checkLoops(received: AttrsId): PathReason {
    const { columns } = this.#attrs;
    const { localAsNumber, allowLocalAs, isRouteReflectorClient } = this.#peer;
    if (this.#attrs.countAs(received, localAsNumber) > allowLocalAs) return 'as-loop';
    const routerAs = this.#peer.localAs?.routerAsNumber;
    if (routerAs !== undefined && this.#attrs.countAs(received, routerAs) > allowLocalAs) {
      return 'as-loop';
    }
    if (columns.originatorId(received) === this.#identity.routerId) return 'originator-loop';
    if (!this.#peer.isInternal) return this.#checkExternal(received);
    if (!isRouteReflectorClient || columns.clusterCount(received) === 0) return 'none';
    if (this.#peer.allowsOwnCluster) return 'none';
    const { clusterList } = this.#attrs.attributes(received);
    return hasOwnCluster(this.#identity, clusterList) ? 'cluster-loop' : 'none';
  }

  #checkExternal(received: AttrsId): PathReason {
    const { enforceFirstAs, asNumber } = this.#peer;
    if (enforceFirstAs && this.#attrs.columns.neighborAs(received) !== asNumber) return 'first-as';
    return this.#isLeak(received) ? 'route-leak' : 'none';
  }

  /** A route that was on its way down must not come up or across (RFC 9234 §5). */
  #isLeak(received: AttrsId): boolean {
    const { role, asNumber } = this.#peer;
    if (role === undefined || !this.#attrs.columns.has(received, ATTRS_HAS_OTC)) return false;
    if (role === 'provider' || role === 'rs') return true;
    return role === 'peer' && this.#attrs.attributes(received).onlyToCustomer !== asNumber;
  }

  /**
   * Judges one route. The answer is good until the next call.
   *
   * @param bar what {@link checkLoops} said of `received`, or that the prefix is a martian
   */
  judge(tables: RibTables, prefix: PrefixId, received: AttrsId, bar: PathReason): ImportVerdict {
    if (bar !== 'none') return this.#reject(bar);
    const { family, prefixes } = tables;
    const isAsReceived = !this.#prependsLocalAs && !this.#isShuttingDown(received);
    const changesNothing = this.#policy.isEmpty && isAsReceived;
    if (changesNothing) return this.#accept(family, received, '', undefined);
    prefixes.writeAddress(prefix, this.#octets, 0);
    const bits = prefixes.length(prefix);
    const prefixClass = this.#policy.prefixClass(family, this.#octets, bits);
    if (prefixClass < 0) return this.#evaluate(tables, bits, received);
    const slot = (received + prefixClass) & (CACHE_SLOTS - 1);
    const hit = this.#cache[slot];
    if (
      hit?.received === received &&
      hit.prefixClass === prefixClass &&
      hit.family === family &&
      this.#isGood(hit)
    )
      return this.#again(hit);
    const verdict = this.#evaluate(tables, bits, received);
    this.#cache[slot] = {
      ...verdict,
      received,
      family,
      prefixClass,
      receivedGeneration: this.#attrs.generation(received),
      generation: this.#attrs.generation(verdict.attrs),
    };
    return verdict;
  }

  #again({ reason, attrs, isElevated, weight }: CachedVerdict): ImportVerdict {
    this.#attrs.retain(attrs);
    this.#verdict.reason = reason;
    this.#verdict.attrs = attrs;
    this.#verdict.isElevated = isElevated;
    this.#verdict.weight = weight;
    return this.#verdict;
  }

  #isGood({ received, receivedGeneration, attrs, generation }: CachedVerdict): boolean {
    if (this.#attrs.generation(received) !== receivedGeneration) return false;
    return this.#attrs.generation(attrs) === generation;
  }

  /** The rule that rejects a route; undefined when none does. */
  rejectingRule(
    tables: RibTables,
    prefix: PrefixId,
    received: AttrsId,
  ): Pick<PolicyVerdict, 'rule' | 'place'> | undefined {
    tables.prefixes.writeAddress(prefix, this.#octets, 0);
    const verdict = this.#ask(tables, tables.prefixes.length(prefix), received);
    return verdict.accepted ? undefined : verdict;
  }

  /** An external peer is about to take the route away (RFC 8326 §4.1). */
  #isShuttingDown(received: AttrsId): boolean {
    if (this.#peer.isInternal) return false;
    return this.#attrs.columns.has(received, ATTRS_GRACEFUL_SHUTDOWN);
  }

  /** Ahead of the rules, so that they have the last word. */
  #prepared(received: AttrsId): PathAttributes {
    const attributes = this.#attrs.attributes(received);
    const pathOf = ({ asPath }: PathAttributes) => prepend(asPath, [this.#peer.localAsNumber]);
    const seen = this.#prependsLocalAs ? { ...attributes, asPath: pathOf(attributes) } : attributes;
    return this.#isShuttingDown(received) ? { ...seen, localPref: 0 } : seen;
  }

  #ask({ family, nextHops }: RibTables, bits: number, received: AttrsId): PolicyVerdict {
    return this.#policy.evaluate({
      family,
      bytes: this.#octets,
      at: 0,
      bits,
      source: this.#peer.isInternal ? 'ibgp' : 'ebgp',
      learnedFrom: this.#peer.name,
      attributes: this.#prepared(received),
      interface: nextHops.state(this.#attrs.columns.nextHop(received)).interface,
    });
  }

  #evaluate(tables: RibTables, bits: number, received: AttrsId): ImportVerdict {
    const { family } = tables;
    const verdict = this.#ask(tables, bits, received);
    if (!verdict.accepted) return this.#reject('policy');
    if (verdict.attributes === this.#attrs.attributes(received))
      return this.#accept(family, received, verdict.rule, verdict.weight);
    const changed = this.#attrs.intern(verdict.attributes);
    this.#accept(family, changed, verdict.rule, verdict.weight);
    this.#attrs.release(changed);
    return this.#verdict;
  }

  #accept(
    family: Family,
    judged: AttrsId,
    rule: string,
    weight: number | undefined,
  ): ImportVerdict {
    const normal = K - this.#identity.normalPriority[family];
    const attrs = this.#isOnThisNode ? this.#withoutLoopback(judged) : judged;
    if (attrs === judged) this.#attrs.retain(attrs);
    this.#verdict.reason = 'none';
    this.#verdict.attrs = attrs;
    // A rule that accepts ends the chain before the elevation step (FILT-12).
    this.#verdict.isElevated = rule === '' && this.#attrs.columns.localPref(attrs) > normal;
    this.#verdict.weight = weight ?? this.#peer.weight ?? 0;
    return this.#verdict;
  }

  /**
   * What a peer on this node announces with its loopback address leads here: like a route of our own it has
   * no next hop, neighbours are told our address, and the kernel gets nothing.
   */
  #withoutLoopback(judged: AttrsId): AttrsId {
    const attributes = this.#attrs.attributes(judged);
    if (!isLoopback(attributes.nextHop)) return judged;
    return this.#attrs.intern({ ...attributes, nextHop: BARE_ATTRIBUTES.nextHop });
  }

  #reject(reason: PathReason): ImportVerdict {
    this.#verdict.reason = reason;
    this.#verdict.attrs = 0 as AttrsId;
    this.#verdict.isElevated = false;
    this.#verdict.weight = 0;
    return this.#verdict;
  }
}
