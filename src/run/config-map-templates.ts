/** Users' templates out of a snapshot: keys of a ConfigMap, or of etcd. */
import { TEMPLATE_SUFFIX, type TemplateFile } from '../config-templates/template-source.ts';
import type { Environment } from '../datastore/settings/environment.ts';
import { type Snapshot, TEMPLATES_NAMESPACE } from '../datastore/snapshot.ts';

const DEFAULT_NAMESPACE = 'kube-system';

/** `namespace/name` of the ConfigMap the environment names; undefined when it names none. */
export function templatesConfigMap(env: Environment): string | undefined {
  const name = env['CATBIRD_TEMPLATES_CONFIGMAP'];
  return name ? `${env['NAMESPACE'] || DEFAULT_NAMESPACE}/${name}` : undefined;
}

/** A sentence when it is named and not there; users' templates are none then. */
export function missingConfigMap(
  { configMaps }: Pick<Snapshot, 'configMaps'>,
  configMap: string | undefined,
): string[] {
  if (configMap === undefined || configMaps.has(configMap)) return [];
  return [`ConfigMap/${configMap}: is not there, or may not be read`];
}

/** Users' templates may be objects of the datastore, which has to be read for them. */
export function hasStoredTemplates(env: Environment): boolean {
  return templatesConfigMap(env) !== undefined || Boolean(env['CATBIRD_TEMPLATES_ETCD_PREFIX']);
}

/** Its keys that are names of templates, behind those that are keys of etcd. */
export function configMapTemplates(
  { configMaps }: Pick<Snapshot, 'configMaps'>,
  configMap: string | undefined,
): TemplateFile[] {
  const named = configMap === undefined ? undefined : configMaps.get(configMap);
  const keys = [...configMaps.values()].filter(
    ({ namespace }) => namespace === TEMPLATES_NAMESPACE,
  );
  const inEtcd = keys.flatMap(({ data, name }) => templatesIn(data, () => `etcd key ${name}`));
  const inMap = named ? templatesIn(named.data, (key) => `ConfigMap/${configMap}: ${key}`) : [];
  return [...inEtcd, ...inMap];
}

function templatesIn(
  data: Readonly<Record<string, string>>,
  placeOf: (key: string) => string,
): TemplateFile[] {
  return Object.entries(data)
    .filter(([key]) => key.endsWith(TEMPLATE_SUFFIX))
    .map(([key, text]) => ({
      name: key.slice(0, -TEMPLATE_SUFFIX.length),
      text,
      place: placeOf(key),
    }));
}
