/**
 * What other settings of peers would make of the routes there are, without changing any.
 *
 * It tells whether a prefix would have a route and who would be told of it. Where a best path would be rejected the next
 * one stands in; that other attributes might reorder the paths of a prefix is left out.
 */
import type { Family } from '../net/family.ts';
import { Exporter } from './exporter.ts';
import type { FamilyRib } from './family-rib.ts';
import type { AttrsId, PathId, PeerId, PrefixId } from './ids.ts';
import type { ImportFilter } from './import-filter.ts';
import { PATH_WITHDRAWN } from './path-table.ts';
import { type PeerEntry, profileOf } from './peer-entry.ts';
import type { PolicyCache } from './policy-cache.ts';
import type { RibPeer } from './ports.ts';
import type { RibIdentity } from './rib-identity.ts';

export interface PreviewParts {
  readonly families: Readonly<Record<Family, FamilyRib>>;
  readonly peers: ReadonlyMap<PeerId, PeerEntry>;
  readonly policies: PolicyCache;
  readonly identity: RibIdentity;
  readonly filterOf: (peer: RibPeer) => ImportFilter;
}

const NO_PATH = 0 as PathId;

/** See the head of the file. */
export class RibPreview {
  readonly #parts: PreviewParts;
  readonly #gone: ReadonlySet<PeerId>;
  readonly #changed: ReadonlyMap<PeerId, RibPeer>;
  readonly #filters = new Map<PeerId, ImportFilter>();
  readonly #exporters = new Map<string, Exporter>();

  /** @param changed the settings peers would have; those that would go are in `gone` */
  constructor(
    parts: PreviewParts,
    changed: ReadonlyMap<PeerId, RibPeer>,
    gone: ReadonlySet<PeerId>,
  ) {
    this.#parts = parts;
    this.#changed = changed;
    this.#gone = gone;
    for (const [id, peer] of changed) this.#filters.set(id, parts.filterOf(peer));
  }

  /**
   * The path that would be best; 0 when there would be none.
   *
   * @param hasLocal false: the route of our own for the prefix would be gone
   */
  bestAfter(family: Family, prefix: PrefixId, hasLocal: boolean): PathId {
    const { decision, tables } = this.#parts.families[family];
    const isUsable = (path: PathId) => this.#isUsable(family, path, hasLocal);
    const ranked = decision.rank(prefix, Number.POSITIVE_INFINITY).find(isUsable);
    if (ranked !== undefined) return ranked;
    const { paths } = tables;
    for (let path = paths.head(prefix); path !== 0; path = paths.next(path)) {
      if (isUsable(path)) return path;
    }
    return NO_PATH;
  }

  /** Whether a peer is told of a best path now. */
  isAnnounced(peer: PeerId, family: Family, path: PathId): boolean {
    const exporter = this.#parts.peers.get(peer)?.groups.get(family)?.exporter;
    if (!exporter || path === 0 || this.#sourceOf(family, path) === peer) return false;
    return exporter.explain(path).isAnnounced;
  }

  /** Whether it would be; `path` is what {@link bestAfter} says. */
  wouldBeAnnounced(peer: PeerId, family: Family, path: PathId): boolean {
    if (path === 0 || this.#gone.has(peer) || this.#sourceOf(family, path) === peer) return false;
    const exporter = this.#exporterOf(peer, family);
    return exporter?.explain(path, this.#attributesOf(family, path)).isAnnounced ?? false;
  }

  #isUsable(family: Family, path: PathId, hasLocal: boolean): boolean {
    const { tables } = this.#parts.families[family];
    const { paths, sources } = tables;
    const source = paths.peer(path);
    if (paths.has(path, PATH_WITHDRAWN) || this.#gone.has(source)) return false;
    if (!sources.get(source).isBgp) return hasLocal && paths.isCandidate(path);
    const filter = this.#filters.get(source);
    if (!filter) return paths.isCandidate(path);
    const received = paths.received(path);
    if (paths.reason(path) === 'martian' || filter.checkLoops(received) !== 'none') return false;
    return filter.rejectingRule(tables, paths.prefix(path), received) === undefined;
  }

  /** Of a path that import rejects now, what was received. */
  #attributesOf(family: Family, path: PathId): AttrsId {
    const { paths } = this.#parts.families[family].tables;
    return paths.attrs(path) || paths.received(path);
  }

  #sourceOf(family: Family, path: PathId): PeerId {
    return this.#parts.families[family].tables.paths.peer(path);
  }

  #exporterOf(id: PeerId, family: Family): Exporter | undefined {
    const entry = this.#parts.peers.get(id);
    const current = entry?.groups.get(family)?.exporter;
    const peer = this.#changed.get(id);
    if (!current || !peer) return current;
    const key = `${id} ${family}`;
    const known = this.#exporters.get(key);
    if (known) return known;
    const { families, identity, policies } = this.#parts;
    const profile = profileOf(family, peer, entry!.session!.terms, policies);
    const exporter = new Exporter(families[family].tables, identity, profile);
    this.#exporters.set(key, exporter);
    return exporter;
  }
}
