/**
 * Local routes as paths: blocks and other statics, interface subnets, what the kernel has (RIB-1), and what
 * other agents announce.
 */
import { sortCommunities, sortLargeCommunities } from '../bgp/wire/communities.ts';
import { BARE_ATTRIBUTES, type PathAttributes } from '../bgp/wire/path-attributes.ts';
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { FamilyRib } from './family-rib.ts';
import { K } from './import-filter.ts';
import { PATH_ELEVATED, PATH_UNADVERTISED, PATH_WITHDRAWN } from './path-table.ts';
import type { LocalRoute } from './ports.ts';
import type { RibIdentity } from './rib-identity.ts';
import { localSourceId } from './route-sources.ts';

export class LocalRoutes {
  readonly #identity: RibIdentity;
  readonly #family: (family: Family) => FamilyRib;

  constructor(identity: RibIdentity, family: (family: Family) => FamilyRib) {
    this.#identity = identity;
    this.#family = family;
  }

  /** Adds or replaces the route of a prefix and source. */
  originate(route: LocalRoute, nowSec: number): void {
    const { family, address, length } = route.prefix;
    const rib = this.#family(family);
    const { attrs, paths, prefixes, interfaces } = rib.tables;
    const prefix = prefixes.intern(address, 0, length);
    const source = localSourceId(route.source);
    const path = paths.find(prefix, source, 0) || paths.add(prefix, source, 0);
    const set = attrs.intern(attributesOf(route));
    attrs.retain(set); // once as received, once as accepted
    attrs.release(paths.received(path));
    attrs.release(paths.attrs(path));
    paths.setAttrs(path, set, set);
    paths.clear(path, PATH_WITHDRAWN | PATH_ELEVATED | PATH_UNADVERTISED);
    if (this.#isElevated(route)) paths.set(path, PATH_ELEVATED);
    if (route.isAdvertised === false) paths.set(path, PATH_UNADVERTISED);
    paths.setSince(path, nowSec);
    if (route.interface) interfaces.set(path, route.interface);
    else interfaces.delete(path);
    rib.markChanged(path);
  }

  withdraw(prefix: Prefix, source: LocalRoute['source']): void {
    const rib = this.#family(prefix.family);
    const { paths, prefixes, history } = rib.tables;
    const id = prefixes.find(prefix.address, 0, prefix.length);
    const path = id === 0 ? 0 : paths.find(id, localSourceId(source), 0);
    if (path === 0) return;
    history.note(prefixes, id, 'withdrawn', localSourceId(source));
    paths.set(path, PATH_WITHDRAWN);
    rib.markDirty(id);
  }

  /** A kernel route with a better metric than ordinary ones wins over BGP (PRIO-7). */
  #isElevated({ source, localPref = 0, prefix }: LocalRoute): boolean {
    return source === 'kernel' && localPref > K - this.#identity.normalPriority[prefix.family];
  }
}

function attributesOf(route: LocalRoute): PathAttributes {
  const { gateway, localPref, med, communities = [], largeCommunities = [] } = route;
  return {
    ...BARE_ATTRIBUTES,
    nextHop: gateway ?? BARE_ATTRIBUTES.nextHop,
    localPref,
    med,
    communities: sortCommunities(Uint32Array.from(communities)),
    largeCommunities: sortLargeCommunities(Uint32Array.from(largeCommunities.flat())),
  };
}
