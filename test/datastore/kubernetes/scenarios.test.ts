import t from 'tap';
import {
  SCENARIO_NODE,
  type ScenarioDriver,
  testScenarios,
} from '../../contract/datastore-scenarios.ts';
import type { ApiObject } from '../../support/kubernetes/api-resources.ts';
import { ApiServer } from '../../support/kubernetes/api-server.ts';
import { asStored, openOn } from '../../support/kubernetes/kubernetes-driver.ts';

const LAYOUTS = ['crd.projectcalico.org/v1', 'projectcalico.org/v3'] as const;

for (const layout of LAYOUTS) {
  t.test(`resources in ${layout}`, async (t) => {
    const isFirst = layout === LAYOUTS[0]; // what stands still does not differ between them
    const isPossible = () => isFirst;
    const makeDriver: ScenarioDriver = async (options) => {
      const { node = SCENARIO_NODE, usePodCidr = false, clusterIpRange } = options;
      const server = await ApiServer.start({ layout });
      const said = { node, usePodCidr, advertisedClusterIps: clusterIpRange };
      return {
        open: () => openOn(server, said),
        put: async (object) => server.put(asStored(object as ApiObject, layout)),
        delete: async (object) => server.delete(asStored(object as ApiObject, layout)),
        close: () => server.dispose(),
      };
    };
    testScenarios(t, makeDriver, isPossible);
  });
}
