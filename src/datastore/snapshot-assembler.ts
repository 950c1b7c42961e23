/**
 * From everything that was read to one snapshot: who wins between duplicates, what stands in for
 * objects that are spoilt now but were good before (calico-datastore.md §4.1), nodes of both kinds
 * merged. Knows the last snapshot, and says when nothing effective changed (RECONF-12).
 */
import { isDeepStrictEqual } from 'node:util';
import type { Reading, ReadObject } from './read-object.ts';
import type { CollectionName, Collections } from './resources/resource-kind.ts';
import type { CalicoNode, DatastoreFault, IpPool, Snapshot } from './snapshot.ts';

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
   * @param sources in order of precedence: of two objects with one name the first counts
   * @param faults of whole files, which no source carries
   * @returns the next snapshot, or undefined when it would equal the last one
   */
  assemble(
    sources: readonly Source[],
    faults: readonly DatastoreFault[] = [],
  ): Snapshot | undefined {
    const assembly = new Assembly(this.#lastGood, faults);
    for (const source of sources) assembly.add(source);
    this.#lastGood = assembly.good;
    const contents = assembly.contents();
    const revision = String(this.#revision + 1);
    const { places } = contents; // text that only moves is no change
    if (
      this.#latest &&
      isDeepStrictEqual({ ...this.#latest, revision, places }, { revision, ...contents })
    ) {
      return undefined;
    }
    this.#revision++;
    this.#latest = { revision, ...contents };
    return this.#latest;
  }
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
  /** What was good in this round, or in an earlier one and is spoilt now. */
  readonly good = emptyCollections();
  readonly #used = emptyCollections();
  readonly #lastGood: Collected;
  readonly #faults: DatastoreFault[];
  /** Where each object was first defined, by collection and key. */
  readonly #definedAt = new Map<string, Where>();
  readonly #places = new Map<string, string>();

  constructor(lastGood: Collected, faults: readonly DatastoreFault[]) {
    this.#lastGood = lastGood;
    this.#faults = [...faults];
  }

  add({ file, lineOffset, reading }: Source): void {
    const outcomes = new Map<string, string>();
    for (const object of reading.objects) {
      if (!this.#isFirst(object, whereIs(object, file, lineOffset))) continue;
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

  #isFirst({ collection, key, label }: ReadObject, where: Where): boolean {
    const identity = `${collection}/${key}`;
    const first = this.#definedAt.get(identity);
    if (first === undefined) {
      this.#definedAt.set(identity, where);
      if (!this.#places.has(label)) this.#places.set(label, placeText(where));
      return true;
    }
    const reason = `already defined at ${placeText(first)}, which counts; this one is ignored`;
    this.#faults.push({ object: label, ...where, path: '', reason });
    return false;
  }

  /** @returns what became of a spoilt object; undefined for a good one */
  #use({ collection, key, value, standIn }: ReadObject): string | undefined {
    const earlier = this.#lastGood[collection].get(key);
    const good = value ?? earlier;
    const used = good ?? standIn?.value;
    if (good) put(this.good, collection, key, good);
    if (used) put(this.#used, collection, key, used);
    if (value) return undefined;
    if (good) return 'the version before stays in use';
    return standIn?.meaning ?? 'ignored until it is mended';
  }

  contents(): Omit<Snapshot, 'revision'> {
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
      places: this.#places,
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
      const where = this.#definedAt.get(`ipPools/${name}`) ?? NOWHERE;
      this.#faults.push({ object: `IPPool/${name}`, ...where, path: 'spec.cidr', reason });
    }
    return distinct;
  }
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
function sorted<T>(objects: ReadonlyMap<string, T>): Map<string, T> {
  return new Map([...objects].sort(([a], [b]) => (a < b ? -1 : 1)));
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
): Map<string, CalicoNode> {
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
