/**
 * Turns a rule's `set` part into one function over attributes. It answers with a new attribute set,
 * or with the same object when nothing changes, so that callers can compare by identity.
 */
import { prepend } from '../bgp/wire/as-path.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { addressFamily } from '../net/address.ts';
import type { Family } from '../net/family.ts';
import {
  type CommunityTest,
  changeCommunities,
  changeExtended,
  changeLarge,
  hexTest,
  type ListChange,
  octetsOf,
  wordsTest,
} from './community-lists.ts';
import type { PolicyActions } from './model.ts';
import type { PolicySession } from './route-facts.ts';

/** Applies a rule's actions to a route of a family. */
export type RouteChanger = (attributes: PathAttributes, family: Family) => PathAttributes;

/** Compiles the actions for a session. */
export function compileActions(set: PolicyActions, session: PolicySession): RouteChanger {
  const changers = [
    ...numberChangers(set),
    ...communityChangers(set),
    ...pathChangers(set, session.localAsNumber),
  ];
  return (attributes, family) => {
    let result = attributes;
    for (const change of changers) result = change(result, family);
    return result;
  };
}

function numberChangers({ localPref, med, origin, nextHop }: PolicyActions): RouteChanger[] {
  const changers: RouteChanger[] = [];
  if (localPref !== undefined) changers.push((set) => replaced(set, 'localPref', localPref));
  if (med !== undefined) {
    const value = med === 'remove' ? undefined : med;
    changers.push((set) => replaced(set, 'med', value));
  }
  if (origin !== undefined) changers.push((set) => replaced(set, 'origin', origin));
  if (nextHop instanceof Uint8Array) {
    const own = addressFamily(nextHop);
    changers.push((set, family) => (family === own ? withNextHop(set, nextHop) : set));
  }
  return changers;
}

function replaced<K extends keyof PathAttributes>(
  set: PathAttributes,
  key: K,
  value: PathAttributes[K],
): PathAttributes {
  return set[key] === value ? set : { ...set, [key]: value };
}

function withNextHop(set: PathAttributes, nextHop: Uint8Array): PathAttributes {
  const isSame =
    set.nextHop.length === nextHop.length && nextHop.every((octet, i) => octet === set.nextHop[i]);
  return isSame ? set : { ...set, nextHop };
}

function pathChangers(set: PolicyActions, localAsNumber: number): RouteChanger[] {
  const own = new Array<number>(set.prependOwn ?? 0).fill(localAsNumber);
  const asns = [...own, ...(set.prepend ?? [])];
  if (asns.length === 0) return [];
  return [(attributes) => ({ ...attributes, asPath: prepend(attributes.asPath, asns) })];
}

function communityChangers(set: PolicyActions): RouteChanger[] {
  const standard = listChange<Uint32Array>(
    set.setCommunities && Uint32Array.from(set.setCommunities),
    (set.removeCommunities ?? []).map(wordsTest),
    Uint32Array.from(set.addCommunities ?? []),
  );
  const large = listChange<Uint32Array>(
    set.setLargeCommunities && Uint32Array.from(set.setLargeCommunities.flat()),
    (set.removeLargeCommunities ?? []).map(wordsTest),
    Uint32Array.from((set.addLargeCommunities ?? []).flat()),
  );
  const extended = listChange<Uint8Array>(
    set.setExtendedCommunities && octetsOf(set.setExtendedCommunities),
    (set.removeExtendedCommunities ?? []).map(hexTest),
    octetsOf(set.addExtendedCommunities ?? []),
  );
  const changers: RouteChanger[] = [];
  if (standard) {
    changers.push((attributes) =>
      replaced(attributes, 'communities', changeCommunities(attributes.communities, standard)),
    );
  }
  if (large) {
    changers.push((attributes) =>
      replaced(attributes, 'largeCommunities', changeLarge(attributes.largeCommunities, large)),
    );
  }
  if (extended) {
    const key = 'extendedCommunities';
    changers.push((attributes) =>
      replaced(attributes, key, changeExtended(attributes[key], extended)),
    );
  }
  return changers;
}

/** @returns undefined when there is nothing to do to any list */
function listChange<L extends Uint32Array | Uint8Array>(
  replacement: L | undefined,
  removed: readonly CommunityTest<L>[],
  added: L,
): ListChange<L> | undefined {
  if (!replacement && removed.length === 0 && added.length === 0) return undefined;
  return { replacement, removed, added };
}
