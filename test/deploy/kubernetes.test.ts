/** The Kubernetes manifests fit each other, what Kubernetes takes, and what Catbird does. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';
import { runCommandLine } from '../../src/cli/main.ts';
import {
  calicoResources,
  configMapResource,
  ENDPOINT_SLICES,
  NODES,
  SERVICES,
  secretResource,
} from '../../src/datastore/kubernetes/layout.ts';
import { parseRunOptions } from '../../src/run/options.ts';
import {
  build,
  type Container,
  DEPLOY,
  type Manifest,
  objectsOf,
  type PodSpec,
  type Workload,
} from './manifests.ts';

const KUSTOMIZATIONS = [
  'kubernetes/rbac',
  'kubernetes/base',
  'kubernetes/overlays/beside-calico',
  'kubernetes/overlays/off-cluster-reflector',
];
/** Made by whoever installs it, as the files say. */
const MADE_BY_HAND = ['Secret catbird-kubeconfig'];

/** Kind → apiVersion and what it cannot be without. */
const SHAPES: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  Namespace: ['v1', []],
  ServiceAccount: ['v1', []],
  ConfigMap: ['v1', ['data']],
  ClusterRole: ['rbac.authorization.k8s.io/v1', ['rules']],
  Role: ['rbac.authorization.k8s.io/v1', ['rules']],
  ClusterRoleBinding: ['rbac.authorization.k8s.io/v1', ['roleRef', 'subjects']],
  RoleBinding: ['rbac.authorization.k8s.io/v1', ['roleRef', 'subjects']],
  DaemonSet: ['apps/v1', ['spec.selector.matchLabels', 'spec.template.spec.containers']],
  Deployment: ['apps/v1', ['spec.selector.matchLabels', 'spec.template.spec.containers']],
};
const POD_KEYS = [
  ...[
    'serviceAccountName',
    'automountServiceAccountToken',
    'hostNetwork',
    'dnsPolicy',
    'securityContext',
  ],
  ...['priorityClassName', 'nodeSelector', 'tolerations', 'terminationGracePeriodSeconds'],
  ...['initContainers', 'containers', 'volumes'],
];
const CONTAINER_KEYS = [
  ...['name', 'image', 'command', 'args', 'env', 'securityContext', 'resources', 'volumeMounts'],
  ...['startupProbe', 'livenessProbe', 'readinessProbe'],
];

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

function workloadsOf(objects: readonly Manifest[]): [Manifest, Workload][] {
  return objects
    .filter(({ kind }) => kind === 'DaemonSet' || kind === 'Deployment')
    .map((object) => [object, object.spec as Workload]);
}

function allContainers({ containers, initContainers = [] }: PodSpec): readonly Container[] {
  return [...initContainers, ...containers];
}

t.test('no file is left out of the kustomizations', async (t) => {
  const files = readdirSync(join(DEPLOY, 'kubernetes'), { recursive: true, encoding: 'utf8' });
  const named = KUSTOMIZATIONS.flatMap((directory) => {
    const text = readFileSync(join(DEPLOY, directory, 'kustomization.yaml'), 'utf8');
    const { resources, patches = [] } = parse(text);
    const paths = [...resources, ...patches.map(({ path }: { path: string }) => path)];
    return ['kustomization.yaml', ...paths].map((path) => join(directory, path));
  });
  const byHand = 'kubernetes/overlays/beside-calico/calico-node-patch.yaml';
  for (const file of files.filter((name) => name.endsWith('.yaml'))) {
    t.ok([...named, byHand].includes(join('kubernetes', file)), file);
  }
});

for (const directory of KUSTOMIZATIONS) {
  const objects = build(directory);
  const has = (kind: string, name: string) =>
    MADE_BY_HAND.includes(`${kind} ${name}`) ||
    objects.some((object) => object.kind === kind && object.metadata.name === name);

  t.test(`${directory}: every object has the form of its kind`, async (t) => {
    const names = objects.map(
      ({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`,
    );
    t.equal(new Set(names).size, names.length, 'each is there once');
    for (const object of objects) {
      const [apiVersion, required] = SHAPES[object.kind] ?? [];
      t.equal(object.apiVersion, apiVersion, object.kind);
      t.match(object.metadata.name, /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/);
      for (const path of required ?? []) {
        const value = path.split('.').reduce<unknown>((at, key) => Object(at)[key], object);
        t.not(value, undefined, `${object.kind} ${path}`);
      }
    }
  });

  t.test(`${directory}: references between objects lead somewhere`, async (t) => {
    for (const object of objects.filter(({ kind }) => kind.endsWith('Binding'))) {
      const { kind, name } = object['roleRef'] as { kind: string; name: string };
      t.ok(has(kind, name), `${kind} ${name}`);
      const subjects = object['subjects'] as { kind: string; name: string; namespace: string }[];
      for (const { kind, name, namespace } of subjects) {
        const found = objects.find((each) => each.kind === kind && each.metadata.name === name);
        t.equal(found?.metadata.namespace, namespace, `${kind} ${name}`);
      }
    }
    for (const [, { selector, template }] of workloadsOf(objects)) {
      const { spec, metadata } = template;
      t.match(metadata.labels, selector.matchLabels, 'the selector finds its pods');
      if (spec.serviceAccountName) t.ok(has('ServiceAccount', spec.serviceAccountName));
      else t.equal(spec.automountServiceAccountToken, false);
      const volumes = (spec.volumes ?? []).map(({ name }) => name);
      for (const { configMap, secret } of spec.volumes ?? []) {
        if (configMap) t.ok(has('ConfigMap', configMap.name), configMap.name);
        if (secret) t.ok(has('Secret', secret.secretName), secret.secretName);
      }
      const mounts = allContainers(spec).flatMap(({ volumeMounts = [] }) => volumeMounts);
      t.same(new Set(mounts.map(({ name }) => name)), new Set(volumes), 'volumes and mounts');
    }
  });

  t.test(`${directory}: kubectl makes the same of it`, async (t) => {
    const { stdout, error, status, stderr } = spawnSync(
      'kubectl',
      ['kustomize', join(DEPLOY, directory)],
      { encoding: 'utf8' },
    );
    if (error) return; // kubectl is not here; what it would do is checked above
    t.equal(status, 0, stderr);
    t.equal([...stdout.matchAll(/^kind: /gm)].length, objects.length);
  });

  if (workloadsOf(objects).length > 0) podTests(directory, objects, has);
}

function podTests(
  directory: string,
  objects: readonly Manifest[],
  has: (kind: string, name: string) => boolean,
): void {
  t.test(`${directory}: pods are confined, bounded and known by their keys`, async (t) => {
    for (const [, { template }] of workloadsOf(objects)) {
      const { spec } = template;
      t.same(
        Object.keys(spec).filter((key) => !POD_KEYS.includes(key)),
        [],
      );
      for (const container of allContainers(spec)) {
        t.same(
          Object.keys(container).filter((key) => !CONTAINER_KEYS.includes(key)),
          [],
        );
        const { securityContext, resources } = container;
        t.match(resources, {
          requests: { cpu: String, memory: String },
          limits: { memory: String },
        });
        t.match(securityContext, { readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
        t.equal(securityContext['privileged'], undefined);
      }
      const [main] = spec.containers;
      t.same(main!.securityContext.capabilities.add, ['NET_ADMIN', 'NET_BIND_SERVICE']);
      const { runAsUser, allowPrivilegeEscalation, runAsNonRoot } = main!.securityContext;
      const isRoot = runAsUser === 0;
      t.match(
        { allowPrivilegeEscalation, runAsNonRoot },
        { allowPrivilegeEscalation: !isRoot, runAsNonRoot: !isRoot },
      );
    }
  });

  t.test(`${directory}: catbird takes the options, and has what they name`, async (t) => {
    for (const [, { template }] of workloadsOf(objects)) {
      const { args = [], env = [], volumeMounts = [], ...probes } = template.spec.containers[0]!;
      const [command, ...words] = args;
      t.equal(command, 'run');
      const values = Object.fromEntries(env.map(({ name }) => [name, 'worker-1']));
      const options = parseRunOptions(words, values, false);
      t.equal(options.isOff, false);
      const { host, port } = options.web!;
      for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
        const { httpGet } = probes[probe] as { httpGet: Record<string, unknown> };
        t.match(httpGet, { host, port, path: /^\/(healthz|readyz)$/ }, probe);
      }
      const paths = [options.apiPath, options.stateDirectory!, options.birdSockets].filter(
        (path) => path !== undefined,
      );
      for (const path of paths) {
        const mount = volumeMounts.find(({ mountPath }) => `${path}/`.startsWith(`${mountPath}/`));
        t.ok(mount && !mount.readOnly, `${path} can be written`);
      }
      const configMap = words.find((word) => word.startsWith('--templates-configmap='));
      if (configMap) t.ok(has('ConfigMap', configMap.split('=')[1]!));
    }
  });
}

t.test('permissions are exactly what the code reads', async (t) => {
  const resources = [
    ...(['crd.projectcalico.org/v1', 'projectcalico.org/v3'] as const).flatMap((layout) =>
      calicoResources(layout, { node: 'worker-1', usePodCidr: false }),
    ),
    ...[NODES, SERVICES, ENDPOINT_SLICES],
    secretResource('kube-system', 'bgp-passwords'),
    configMapResource('kube-system', 'catbird-templates'),
  ];
  const needed = resources.map(({ path, fieldSelector = '' }) => {
    const [, group = '', plural] =
      /^\/(?:apis\/([^/]+)\/[^/]+|api\/v1)(?:\/namespaces\/[^/]+)?\/(\w+)$/.exec(path)!;
    return [group, plural, fieldSelector.replace('metadata.name=', '')].join(' ');
  });
  const rules = objectsOf(join(DEPLOY, 'kubernetes/rbac/rbac.yaml')).flatMap((object) =>
    ((object['rules'] ?? []) as Rule[]).map((rule) => ({ ...rule, kind: object.kind })),
  );
  const given = rules.flatMap(({ apiGroups, resources, resourceNames = [''], verbs, kind }) => {
    t.same(verbs, ['list', 'watch'], 'nothing is got one by one, nothing is written');
    t.equal(kind, resourceNames[0] === '' ? 'ClusterRole' : 'Role');
    return apiGroups.flatMap((group) =>
      resources.flatMap((plural) => resourceNames.map((name) => [group, plural, name].join(' '))),
    );
  });
  t.same(given.sort(), needed.sort());
});

t.test('the patch for calico-node turns off BIRD and confd and nothing else', async (t) => {
  const file = join(DEPLOY, 'kubernetes/overlays/beside-calico/calico-node-patch.yaml');
  const { spec } = parse(readFileSync(file, 'utf8'));
  t.same(spec.template.spec.containers, [
    {
      name: 'calico-node',
      env: [{ name: 'CALICO_NETWORKING_BACKEND', value: 'none', valueFrom: null }],
    },
  ]);
});

t.test('the template of the reflector keeps it away from the kernel', async (t) => {
  const file = join(DEPLOY, 'kubernetes/overlays/off-cluster-reflector/templates.yaml');
  const templates = t.testdir(objectsOf(file)[0]!['data'] as Record<string, string>);
  const example = join(DEPLOY, '../docs/examples/templates/another-agent/datastore.yaml');
  let [out, err] = ['', ''];
  const code = await runCommandLine(
    ['render', '--datastore', `folder:${example}`, '--node', 'worker-1', '--templates', templates],
    {
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      stdin: (async function* () {})(),
      env: {},
      isTerminal: false,
    },
  );
  t.equal(code, 0, err);
  t.match(parse(out), { fib: { enabled: false } });
});
