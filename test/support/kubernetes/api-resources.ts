/** The resources the test API server knows: where they are, and what their CRDs fill in by default. */

export interface ApiObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

export interface ApiResource {
  readonly kind: string;
  readonly apiVersion: string;
  readonly plural: string;
  readonly isNamespaced: boolean;
  /** List items of built-in kinds carry neither kind nor apiVersion. */
  readonly isBuiltIn: boolean;
  /** Spec fields the schema of the CRD adds where they are absent. */
  readonly defaults: Readonly<Record<string, unknown>>;
}

export const CALICO_VERSIONS = ['crd.projectcalico.org/v1', 'projectcalico.org/v3'] as const;
export type CalicoVersion = (typeof CALICO_VERSIONS)[number];

const CALICO: readonly { kind: string; plural: string; defaults?: Record<string, unknown> }[] = [
  {
    kind: 'BGPConfiguration',
    plural: 'bgpconfigurations',
    defaults: { logSeverityScreen: 'Info', serviceLoadBalancerAggregation: 'Enabled' },
  },
  { kind: 'BGPPeer', plural: 'bgppeers' },
  { kind: 'BGPFilter', plural: 'bgpfilters' },
  {
    kind: 'IPPool',
    plural: 'ippools',
    defaults: { nodeSelector: 'all()', assignmentMode: 'Automatic' },
  },
  { kind: 'BlockAffinity', plural: 'blockaffinities' },
  { kind: 'ClusterInformation', plural: 'clusterinformations' },
  { kind: 'FelixConfiguration', plural: 'felixconfigurations' },
];

const BUILT_IN: readonly ApiResource[] = [
  builtIn('Node', 'v1', 'nodes', false),
  builtIn('Service', 'v1', 'services', true),
  builtIn('Secret', 'v1', 'secrets', true),
  builtIn('ConfigMap', 'v1', 'configmaps', true),
  builtIn('EndpointSlice', 'discovery.k8s.io/v1', 'endpointslices', true),
];

function builtIn(
  kind: string,
  apiVersion: string,
  plural: string,
  isNamespaced: boolean,
): ApiResource {
  return { kind, apiVersion, plural, isNamespaced, isBuiltIn: true, defaults: {} };
}

/** Everything of a server with Calico's CRDs in one layout, or without any. */
export function resourcesOf(layout: CalicoVersion | undefined): ApiResource[] {
  const calico = layout === undefined ? [] : CALICO;
  return [
    ...BUILT_IN,
    ...calico.map(({ kind, plural, defaults }) => ({
      kind,
      plural,
      apiVersion: layout!,
      isNamespaced: false,
      isBuiltIn: false,
      defaults: {
        ...defaults,
        ...(kind === 'BlockAffinity' && layout === 'projectcalico.org/v3' && { deleted: false }),
      },
    })),
  ];
}
