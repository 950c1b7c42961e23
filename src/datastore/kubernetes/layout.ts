/**
 * Where the API server keeps each kind: Calico's resources in one of two layouts (calico-datastore.md §3.1),
 * Kubernetes' own always in the same place.
 */
import type { ApiClient } from './api-client.ts';
import { ApiError, isObject } from './api-error.ts';
import type { Resource } from './reflector.ts';

/** The API version of Calico's resources. */
export type Layout = 'crd.projectcalico.org/v1' | 'projectcalico.org/v3';

const LEGACY: Layout = 'crd.projectcalico.org/v1';
const NATIVE: Layout = 'projectcalico.org/v3';

/**
 * Which layout the server has. A server that offers both groups has Calico's API server beside the
 * resources themselves, which are then the legacy ones.
 *
 * @throws ApiError when there is no answer at all
 */
export async function findLayout(
  api: ApiClient,
  wanted: string | undefined,
  signal: AbortSignal,
): Promise<Layout> {
  if (wanted?.toLowerCase() === NATIVE) return NATIVE;
  try {
    const { groups } = await api.get('/apis', signal);
    const names = new Set(Array.isArray(groups) ? groups.filter(isObject).map(nameOf) : []);
    return names.has('projectcalico.org') && !names.has('crd.projectcalico.org') ? NATIVE : LEGACY;
  } catch (error) {
    if (error instanceof ApiError && isRefusal(error.status)) return LEGACY;
    throw error;
  }
}

function nameOf(group: Readonly<Record<string, unknown>>): unknown {
  return group['name'];
}

/** Discovery is not ours to read, or not there; anything else may pass. */
function isRefusal(status: number | undefined): boolean {
  return status === 403 || status === 404 || status === 405 || status === 406;
}

const CALICO_KINDS = [
  'BGPConfiguration',
  'BGPPeer',
  'BGPFilter',
  'IPPool',
  'BlockAffinity',
  'ClusterInformation',
] as const;
const PLURALS: Readonly<Record<string, string>> = {
  BlockAffinity: 'blockaffinities',
  ClusterInformation: 'clusterinformations',
};

/**
 * Calico's resources. Affinities are narrowed to our node by us: labels that would let the server do it
 * may be missing in clusters that were upgraded (§3.2).
 */
export function calicoResources(
  layout: Layout,
  options: { readonly node: string; readonly usePodCidr: boolean },
): Resource[] {
  const kinds = CALICO_KINDS.filter((kind) => kind !== 'BlockAffinity' || !options.usePodCidr);
  return kinds.map((kind) => ({
    kind,
    apiVersion: layout,
    path: `/apis/${layout}/${PLURALS[kind] ?? `${kind.toLowerCase()}s`}`,
    ...(kind === 'BlockAffinity' && { keeps: isAffinityOf(options.node) }),
    ...(kind === 'ClusterInformation' && { keeps: isNamed('default') }),
  }));
}

function isAffinityOf(node: string): NonNullable<Resource['keeps']> {
  return ({ spec }) => isObject(spec) && spec['node'] === node;
}

function isNamed(name: string): NonNullable<Resource['keeps']> {
  return ({ metadata }) => isObject(metadata) && metadata['name'] === name;
}

export const NODES: Resource = { kind: 'Node', apiVersion: 'v1', path: '/api/v1/nodes' };

export const SERVICES: Resource = { kind: 'Service', apiVersion: 'v1', path: '/api/v1/services' };

export const ENDPOINT_SLICES: Resource = {
  kind: 'EndpointSlice',
  apiVersion: 'discovery.k8s.io/v1',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
};

/** One Secret: permissions may be for this name alone (§2). */
export function secretResource(namespace: string, name: string): Resource {
  return singleResource('Secret', 'secrets', namespace, name);
}

/** The ConfigMap with users' templates, likewise. */
export function configMapResource(namespace: string, name: string): Resource {
  return singleResource('ConfigMap', 'configmaps', namespace, name);
}

function singleResource(kind: string, plural: string, namespace: string, name: string): Resource {
  return {
    kind,
    apiVersion: 'v1',
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/${plural}`,
    fieldSelector: `metadata.name=${name}`,
    keeps: isNamed(name),
  };
}
