/** Users' templates out of the ConfigMap of a snapshot. */
import { TEMPLATE_SUFFIX, type TemplateFile } from '../config-templates/template-source.ts';
import type { Environment } from '../datastore/settings/environment.ts';
import type { Snapshot } from '../datastore/snapshot.ts';

const DEFAULT_NAMESPACE = 'kube-system';

/** `namespace/name` of the ConfigMap the environment names; undefined when it names none. */
export function templatesConfigMap(env: Environment): string | undefined {
  const name = env['CATBIRD_TEMPLATES_CONFIGMAP'];
  return name ? `${env['NAMESPACE'] || DEFAULT_NAMESPACE}/${name}` : undefined;
}

/** Its keys that are names of templates. */
export function configMapTemplates(
  { configMaps }: Pick<Snapshot, 'configMaps'>,
  configMap: string | undefined,
): TemplateFile[] {
  const data = configMap === undefined ? {} : (configMaps.get(configMap)?.data ?? {});
  return Object.entries(data)
    .filter(([key]) => key.endsWith(TEMPLATE_SUFFIX))
    .map(([key, text]) => ({
      name: key.slice(0, -TEMPLATE_SUFFIX.length),
      text,
      place: `ConfigMap/${configMap}: ${key}`,
    }));
}
