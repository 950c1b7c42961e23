import t, { type Test } from 'tap';
import { KubernetesApi } from '../../../src/datastore/kubernetes/api-client.ts';
import { findConnection } from '../../../src/datastore/kubernetes/connection.ts';
import { KubernetesSource } from '../../../src/datastore/kubernetes/kubernetes-source.ts';
import type { Snapshot } from '../../../src/datastore/snapshot.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { SnapshotQueue, testDatastore } from '../../contract/datastore.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import type { ApiObject, CalicoVersion } from '../../support/kubernetes/api-resources.ts';
import { ApiServer, type ApiServerOptions } from '../../support/kubernetes/api-server.ts';
import {
  asStored,
  openOn,
  type Said,
  settingsFor,
} from '../../support/kubernetes/kubernetes-driver.ts';

for (const layout of ['crd.projectcalico.org/v1', 'projectcalico.org/v3'] as const) {
  t.test(`the contract of datastores, resources in ${layout}`, async (t) => {
    testDatastore(t, async () => {
      const server = await ApiServer.start({ layout, chunkBytes: 100, listsFromCache: true });
      return {
        open: () => openOn(server),
        put: async (object) => server.put(asStored(object as ApiObject, layout)),
        delete: async (object) => server.delete(asStored(object as ApiObject, layout)),
        close: () => server.dispose(),
      };
    });
  });
}

const CALICO = 'projectcalico.org/v3';

function object(kind: string, name: string, spec: unknown = {}, apiVersion = CALICO): ApiObject {
  return { kind, apiVersion, metadata: { name }, spec };
}

function namespaced(kind: string, [namespace, name]: [string, string], rest: object): ApiObject {
  const apiVersion = kind === 'EndpointSlice' ? 'discovery.k8s.io/v1' : 'v1';
  return { kind, apiVersion, metadata: { name, namespace }, ...rest };
}

const secret = (name: string, password: string, namespace = 'kube-system') =>
  namespaced('Secret', [namespace, name], {
    data: { bgp: Buffer.from(password).toString('base64') },
  });

const peerWithPassword = (name: string, secretName: string) =>
  object('BGPPeer', name, { password: { secretKeyRef: { name: secretName, key: 'bgp' } } });

async function serve(t: Test, objects: readonly ApiObject[] = [], options: ApiServerOptions = {}) {
  const server = await ApiServer.start(options);
  t.teardown(() => server.dispose());
  for (const each of objects) server.put(each);
  return server;
}

async function follow(t: Test, server: ApiServer, said: Said = {}) {
  const datastore = await openOn(server, said);
  const snapshots = new SnapshotQueue();
  const started = datastore.start(snapshots.push);
  t.teardown(() => datastore.stop());
  const until = async (holds: (snapshot: Snapshot) => boolean) => {
    const seen = snapshots.received.length;
    const isNew = (snapshot: Snapshot) => snapshots.received.indexOf(snapshot) >= seen;
    return await snapshots.until((snapshot) => isNew(snapshot) && holds(snapshot));
  };
  return { datastore, snapshots, started, until };
}

/** Waits for what needs some turns of the event loop. */
async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise<void>((resolve) => setImmediate(resolve));
}

const pathsOf = (server: ApiServer) => new Set(server.requests.map(({ path }) => path));

t.test('nodes are what the annotations of Kubernetes Nodes say (§6.6)', async (t) => {
  const node = {
    ...object('Node', 'n1', { podCIDRs: ['10.1.0.0/24'] }, 'v1'),
    metadata: {
      name: 'n1',
      labels: { rack: '2' },
      annotations: {
        'projectcalico.org/IPv4Address': '10.0.0.1/24',
        'projectcalico.org/ASNumber': '64600',
      },
    },
  };
  const server = await serve(t, [node]);
  const { started, snapshots } = await follow(t, server);
  await started;
  t.match(snapshots.received[0]?.nodes.get('n1'), {
    ipv4Address: '10.0.0.1/24',
    asNumber: 64600,
    labels: { rack: '2' },
  });
  const before = snapshots.received.length;
  server.put({ ...node, status: { conditions: [{ lastHeartbeatTime: 'now' }] } });
  server.put(object('IPPool', 'p', { cidr: '10.0.0.0/8' }));
  await snapshots.until(({ ipPools }) => ipPools.has('p'));
  t.equal(snapshots.received.length, before + 1, 'a heartbeat is no change');
});

for (const [layout, deleted] of [
  ['crd.projectcalico.org/v1', ['true', 'false']],
  ['projectcalico.org/v3', [true, false]],
] as const) {
  t.test(`affinities of this node alone, in ${layout} (§6.7, §3.1)`, async (t) => {
    const affinity = (name: string, node: string, cidr: string, isDeleted: unknown) =>
      object('BlockAffinity', name, { node, cidr, state: 'confirmed', deleted: isDeleted });
    const server = await serve(
      t,
      [
        affinity('a', 'kube-master', '10.0.0.0/26', deleted[1]),
        affinity('b', 'kube-master', '10.0.0.64/26', deleted[0]),
        affinity('c', 'another', '10.0.0.128/26', deleted[1]),
      ],
      { layout },
    );
    const { started, snapshots } = await follow(t, server);
    await started;
    const found = [...(snapshots.received[0]?.blockAffinities.values() ?? [])];
    t.strictSame(
      found.map(({ name, deleted }) => [name, deleted]),
      [
        ['a', false],
        ['b', true],
      ],
    );
  });
}

t.test('with USE_POD_CIDR affinities are not even asked for (§6.8)', async (t) => {
  const server = await serve(t);
  const { started } = await follow(t, server, { usePodCidr: true });
  await started;
  t.notOk([...pathsOf(server)].some((path) => path.endsWith('blockaffinities')));
});

t.test('the layout is what the server offers, or what CALICO_API_GROUP says (§3.1)', async (t) => {
  const layoutOf = async (options: ApiServerOptions, said: Said = {}) => {
    const server = await serve(t, [], options);
    const { started } = await follow(t, server, said);
    await started;
    const path = [...pathsOf(server)].find((path) => path.endsWith('/bgppeers'));
    return path?.slice('/apis/'.length, -'/bgppeers'.length);
  };
  t.equal(await layoutOf({ layout: 'projectcalico.org/v3' }), 'projectcalico.org/v3');
  t.equal(await layoutOf({ extraGroups: ['projectcalico.org'] }), 'crd.projectcalico.org/v1');
  t.equal(await layoutOf({ layout: undefined }), 'crd.projectcalico.org/v1');
  const apiGroup = 'ProjectCalico.org/V3';
  t.equal(await layoutOf({ layout: 'projectcalico.org/v3' }, { apiGroup }), 'projectcalico.org/v3');
});

t.test('a Secret is watched by its name while a peer refers to it (§6.11)', async (t) => {
  const server = await serve(t, [
    secret('tor', 's3cret'),
    secret('other', 'not read'),
    secret('tor', 'wrong namespace', 'default'),
    peerWithPassword('a', 'tor'),
  ]);
  const { started, snapshots, until } = await follow(t, server);
  await started;
  t.equal(snapshots.received.length, 1, 'the first snapshot has the password');
  const passwordIn = (snapshot: Snapshot | undefined, name = 'kube-system/tor') =>
    new TextDecoder().decode(snapshot?.secrets.get(name)?.data.get('bgp'));
  t.strictSame([...(snapshots.received[0]?.secrets.keys() ?? [])], ['kube-system/tor']);
  t.equal(passwordIn(snapshots.received[0]), 's3cret');
  server.put(secret('tor', 'changed'));
  await until((snapshot) => passwordIn(snapshot) === 'changed');
  server.put(peerWithPassword('b', 'mesh'));
  server.put(secret('mesh', 'm'));
  await snapshots.until((snapshot) => passwordIn(snapshot, 'kube-system/mesh') === 'm');
  const asked = server.requests.filter(({ path }) => path.endsWith('/secrets'));
  t.strictSame(
    new Set(asked.map(({ path, query }) => `${path} ${query.get('fieldSelector')}`)),
    new Set([
      '/api/v1/namespaces/kube-system/secrets metadata.name=tor',
      '/api/v1/namespaces/kube-system/secrets metadata.name=mesh',
    ]),
  );
  const watches = server.openWatches;
  server.delete(peerWithPassword('b', 'mesh'));
  await until(({ secrets }) => !secrets.has('kube-system/mesh'));
  await eventually(() => server.openWatches === watches - 1);
});

t.test('without permission for a Secret all the rest works, and says so (§3.2)', async (t) => {
  const server = await serve(t, [secret('tor', 's3cret'), peerWithPassword('a', 'tor')]);
  server.forbidden.add('* secrets/tor');
  const { started, snapshots, until } = await follow(t, server);
  await started;
  const [first] = snapshots.received;
  t.strictSame([[...first!.bgpPeers.keys()], first!.secrets.size], [['a'], 0]);
  t.match(first?.faults, [{ file: /secrets\?metadata.name=tor/, reason: /no permission/ }]);
  server.forbidden.clear();
  const granted = await until(({ secrets }) => secrets.size === 1);
  t.strictSame(granted.faults, []);
});

const service = namespaced('Service', ['web', 'www'], { spec: { clusterIP: '10.96.0.9' } });
const slice: ApiObject = {
  ...namespaced('EndpointSlice', ['web', 'www-1'], { addressType: 'IPv4', endpoints: [] }),
  metadata: {
    name: 'www-1',
    namespace: 'web',
    labels: { 'kubernetes.io/service-name': 'www' },
  },
};
const configuration = (spec: unknown) => object('BGPConfiguration', 'default', spec);
const advertising = configuration({ serviceClusterIPs: [{ cidr: '10.96.0.0/12' }] });

t.test('Services are read when they are to be advertised, and not before (§6.10)', async (t) => {
  const server = await serve(t, [service, slice, configuration({})]);
  const { started, until } = await follow(t, server);
  await started;
  t.notOk(pathsOf(server).has('/api/v1/services'));
  server.put(advertising);
  const found = await until(({ bgpConfigurations }) =>
    Boolean(bgpConfigurations.get('default')?.serviceClusterIPs),
  );
  t.strictSame(
    [...found.services.keys(), ...found.endpointSlices.keys()],
    ['web/www', 'web/www-1'],
  );
  server.put(configuration({}));
  await until(({ services }) => services.size === 0);
});

t.test('CALICO_ADVERTISE_CLUSTER_IPS asks for them, too', async (t) => {
  const server = await serve(t, [service, slice]);
  const { started, snapshots } = await follow(t, server, { advertisedClusterIps: '10.96.0.0/12' });
  await started;
  t.equal(snapshots.received[0]?.services.size, 1);
});

t.test('without permission for EndpointSlices all the rest works (§3.2)', async (t) => {
  const server = await serve(t, [service, slice, advertising, object('BGPPeer', 'a')]);
  server.forbidden.add('list endpointslices');
  const { started, snapshots } = await follow(t, server);
  await started;
  const [first] = snapshots.received;
  t.strictSame([first?.services.size, first?.endpointSlices.size, first?.bgpPeers.size], [1, 0, 1]);
  t.match(first?.faults, [{ file: /endpointslices/ }]);
});

t.test('a missing CRD costs what it is for, and nothing else (§3.2)', async (t) => {
  const server = await serve(t, [object('BGPPeer', 'a', { filters: ['f'] })]);
  server.uninstall('bgpfilters');
  const { started, snapshots } = await follow(t, server);
  await started;
  const [first] = snapshots.received;
  t.strictSame([first?.bgpPeers.size, first?.bgpFilters.size], [1, 0]);
  t.match(first?.faults, [{ file: /bgpfilters/, reason: /no such resource/ }]);
});

t.test('filters nobody lets us see reject everything until they are seen', async (t) => {
  const filter = object('BGPFilter', 'f', { exportV4: [{ action: 'Accept' }] });
  const server = await serve(t, [object('BGPPeer', 'a', { filters: ['f'] }), filter]);
  server.forbidden.add('list bgpfilters');
  const { started, snapshots, until } = await follow(t, server);
  await started;
  t.match(snapshots.received[0]?.bgpFilters.get('f'), { exportV4: [{ action: 'Reject' }] });
  t.match(snapshots.received[0]?.faults, [{ file: /bgpfilters/, reason: /no permission/ }]);
  server.forbidden.clear();
  const seen = await until(({ faults }) => faults.length === 0);
  t.match(seen.bgpFilters.get('f'), { exportV4: [{ action: 'Accept' }] });
});

t.test(
  'without permission for Nodes or BGPConfigurations nothing is guessed (START-2)',
  async (t) => {
    const server = await serve(t, [object('BGPPeer', 'a')]);
    server.forbidden.add('list bgpconfigurations');
    const reasons: unknown[] = [];
    const warn = (fields: object) => void reasons.push((fields as { reason: unknown }).reason);
    const log = { ...silentLog, warn };
    const datastore = await openOn(server, {}, log);
    t.teardown(() => datastore.stop());
    const snapshots = new SnapshotQueue();
    const started = datastore.start(snapshots.push);
    await eventually(() => reasons.length > 0);
    t.match(reasons, [/bgpconfigurations.*no permission/]);
    t.equal(snapshots.received.length, 0);
    server.forbidden.clear();
    await started;
    t.equal(snapshots.received.length, 1);
  },
);

t.test(
  'pages, a compaction, a restart of the server: every change arrives, nothing else',
  async (t) => {
    const names = Array.from({ length: 1200 }, (_, i) => `p${String(i).padStart(4, '0')}`);
    const server = await serve(
      t,
      names.map((name) => object('BGPPeer', name)),
    );
    const { started, snapshots, until } = await follow(t, server);
    await started;
    t.equal(snapshots.received[0]?.bgpPeers.size, 1200);
    const pages = server.requests.filter(({ query }) => query.has('continue'));
    t.equal(pages.length, 2);
    await server.kill();
    server.delete(object('BGPPeer', 'p0000'));
    server.put(object('BGPPeer', 'q', { asNumber: 5 }));
    server.store.compact();
    const changed = until(({ bgpPeers }) => bgpPeers.has('q'));
    await server.listen();
    t.equal((await changed).bgpPeers.size, 1200);
    t.notOk((await changed).bgpPeers.has('p0000'));
    t.equal(snapshots.received.length, 2, 'in one step');
    server.put(object('BGPPeer', 'r'));
    await until(({ bgpPeers }) => bgpPeers.has('r'));
  },
);

t.test('Calico installed later, and moved to its other layout, is found (§3.1)', async (t) => {
  const server = await serve(t, [], { layout: undefined });
  const clock = new FakeClock();
  const ports = {
    api: new KubernetesApi(findConnection(settingsFor(server)), clock),
    clock,
    random: { uniform: () => 0.5 },
  };
  const source = new KubernetesSource(ports, {
    node: 'n1',
    usePodCidr: false,
    apiGroup: undefined,
  });
  t.teardown(() => source.stop());
  let told: readonly string[] = [];
  void source.start(({ sources }) => {
    told = sources.map(({ file }) => file);
  });
  const until = async (holds: () => boolean) => {
    for (let i = 0; !holds(); i++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      if (i % 50 === 0) clock.advance(500);
    }
  };
  const peerIn = (layout: CalicoVersion) => () => told.includes(`/apis/${layout}/bgppeers/a`);
  const seen = () => server.requests.filter(({ path }) => path.endsWith('/bgppeers')).length;
  await until(() => seen() === 1);
  server.install('crd.projectcalico.org/v1');
  server.put(object('BGPPeer', 'a'));
  await until(peerIn('crd.projectcalico.org/v1'));
  server.install('projectcalico.org/v3');
  server.closeWatches();
  await until(peerIn('projectcalico.org/v3'));
  t.pass('told from the new layout');
});
