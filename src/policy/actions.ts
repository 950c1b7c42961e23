/** Carries out a rule's `set` part: a new attribute set, or the same object when nothing changes. */
import { prepend } from '../bgp/wire/as-path.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import type { PolicyActions } from './model.ts';

/**
 * Applies the actions to a route's attributes.
 *
 * @returns `attributes` itself when no action changes anything
 */
export function applyActions(attributes: PathAttributes, set: PolicyActions): PathAttributes {
  const changes: { -readonly [K in keyof PathAttributes]?: PathAttributes[K] } = {};
  if (set.localPref !== undefined && set.localPref !== attributes.localPref) {
    changes.localPref = set.localPref;
  }
  if (set.med !== undefined && set.med !== attributes.med) changes.med = set.med;
  if (set.addCommunities) {
    changes.communities = withCommunities(attributes.communities, set.addCommunities);
  }
  if (set.addLargeCommunities) {
    const { largeCommunities } = attributes;
    changes.largeCommunities = withLargeCommunities(largeCommunities, set.addLargeCommunities);
  }
  if (set.prepend && set.prepend.length > 0) {
    changes.asPath = prepend(attributes.asPath, set.prepend);
  }
  return changesAnything(attributes, changes) ? { ...attributes, ...changes } : attributes;
}

function changesAnything(before: PathAttributes, changes: Partial<PathAttributes>): boolean {
  return Object.entries(changes).some(
    ([key, value]) => before[key as keyof PathAttributes] !== value,
  );
}

/** Union as a sorted set (FILT-11: addCommunity has set semantics). */
function withCommunities(present: Uint32Array, added: readonly number[]): Uint32Array {
  const missing = added.filter((community) => !present.includes(community));
  if (missing.length === 0) return present;
  return Uint32Array.from(new Set([...present, ...missing])).sort();
}

type LargeCommunity = readonly [number, number, number];

function withLargeCommunities(present: Uint32Array, added: readonly LargeCommunity[]): Uint32Array {
  const missing = added.filter((community) => !hasLargeCommunity(present, community));
  if (missing.length === 0) return present;
  const all: LargeCommunity[] = [];
  for (let i = 0; i < present.length; i += 3) {
    all.push([present[i]!, present[i + 1]!, present[i + 2]!]);
  }
  const unique = new Map([...all, ...missing].map((community) => [community.join(':'), community]));
  return Uint32Array.from([...unique.values()].sort(compareLarge).flat());
}

function compareLarge(a: LargeCommunity, b: LargeCommunity): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** True when the triples of `present` contain `wanted` (RFC 8092). */
export function hasLargeCommunity(present: Uint32Array, wanted: LargeCommunity): boolean {
  for (let i = 0; i < present.length; i += 3) {
    if (present[i] === wanted[0] && present[i + 1] === wanted[1] && present[i + 2] === wanted[2]) {
      return true;
    }
  }
  return false;
}
