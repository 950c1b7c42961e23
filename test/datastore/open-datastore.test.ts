import { join } from 'node:path';
import t from 'tap';
import { FolderDatastore } from '../../src/datastore/folder.ts';
import { openDatastore, readDatastore } from '../../src/datastore/open-datastore.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { FakeClock } from '../support/fake-clock.ts';

const PORTS = { clock: new FakeClock(), random: { uniform: () => 0 }, log: silentLog };
const CLUSTER = join(import.meta.dirname, '../fixtures/datastore/cluster');

t.test('folder:DIR is a folder', async (t) => {
  const settings = { kind: 'folder', path: CLUSTER } as const;
  const datastore = await openDatastore(settings, PORTS);
  t.ok(datastore instanceof FolderDatastore);
});

t.test('a whole cluster as it may lie in a repository', async (t) => {
  const snapshot = await readDatastore({ kind: 'folder', path: CLUSTER }, PORTS);
  t.strictSame(snapshot.faults, []);
  t.strictSame([...snapshot.bgpConfigurations.keys()], ['default', 'node.rack2-n07']);
  t.strictSame([...snapshot.nodes.keys()], ['rack1-rr', 'rack2-n07', 'rack2-n08']);
  t.strictSame([...snapshot.bgpPeers.keys()], ['rack-internal', 'rack2-tor']);
  t.strictSame([...snapshot.bgpFilters.keys()], ['tor-out']);
  t.strictSame([...snapshot.ipPools.keys()], ['pods-v4', 'pods-v6']);
  t.strictSame([...snapshot.blockAffinities.keys()], ['rack2-n07-10-88-4-64-26']);
  t.strictSame([...snapshot.services.keys()], ['shop/web']);
  t.strictSame([...snapshot.endpointSlices.keys()], ['shop/web-x1']);
  t.strictSame([...snapshot.secrets.keys()], ['kube-system/bgp-passwords']);
});
