/** The contract of datastores, over a real etcd. */
import t from 'tap';
import { EtcdSource } from '../../src/datastore/etcd/etcd-source.ts';
import { connect } from '../../src/datastore/etcd/grpc-connection.ts';
import { JoinedDatastore } from '../../src/datastore/joined-datastore.ts';
import { SystemClock, SystemRandom } from '../../src/runtime/system-clock.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { type DatastoreDriver, testDatastore, type WrittenObject } from '../contract/datastore.ts';
import { etcdEntry } from '../support/etcd-objects.ts';
import { noEtcd, startEtcd } from '../support/etcd-server.ts';

t.test('etcd', { skip: noEtcd }, async (t) => {
  const etcd = await startEtcd(t);
  const clock = new SystemClock();
  const ports = { clock, random: new SystemRandom(), log: silentLog, connect };
  const makeDriver = async (): Promise<DatastoreDriver> => {
    await etcd.deleteAll('/calico/');
    const keyOf = (object: WrittenObject) => etcdEntry(object)!;
    return {
      open: () => new JoinedDatastore([new EtcdSource(etcd.settings('node-a'), ports)], clock),
      put: async (object) => {
        const { key, value } = keyOf(object);
        await etcd.put(key, value);
      },
      delete: async (object) => void (await etcd.delete(keyOf(object).key)),
      close: async () => {},
    };
  };
  testDatastore(t, makeDriver);
});
