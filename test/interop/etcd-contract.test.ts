/** The contract and the scenarios of datastores, over a real etcd with Kubernetes' API beside it. */
import t from 'tap';
import { openDatastore } from '../../src/datastore/open-datastore.ts';
import { SystemClock, SystemRandom } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type DatastoreDriver, testDatastore, type WrittenObject } from '../contract/datastore.ts';
import {
  SCENARIO_NODE,
  type ScenarioOptions,
  testScenarios,
} from '../contract/datastore-scenarios.ts';
import { etcdEntry } from '../support/etcd-objects.ts';
import { type EtcdServer, noEtcd, startEtcd } from '../support/etcd-server.ts';
import type { ApiObject } from '../support/kubernetes/api-resources.ts';
import { ApiServer } from '../support/kubernetes/api-server.ts';
import { settingsFor } from '../support/kubernetes/kubernetes-driver.ts';

const PORTS = { clock: new SystemClock(), random: new SystemRandom(), log: silentLog };

/** Emptied for each test; what Calico keeps in Kubernetes even so goes to an API server. */
async function makeDriver(etcd: EtcdServer, options: ScenarioOptions): Promise<DatastoreDriver> {
  await etcd.deleteAll('/calico/');
  const api = await ApiServer.start();
  const { node = SCENARIO_NODE, usePodCidr = false, clusterIpRange } = options;
  const said = { node, usePodCidr, advertisedClusterIps: clusterIpRange };
  const settings = { ...etcd.settings(node), kubernetes: settingsFor(api, said) };
  const change = async (
    object: WrittenObject,
    inEtcd: (entry: { key: string; value: string }) => Promise<unknown>,
    inApi: (object: ApiObject) => void,
  ) => {
    const entry = etcdEntry(object);
    if (entry) await inEtcd(entry);
    else inApi(object as ApiObject);
  };
  return {
    open: () => openDatastore(settings, PORTS),
    put: (object) =>
      change(
        object,
        ({ key, value }) => etcd.put(key, value),
        (object) => api.put(object),
      ),
    delete: (object) =>
      change(
        object,
        ({ key }) => etcd.delete(key),
        (object) => api.delete(object),
      ),
    close: () => api.dispose(),
  };
}

t.test('the contract', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  testDatastore(t, () => makeDriver(etcd, {}));
});

t.test('the scenarios', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  const hasNoPodCidrs = ({ usePodCidr }: ScenarioOptions) => !usePodCidr; // Kubernetes' alone (§6.8)
  testScenarios(t, (options) => makeDriver(etcd, options), hasNoPodCidrs);
});
