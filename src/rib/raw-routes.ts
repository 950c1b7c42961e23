/**
 * The tables as rows and octets, without a text or an object per route: for those who copy all of it, such as
 * recordings. What is answered is good until the RIB runs again.
 */
import type { Family } from '../net/family.ts';
import type { Prefix } from '../net/prefix.ts';
import type { FamilyRib } from './family-rib.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';
import { PATH_WITHDRAWN } from './path-table.ts';

export class RawRoutes {
  readonly #families: Readonly<Record<Family, FamilyRib>>;

  constructor(families: Readonly<Record<Family, FamilyRib>>) {
    this.#families = families;
  }

  /** All prefix ids in use are below this. */
  prefixLimit(family: Family): number {
    return this.#families[family].tables.prefixes.limit;
  }

  prefix(family: Family, prefix: PrefixId): Prefix {
    return this.#families[family].tables.prefixes.value(prefix);
  }

  /** Rows of a prefix, withdrawn ones left out. */
  rows(family: Family, prefix: PrefixId): PathId[] {
    const { paths } = this.#families[family].tables;
    const rows: PathId[] = [];
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (!paths.has(path, PATH_WITHDRAWN)) rows.push(path);
    }
    return rows;
  }

  /** The best row of a prefix, 0 for none. */
  best(family: Family, prefix: PrefixId): PathId {
    return this.#families[family].tables.locRib.best(prefix);
  }

  peer(family: Family, path: PathId): PeerId {
    return this.#families[family].tables.paths.peer(path);
  }

  /** Add-Path identifier the peer gave, 0 without Add-Path. */
  remoteId(family: Family, path: PathId): number {
    return this.#families[family].tables.paths.remoteId(path);
  }

  /** Attributes before import. */
  received(family: Family, path: PathId): AttrsId {
    return this.#families[family].tables.paths.received(path);
  }

  /** Attributes after import, 0 where it refused the path. */
  accepted(family: Family, path: PathId): AttrsId {
    return this.#families[family].tables.paths.attrs(path);
  }

  /** Seconds of the daemon's clock when the path came. */
  since(family: Family, path: PathId): number {
    return this.#families[family].tables.paths.since(path);
  }

  /** Attributes as an UPDATE has them, with four-octet AS numbers and NEXT_HOP where it is IPv4. */
  attributes(attrs: AttrsId): Uint8Array {
    return this.#families['ipv4-unicast'].tables.attrs.encoded(attrs, 4);
  }

  /** False for local routes without gateway. */
  hasNextHop(attrs: AttrsId): boolean {
    const { attrs: sets, nextHops } = this.#families['ipv4-unicast'].tables;
    return nextHops.address(sets.columns.nextHop(attrs)).length > 0;
  }

  /** A next hop that is IPv6, 16 or 32 octets; else empty. */
  mpNextHop(attrs: AttrsId): Uint8Array {
    return this.#families['ipv4-unicast'].tables.attrs.mpNextHop(attrs);
  }
}
