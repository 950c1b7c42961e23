/** Joins datastore and templates: snapshots become configurations, faults become sentences. */
import { loadTemplates } from '../config-templates/load.ts';
import type { RenderFault } from '../config-templates/options.ts';
import { ConfigRenderer, type RenderResult } from '../config-templates/render.ts';
import { parseSelector, Selector } from '../datastore/selectors.ts';
import { type Environment, isSet } from '../datastore/settings/environment.ts';
import type { DatastoreFault, Places, Snapshot } from '../datastore/snapshot.ts';

/** Makes the renderer for a node under the environment calico-node sets (calico-datastore §1.1). */
export function openRenderer(node: string, env: Environment): ConfigRenderer {
  return new ConfigRenderer({
    templates: loadTemplates(),
    node,
    routerId: env['CALICO_ROUTER_ID'] || undefined,
    usePodCidr: isSet(env, 'USE_POD_CIDR'),
    clusterIpRange: env['CALICO_ADVERTISE_CLUSTER_IPS'] || undefined,
    kubernetesNode: env['CALICO_K8S_NODE_REF'] || undefined,
    secretsNamespace: env['NAMESPACE'] || undefined,
    matchesSelector: makeSelectorMatcher(),
  });
}

/** Everything wrong with a snapshot and with what was made of it, one sentence each. */
export function describeFaults(snapshot: Snapshot, result: RenderResult): string[] {
  return [
    ...snapshot.faults.map(describeDatastoreFault),
    ...result.faults.map((fault) => describeRenderFault(fault, snapshot.places)),
  ];
}

function describeDatastoreFault(fault: DatastoreFault): string {
  const place = [fault.file, fault.line, fault.column].filter((part) => part !== undefined);
  return [place.join(':'), fault.object, fault.path, fault.reason].filter(Boolean).join(': ');
}

/** With the place of the object and, where a template failed, that in the template. */
function describeRenderFault(fault: RenderFault, places: Places): string {
  const { template, line, column, object, path, reason } = fault;
  const place = [template, line, column].filter((part) => part !== undefined).join(':');
  return [places.get(object), place, object, path, reason].filter(Boolean).join(': ');
}

/** True when there is nothing to mend; remarks do not count. */
export function isSound(snapshot: Snapshot, result: RenderResult): boolean {
  return snapshot.faults.length === 0 && result.faults.every(({ isRemark }) => isRemark);
}

/** Parses each selector once; one that does not parse matches nothing (calico-datastore §7.2). */
function makeSelectorMatcher() {
  const parsed = new Map<string, Selector | undefined>();
  return (text: string, labels: Readonly<Record<string, string>>): boolean => {
    if (!parsed.has(text)) {
      const selector = parseSelector(text);
      parsed.set(text, selector instanceof Selector ? selector : undefined);
    }
    return parsed.get(text)?.matches(labels) ?? false;
  };
}
