/** What one kind of resource is: where it is accepted from, how it is read, which map it lands in. */
import type { z } from 'zod';
import type {
  BgpConfiguration,
  BgpFilter,
  BgpPeer,
  BlockAffinity,
  CalicoNode,
  ClusterInformation,
  ConfigMap,
  EndpointSlice,
  EndpointStatus,
  IpPool,
  Secret,
  Service,
} from '../snapshot.ts';

/** The maps objects are collected in; Calico's and Kubernetes' nodes stay apart until assembly. */
export interface Collections {
  bgpConfigurations: BgpConfiguration;
  bgpPeers: BgpPeer;
  bgpFilters: BgpFilter;
  ipPools: IpPool;
  calicoNodes: CalicoNode;
  kubernetesNodes: CalicoNode;
  blockAffinities: BlockAffinity;
  services: Service;
  endpointSlices: EndpointSlice;
  secrets: Secret;
  configMaps: ConfigMap;
  clusterInformations: ClusterInformation;
  /** Of a shape of their own; no kind of resource gives them. */
  endpointStatuses: EndpointStatus;
}

export type CollectionName = keyof Collections;

/** A finding about an object that was read nevertheless. */
export interface Remark {
  readonly path: readonly PropertyKey[];
  readonly reason: string;
}

export interface ResourceKind<C extends CollectionName = CollectionName> {
  readonly kind: string;
  readonly apiVersions: readonly string[];
  readonly collection: C;
  /** Its objects are told apart by `namespace/name`. */
  readonly isNamespaced?: true;
  /** Reads the whole object, metadata included; null means: fine, but of no use to BGP. */
  readonly schema: z.ZodType<Collections[C] | null>;
  /** What to say about an object that can be used but should not look like this. */
  readonly remarks?: (value: Collections[C]) => readonly Remark[];
  /**
   * What stands in for a spoilt object of which no good version was ever seen: `without-faults` reads
   * it again with every faulty field absent, `make` makes something harmless of its name.
   */
  readonly standIn?:
    | 'without-faults'
    | { readonly make: (name: string) => Collections[C]; readonly meaning: string };
}

/** Both layouts of Calico's own kinds (§3.1). */
export const CALICO_API_VERSIONS = ['projectcalico.org/v3', 'crd.projectcalico.org/v1'] as const;
