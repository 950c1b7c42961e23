/**
 * From everything that was read to one snapshot: who wins between duplicates, what stands in for
 * objects that are spoilt now but were good before (calico-datastore.md §4.1), nodes of both kinds
 * merged. Knows the last snapshot, and says when nothing effective changed (RECONF-12).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Reading, ReadObject } from './read-object.ts';
import type { CollectionName, Collections } from './resources/resource-kind.ts';
import type { CalicoNode, DatastoreFault, IpPool, Places, Snapshot } from './snapshot.ts';

/** A stretch of a file, or one etcd key, and what was read from it. */
export interface Source {
  /** File name or key, for faults. */
  readonly file: string;
  /** Lines of the file before the stretch. */
  readonly lineOffset: number;
  readonly reading: Reading;
}

type Collected = { [C in CollectionName]: Map<string, Collections[C]> };

/** One per datastore, for it remembers the last good version of each object. */
export class SnapshotAssembler {
  #lastGood = emptyCollections();
  #latest: Snapshot | undefined;
  #revision = 0;

  /**
   * Takes about a microsecond per object, most of which are what they were.
   *
   * @param sources in order of precedence: of two objects with one name the first counts
   * @param faults of whole files, which no source carries
   * @returns the next snapshot, or undefined when it would equal the last one
   */
  assemble(
    sources: readonly Source[],
    faults: readonly DatastoreFault[] = [],
  ): Snapshot | undefined {
    const assembly = new Assembly(this.#lastGood, sources, faults);
    for (const source of sources) assembly.add(source);
    this.#lastGood = assembly.good();
    const contents = assembly.contents();
    if (this.#latest && isSame(this.#latest, contents)) return undefined;
    this.#revision++;
    this.#latest = { revision: String(this.#revision), ...contents };
    return this.#latest;
  }
}

type Contents = Omit<Snapshot, 'revision'>;

/** Text that only moves is no change. */
function isSame(before: Snapshot, { places: _, ...contents }: Contents): boolean {
  return Object.entries(contents).every(([key, after]) => {
    const earlier = before[key as keyof Contents];
    if (!(after instanceof Map && earlier instanceof Map)) return isDeepStrictEqual(earlier, after);
    if (earlier.size !== after.size) return false;
    for (const [name, value] of after) {
      const other = earlier.get(name);
      if (value !== other && !isDeepStrictEqual(value, other)) return false;
    }
    return true;
  });
}

function emptyCollections(): Collected {
  return {
    bgpConfigurations: new Map(),
    bgpPeers: new Map(),
    bgpFilters: new Map(),
    ipPools: new Map(),
    calicoNodes: new Map(),
    kubernetesNodes: new Map(),
    blockAffinities: new Map(),
    services: new Map(),
    endpointSlices: new Map(),
    secrets: new Map(),
    configMaps: new Map(),
    clusterInformations: new Map(),
    endpointStatuses: new Map(),
  };
}

/** The making of one snapshot. */
class Assembly {
  readonly #used = emptyCollections();
  readonly #lastGood: Collected;
  readonly #sources: readonly Source[];
  readonly #faults: DatastoreFault[];
  /** Objects of which nothing is used, and those for which a stand-in is: they are not good. */
  readonly #spoilt = new Set<string>();
  #definedAt: ReadonlyMap<string, Where> | undefined;

  constructor(lastGood: Collected, sources: readonly Source[], faults: readonly DatastoreFault[]) {
    this.#lastGood = lastGood;
    this.#sources = sources;
    this.#faults = [...faults];
  }

  add({ file, lineOffset, reading }: Source): void {
    const outcomes = new Map<string, string>();
    for (const object of reading.objects) {
      if (!this.#isFirst(object)) {
        this.#reportDuplicate(object, whereIs(object, file, lineOffset));
        continue;
      }
      const outcome = this.#use(object);
      if (outcome !== undefined) outcomes.set(object.label, outcome);
    }
    for (const fault of reading.faults) {
      const outcome = fault.object && outcomes.get(fault.object);
      this.#faults.push({
        ...fault,
        file,
        line: fault.line === undefined ? undefined : fault.line + lineOffset,
        reason: outcome ? `${fault.reason}; ${outcome}` : fault.reason,
      });
    }
  }

  #isFirst(object: ReadObject): boolean {
    const { collection, key } = object;
    if (this.#used[collection].has(key)) return false;
    return this.#spoilt.size === 0 || !this.#spoilt.has(identityOf(object));
  }

  #reportDuplicate(object: ReadObject, where: Where): void {
    const first = placeText(this.#whereDefined(identityOf(object)));
    const reason = `already defined at ${first}, which counts; this one is ignored`;
    this.#faults.push({ object: object.label, ...where, path: '', reason });
  }

  /** Seldom asked, hence made when it is. */
  #whereDefined(identity: string): Where {
    this.#definedAt ??= indexPlaces(this.#sources, identityOf);
    return this.#definedAt.get(identity) ?? NOWHERE;
  }

  /** What was good in this round, or in an earlier one and is spoilt now. */
  good(): Collected {
    if (this.#spoilt.size === 0) return this.#used;
    const isGood = (collection: string) => (entry: readonly [string, unknown]) =>
      !this.#spoilt.has(`${collection}/${entry[0]}`);
    const collections = Object.entries(this.#used).map(([collection, objects]) => [
      collection,
      new Map([...objects].filter(isGood(collection))),
    ]);
    return Object.fromEntries(collections) as Collected;
  }

  /** @returns what became of a spoilt object; undefined for a good one */
  #use(object: ReadObject): string | undefined {
    const { collection, key, value, standIn } = object;
    if (value) {
      put(this.#used, collection, key, value);
      return undefined;
    }
    const earlier = this.#lastGood[collection].get(key);
    const used = earlier ?? standIn?.value;
    if (used) put(this.#used, collection, key, used);
    if (earlier) return 'the version before stays in use';
    this.#spoilt.add(identityOf(object));
    return standIn?.meaning ?? 'ignored until it is mended';
  }

  contents(): Contents {
    const { calicoNodes, kubernetesNodes, ipPools, ...collections } = this.#used;
    const { bgpConfigurations, bgpPeers, bgpFilters, blockAffinities } = collections;
    return {
      bgpConfigurations: sorted(bgpConfigurations),
      bgpPeers: sorted(bgpPeers),
      bgpFilters: sorted(bgpFilters),
      ipPools: this.#distinctPools(sorted(ipPools)),
      nodes: sorted(mergeNodes(calicoNodes, kubernetesNodes)),
      blockAffinities: sorted(blockAffinities),
      services: sorted(collections.services),
      endpointSlices: sorted(collections.endpointSlices),
      secrets: sorted(collections.secrets),
      configMaps: sorted(collections.configMaps),
      clusterInformations: sorted(collections.clusterInformations),
      endpointStatuses: sorted(collections.endpointStatuses),
      faults: this.#faults,
      places: new LazyPlaces(this.#sources),
    };
  }

  /** Of pools with one CIDR the lowest name counts (§6.4); `pools` are in order of their names. */
  #distinctPools(pools: ReadonlyMap<string, IpPool>): Map<string, IpPool> {
    const byCidr = new Map<string, IpPool>();
    const distinct = new Map<string, IpPool>();
    for (const [name, pool] of pools) {
      const other = byCidr.get(pool.cidr);
      if (other === undefined) {
        byCidr.set(pool.cidr, pool);
        distinct.set(name, pool);
        continue;
      }
      const reason = `IPPool/${other.name} has the same CIDR ${pool.cidr} and the lower name; it counts`;
      const where = this.#whereDefined(`ipPools/${name}`);
      this.#faults.push({ object: `IPPool/${name}`, ...where, path: 'spec.cidr', reason });
    }
    return distinct;
  }
}

function identityOf({ collection, key }: ReadObject): string {
  return `${collection}/${key}`;
}

/** Where objects stand first, by their label; looked up when a fault is told. */
class LazyPlaces implements Places {
  readonly #sources: readonly Source[];
  #index: ReadonlyMap<string, Where> | undefined;

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  get(label: string): string | undefined {
    this.#index ??= indexPlaces(this.#sources, (object) => object.label);
    const where = this.#index.get(label);
    return where && placeText(where);
  }
}

function indexPlaces(
  sources: readonly Source[],
  nameOf: (object: ReadObject) => string,
): ReadonlyMap<string, Where> {
  const places = new Map<string, Where>();
  for (const { file, lineOffset, reading } of sources) {
    for (const object of reading.objects) {
      const name = nameOf(object);
      if (!places.has(name)) places.set(name, whereIs(object, file, lineOffset));
    }
  }
  return places;
}

type Where = Pick<DatastoreFault, 'file' | 'line' | 'column'>;

const NOWHERE: Where = { file: undefined, line: undefined, column: undefined };

function whereIs({ place }: ReadObject, file: string, lineOffset: number): Where {
  return { file, line: place && place.line + lineOffset, column: place?.column };
}

function placeText({ file, line }: Where): string {
  return line === undefined ? `${file}` : `${file}:${line}`;
}

/** In order of names: what is made of a snapshot must not depend on where its objects stood. */
function sorted<T>(objects: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
  return isSorted(objects) ? objects : new Map([...objects].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isSorted(objects: ReadonlyMap<string, unknown>): boolean {
  let before = '';
  for (const name of objects.keys()) {
    if (name < before) return false;
    before = name;
  }
  return true;
}

/** The reader of objects pairs each collection with its values; the compiler cannot see that. */
function put(into: Collected, collection: CollectionName, key: string, value: unknown): void {
  (into[collection] as Map<string, unknown>).set(key, value);
}

/**
 * A node known from both sides is one node: Calico's fields where it has them, Kubernetes' labels over
 * Calico's copy of them, and the pod CIDRs of Kubernetes (§6.5, §6.6, §6.8).
 */
function mergeNodes(
  calico: ReadonlyMap<string, CalicoNode>,
  kubernetes: ReadonlyMap<string, CalicoNode>,
): ReadonlyMap<string, CalicoNode> {
  if (calico.size === 0) return kubernetes;
  const nodes = new Map(kubernetes);
  for (const [name, node] of calico) {
    const other = kubernetes.get(name);
    nodes.set(name, other ? mergeNode(node, other) : node);
  }
  return nodes;
}

function mergeNode(calico: CalicoNode, kubernetes: CalicoNode): CalicoNode {
  return {
    ...kubernetes,
    ...calico,
    labels: { ...calico.labels, ...kubernetes.labels },
    podCIDRs: kubernetes.podCIDRs.length > 0 ? kubernetes.podCIDRs : calico.podCIDRs,
  };
}
