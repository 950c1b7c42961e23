import t from 'tap';
import { snapshotOf } from '../../support/snapshot.ts';

t.test('the version of Calico is read, whatever else stands beside it', async (t) => {
  const { clusterInformations, faults } = snapshotOf(`
kind: ClusterInformation
apiVersion: crd.projectcalico.org/v1
metadata: { name: default }
spec: { calicoVersion: v3.33.0-0.dev, clusterType: "k8s,bgp", datastoreReady: true }
---
kind: ClusterInformation
apiVersion: projectcalico.org/v3
metadata: { name: bare }
`);
  t.strictSame(
    [...clusterInformations.values()],
    [{ name: 'bare' }, { name: 'default', calicoVersion: 'v3.33.0-0.dev' }],
  );
  t.strictSame(faults, []);
});
