/** Snapshots in short form, and rendering them, for the tests of this folder. */
import { buildView } from '../../src/config-templates/build-view.ts';
import { loadTemplates } from '../../src/config-templates/load.ts';
import type { RenderFault, ViewOptions } from '../../src/config-templates/options.ts';
import {
  ConfigRenderer,
  type RenderResult,
  renderConfig,
} from '../../src/config-templates/render.ts';
import type { TemplateFile } from '../../src/config-templates/template-source.ts';
import type { NeighborView, NodeView, RuleView } from '../../src/config-templates/view.ts';
import { parseSelector } from '../../src/datastore/selectors.ts';
import {
  type BgpConfiguration,
  type BgpFilter,
  type BgpPeer,
  type BlockAffinity,
  type CalicoNode,
  type EndpointSlice,
  type EndpointStatus,
  emptySnapshot,
  type IpPool,
  type Secret,
  type Service,
  type Snapshot,
} from '../../src/datastore/snapshot.ts';

export const OWN = 'node-a';

/** As the daemon evaluates selectors. */
export function matchesSelector(
  selector: string,
  labels: Readonly<Record<string, string>>,
): boolean {
  const parsed = parseSelector(selector);
  return !('reason' in parsed) && parsed.matches(labels);
}

type Named<T> = Partial<Omit<T, 'name'>> & { readonly name: string };

/** What a test says about the cluster; everything else is absent. */
export interface Cluster {
  readonly configurations?: readonly BgpConfiguration[];
  readonly peers?: readonly Named<BgpPeer>[];
  readonly filters?: readonly Named<BgpFilter>[];
  readonly pools?: readonly Named<IpPool>[];
  readonly nodes?: readonly Named<CalicoNode>[];
  readonly blocks?: readonly Partial<BlockAffinity>[];
  readonly services?: readonly Named<Service>[];
  readonly slices?: readonly Named<EndpointSlice>[];
  readonly secrets?: readonly Secret[];
  readonly workloads?: readonly EndpointStatus[];
  /** Of ClusterInformation `default`. */
  readonly calicoVersion?: string;
}

function byName<T extends { readonly name: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.name, item]));
}

function namespaced<T extends { readonly namespace: string; readonly name: string }>(
  items: readonly T[],
): Map<string, T> {
  return new Map(items.map((item) => [`${item.namespace}/${item.name}`, item]));
}

/** A snapshot of what is given, defaults filled in. */
export function snapshot(cluster: Cluster): Snapshot {
  return {
    ...emptySnapshot(),
    bgpConfigurations: byName(cluster.configurations ?? []),
    bgpPeers: byName(
      (cluster.peers ?? []).map((peer) => ({
        usesNodeIp: true,
        filters: [],
        reversePeering: 'Auto' as const,
        ...peer,
      })),
    ),
    bgpFilters: byName(
      (cluster.filters ?? []).map((filter) => ({
        importV4: [],
        exportV4: [],
        importV6: [],
        exportV6: [],
        ...filter,
      })),
    ),
    ipPools: byName(
      (cluster.pools ?? []).map((pool) => ({
        cidr: '10.244.0.0/16',
        ipipMode: 'Never' as const,
        vxlanMode: 'Never' as const,
        disableBGPExport: false,
        ...pool,
      })),
    ),
    nodes: byName((cluster.nodes ?? NODES).map((node) => ({ labels: {}, podCIDRs: [], ...node }))),
    blockAffinities: byName(
      (cluster.blocks ?? []).map((block, i) => ({
        name: `block-${i}`,
        node: OWN,
        cidr: '10.244.1.0/26',
        state: 'confirmed',
        type: 'host',
        deleted: false,
        ...block,
      })),
    ),
    services: namespaced(
      (cluster.services ?? []).map((service) => ({
        namespace: 'default',
        type: 'ClusterIP',
        clusterIP: '10.96.0.10',
        clusterIPs: ['10.96.0.10'],
        ipFamilies: ['IPv4'],
        externalIPs: [],
        loadBalancerIP: '',
        externalTrafficPolicy: '',
        ingressIPs: [],
        ...service,
      })),
    ),
    endpointSlices: namespaced(
      (cluster.slices ?? []).map((slice) => ({
        namespace: 'default',
        serviceName: 'web',
        addressType: 'IPv4',
        endpoints: [],
        ...slice,
      })),
    ),
    secrets: namespaced(cluster.secrets ?? []),
    endpointStatuses: byName(cluster.workloads ?? []),
    clusterInformations: byName(
      cluster.calicoVersion === undefined
        ? []
        : [{ name: 'default', calicoVersion: cluster.calicoVersion }],
    ),
  };
}

/** Three nodes in byte order of their addresses: a < c < b (§23.1). */
export const NODES: readonly Named<CalicoNode>[] = [
  { name: 'node-a', ipv4Address: '10.0.0.1/24' },
  { name: 'node-b', ipv4Address: '10.0.0.2/24' },
  { name: 'node-c', ipv4Address: '10.0.0.10/24' },
];

export type Options = Partial<ViewOptions>;

/** The view of one node, and what was wrong. */
export function viewAndFaults(cluster: Cluster, options: Options = {}) {
  return buildView(snapshot(cluster), { node: OWN, matchesSelector, ...options });
}

/** The view of one node. */
export function view(cluster: Cluster, options: Options = {}): NodeView {
  const built = viewAndFaults(cluster, options);
  if (!built.view) throw new Error(JSON.stringify(built.faults));
  return built.view;
}

/** The sessions of one node by label. */
export function sessions(cluster: Cluster, options: Options = {}): Record<string, NeighborView> {
  return Object.fromEntries(view(cluster, options).neighbors.map((one) => [one.name, one]));
}

/** Labels of the sessions of one node. */
export function labels(cluster: Cluster, options: Options = {}): string[] {
  return view(cluster, options).neighbors.map(({ name }) => name);
}

/** The rules of a policy by name. */
export function rules(
  cluster: Cluster,
  policy: string,
  options: Options = {},
): Record<string, RuleView> {
  const found = view(cluster, options).policies.find(({ name }) => name === policy);
  return Object.fromEntries((found?.rules ?? []).map((rule) => [rule.name, rule]));
}

/** `object path: reason` of every fault. */
export function faultTexts(faults: readonly RenderFault[]): string[] {
  return faults.map(({ object, path, reason }) => `${object} ${path}: ${reason}`);
}

/** Users' templates by name, as a directory would give them. */
export function overrides(templates: Readonly<Record<string, string>>): TemplateFile[] {
  return Object.entries(templates).map(([name, text]) => ({
    name,
    text,
    place: `/etc/catbird/templates/${name}.yaml.liquid`,
  }));
}

/** A renderer that can be asked again, with templates of a user's. */
export function renderer(
  options: Options = {},
  templates: Readonly<Record<string, string>> = {},
): ConfigRenderer {
  return new ConfigRenderer({
    node: OWN,
    matchesSelector,
    ...options,
    templates: loadTemplates(),
    overrides: overrides(templates),
  });
}

/** Renders with the shipped templates, and templates of a user's over or beside them. */
export function render(
  cluster: Cluster,
  options: Options = {},
  templates: Readonly<Record<string, string>> = {},
): RenderResult {
  return renderer(options, templates).render(snapshot(cluster));
}

/** Renders with other templates in place of shipped ones: nothing stands behind them. */
export function renderInstead(
  cluster: Cluster,
  templates: Readonly<Record<string, string>>,
): RenderResult {
  const shipped = new Map([...loadTemplates(), ...Object.entries(templates)]);
  return renderConfig(snapshot(cluster), { node: OWN, matchesSelector, templates: shipped });
}
