/**
 * Which update group each peer is in, per family: groups are made when the first peer needs one and
 * dropped when the last has left.
 *
 * A peer whose settings change stays in its old group until the new one has exported every prefix;
 * then it changes over, and only differences are sent.
 */
import { FAMILIES, type Family } from '../net/family.ts';
import type { Decision } from './decision.ts';
import { Exporter } from './exporter.ts';
import type { FamilyRib } from './family-rib.ts';
import type { PrefixId } from './ids.ts';
import { OutboundLimit } from './outbound-limit.ts';
import { encodingOf, groupKeyOf, type PeerEntry, profileOf } from './peer-entry.ts';
import type { PolicyCache } from './policy-cache.ts';
import type { RibIdentity } from './rib-identity.ts';
import { type GroupRestrictions, UpdateGroup } from './update-group.ts';

export class GroupMembership {
  readonly #families: Readonly<Record<Family, FamilyRib>>;
  readonly #policies: PolicyCache;
  readonly #identity: RibIdentity;
  /** How many peers wait to change over to a group. */
  readonly #awaited = new Map<UpdateGroup, number>();

  constructor(
    families: Readonly<Record<Family, FamilyRib>>,
    policies: PolicyCache,
    identity: RibIdentity,
  ) {
    this.#families = families;
    this.#policies = policies;
    this.#identity = identity;
  }

  /** Puts a peer whose session is up into its group. */
  join(entry: PeerEntry, family: Family): void {
    const group = this.#groupFor(entry, family);
    entry.groups.set(family, group);
    group.join(entry.id, entry.session!.outbox);
  }

  /** Takes a peer out of all groups, also those it waits for. */
  leave(entry: PeerEntry): void {
    for (const family of FAMILIES) {
      this.#stopWaiting(entry, family);
      const group = entry.groups.get(family);
      group?.leave(entry.id);
      entry.groups.delete(family);
      if (group) this.#dropIfUnused(family, group);
    }
  }

  /**
   * The peer's settings are others.
   *
   * @returns true when it waits for another group; `settle` then changes over
   */
  regroup(entry: PeerEntry): boolean {
    for (const [family, current] of entry.groups) {
      const group = this.#groupFor(entry, family);
      const isOther = group !== current;
      if (isOther) this.#awaited.set(group, (this.#awaited.get(group) ?? 0) + 1);
      this.#stopWaiting(entry, family);
      if (isOther) entry.nextGroups.set(family, group);
    }
    return entry.nextGroups.size > 0;
  }

  /** Changes over to the groups that are complete by now. */
  settle(entry: PeerEntry): void {
    for (const [family, next] of entry.nextGroups) {
      if (!next.isComplete) continue;
      const old = entry.groups.get(family)!;
      next.adopt(entry.id, old);
      entry.groups.set(family, next);
      for (const monitor of this.#families[family].tables.monitors) monitor.markAll();
      this.#stopWaiting(entry, family);
      this.#dropIfUnused(family, old);
    }
  }

  /** A source of routes is another: what was worked out for its routes counts no more. */
  forget(): void {
    for (const family of FAMILIES) {
      for (const { exporter } of this.#families[family].groups.values()) exporter.forget();
    }
  }

  /** Exports everything anew in all groups. */
  rescan(): void {
    for (const family of FAMILIES) {
      for (const group of this.#families[family].groups.values()) group.rescan();
    }
  }

  #groupFor(entry: PeerEntry, family: Family): UpdateGroup {
    const { peer, session } = entry;
    const { groups, tables, packer, decision } = this.#families[family];
    const { terms } = session!;
    const key = groupKeyOf(family, peer, terms, this.#policies);
    const known = groups.get(key);
    if (known) return known;
    const profile = profileOf(family, peer, terms, this.#policies);
    const exporter = new Exporter(tables, this.#identity, profile);
    const encoding = encodingOf(family, terms);
    const restrictions = restrictionsOf(entry, decision);
    const group = new UpdateGroup(key, exporter, encoding, tables, packer, restrictions);
    groups.set(key, group);
    return group;
  }

  #stopWaiting(entry: PeerEntry, family: Family): void {
    const group = entry.nextGroups.get(family);
    if (!group) return;
    entry.nextGroups.delete(family);
    const left = this.#awaited.get(group)! - 1;
    if (left > 0) this.#awaited.set(group, left);
    else this.#awaited.delete(group);
    this.#dropIfUnused(family, group);
  }

  #dropIfUnused(family: Family, group: UpdateGroup): void {
    if (group.memberCount > 0 || this.#awaited.has(group)) return;
    this.#families[family].retire(group);
  }
}

function restrictionsOf({ id, peer, session }: PeerEntry, decision: Decision): GroupRestrictions {
  const { addPathBest, maximumPrefixesOut } = peer;
  const reached = () => session?.terms.outboundLimitReached?.();
  return {
    choose: addPathBest ? (prefix: PrefixId) => decision.rank(prefix, addPathBest) : undefined,
    limit: maximumPrefixesOut ? new OutboundLimit(id, maximumPrefixesOut, reached) : undefined,
  };
}
