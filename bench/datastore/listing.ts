/** Reading a large cluster from an API server: each kind by itself, then everything as a daemon does. */
import { KubernetesApi } from '../../src/datastore/kubernetes/api-client.ts';
import { findConnection } from '../../src/datastore/kubernetes/connection.ts';
import { ENDPOINT_SLICES, NODES, SERVICES } from '../../src/datastore/kubernetes/layout.ts';
import { Reflector, type Resource } from '../../src/datastore/kubernetes/reflector.ts';
import { openDatastore } from '../../src/datastore/open-datastore.ts';
import { chooseDatastore } from '../../src/datastore/settings/choose.ts';
import type { KubernetesSettings } from '../../src/datastore/settings/settings.ts';
import type { ConfigDelivery } from '../../src/run/config-source.ts';
import { DatastoreSource } from '../../src/run/datastore-source.ts';
import { openRenderer } from '../../src/run/rendering.ts';
import { SystemClock, SystemRandom } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type ApiPlace, ApiProcess } from './api-process.ts';
import { kubernetesNode, OWN_NODE } from './large-cluster.ts';
import { type Cost, measured, medianCost } from './stopwatch.ts';

export function environmentOf({ url, caFile }: ApiPlace): Record<string, string> {
  return {
    DATASTORE_TYPE: 'kubernetes',
    K8S_API_ENDPOINT: url,
    K8S_API_TOKEN: 'good-token',
    K8S_CA_FILE: caFile,
  };
}

export type Show = (what: string, cost: Cost) => void;

const CHANGES = 9;
const clock = new SystemClock();
const random = new SystemRandom();

/** @param count objects of each kind */
export async function measureListing(count: number, show: Show): Promise<void> {
  const api = await ApiProcess.start(count);
  try {
    const settings = chooseDatastore(environmentOf(api.place), OWN_NODE) as KubernetesSettings;
    for (const resource of [NODES, SERVICES, ENDPOINT_SLICES]) {
      show(`${count} ${resource.kind} objects read`, await readOne(resource, settings));
    }
    await followAll({ api, settings, count }, show);
  } finally {
    api.end();
  }
}

async function readOne(resource: Resource, settings: KubernetesSettings): Promise<Cost> {
  const api = new KubernetesApi(findConnection(settings), clock);
  let whenSynced = () => {};
  const reflector: Reflector = new Reflector(resource, { api, clock, random }, () => {
    if (reflector.standing === 'synced') whenSynced();
  });
  const { cost } = await measured(
    () =>
      new Promise<void>((resolve) => {
        whenSynced = resolve;
        reflector.start();
      }),
  );
  await reflector.stop();
  api.close();
  return cost;
}

interface Followed {
  readonly api: ApiProcess;
  readonly settings: KubernetesSettings;
  readonly count: number;
}

/** As `catbird run` does it, up to the configuration that the daemon is given. */
async function followAll({ api, settings, count }: Followed, show: Show): Promise<void> {
  const ports = { clock, random, log: silentLog };
  const source = new DatastoreSource({
    datastore: await openDatastore(settings, ports),
    renderer: openRenderer(OWN_NODE, {}),
    templates: undefined,
    clock,
  });
  let onDelivery: (delivery: ConfigDelivery) => void = () => {};
  const first = await measured(() => source.start((delivery) => onDelivery(delivery)));
  show(`all of them read, configuration of a worker made`, first.cost);
  const costs: Cost[] = [];
  for (let i = 0; i < CHANGES; i++) {
    const changed = kubernetesNode(7 + 40 * i, { 'projectcalico.org/ASNumber': `${65000 + i}` });
    const { cost } = await measured(async () => {
      const delivered = new Promise<void>((resolve) => {
        onDelivery = () => resolve();
      });
      await api.put(changed);
      await delivered;
    });
    costs.push(cost);
  }
  show(`… one Node among ${count} changed`, medianCost(costs));
  await source.stop();
}
