/** The Kubernetes manifests of `deploy`, read with their kustomizations as kubectl would put them together. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';

export const DEPLOY = fileURLToPath(new URL('../../deploy/', import.meta.url));

/** The parts of any object that checks look at; what else there is stays unknown. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
  readonly [key: string]: unknown;
}

export interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly readOnly?: boolean;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: string[];
  readonly command?: string[];
  readonly env?: { readonly name: string }[];
  readonly resources?: { readonly requests?: object; readonly limits?: object };
  readonly volumeMounts?: readonly Mount[];
  readonly securityContext: {
    readonly runAsUser?: number;
    readonly capabilities: { readonly drop: string[]; readonly add?: string[] };
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

export interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string };
  }[];
  readonly [key: string]: unknown;
}

export interface Workload {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: {
    readonly metadata: { readonly labels: Readonly<Record<string, string>> };
    readonly spec: PodSpec;
  };
}

interface Kustomization {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
}

/** Every object of a file. @throws Error for YAML with faults or warnings */
export function objectsOf(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(file, 'utf8'), { version: '1.1' }).map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault) throw new Error(`${file}: ${fault.message}`);
    return document.toJS() as Manifest;
  });
}

/** What a kustomization comes to, patches applied by strategic merge as far as ours need it. */
export function build(directory: string): Manifest[] {
  const file = join(DEPLOY, directory, 'kustomization.yaml');
  const { namespace, resources, patches = [] } = parse(readFileSync(file, 'utf8')) as Kustomization;
  const objects = resources.flatMap((resource) => {
    const path = join(directory, resource);
    return existsSync(join(DEPLOY, path, 'kustomization.yaml'))
      ? build(path)
      : objectsOf(join(DEPLOY, path));
  });
  const changes = patches.flatMap(({ path }) => objectsOf(join(dirname(file), path)));
  return objects.map((object) => {
    const patch = changes.find(
      ({ kind, metadata }) => kind === object.kind && metadata.name === object.metadata.name,
    );
    const patched = patch ? (merge(object, patch) as Manifest) : object;
    if (CLUSTER_WIDE.includes(object.kind)) return patched;
    return { ...patched, metadata: { ...patched.metadata, namespace } };
  });
}

const CLUSTER_WIDE = ['ClusterRole', 'ClusterRoleBinding', 'Namespace'];

/** Lists of named things are merged by name (mounts by path), other lists replaced. */
function merge(base: unknown, patch: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(patch)) {
    const keyOf = (item: unknown) => {
      const { mountPath, name } = Object(item) as { mountPath?: string; name?: string };
      return mountPath ?? name;
    };
    if (patch.some((item) => keyOf(item) === undefined)) return patch;
    const added = patch.filter((item) => !base.some((other) => keyOf(other) === keyOf(item)));
    const merged = base.map((item) => {
      const change = patch.find((other) => keyOf(other) === keyOf(item));
      return change === undefined ? item : merge(item, change);
    });
    return [...merged, ...added];
  }
  if (typeof base !== 'object' || typeof patch !== 'object' || !base || !patch) return patch;
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(patch)) {
    result[key] = key in result ? merge(result[key], value) : value;
  }
  return result;
}
