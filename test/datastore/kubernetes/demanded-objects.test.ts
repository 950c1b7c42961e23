import t, { type Test } from 'tap';
import type { ApiClient } from '../../../src/datastore/kubernetes/api-client.ts';
import { ApiError } from '../../../src/datastore/kubernetes/api-error.ts';
import { DemandedObjects } from '../../../src/datastore/kubernetes/demanded-objects.ts';
import { emptySnapshot, type Snapshot } from '../../../src/datastore/snapshot.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const ADVERTISING: Snapshot = {
  ...emptySnapshot(),
  bgpConfigurations: new Map([['default', { name: 'default', serviceClusterIPs: ['10.0.0.0/8'] }]]),
};
const WITH_PASSWORD: Snapshot = {
  ...emptySnapshot(),
  bgpConfigurations: new Map([
    ['default', { name: 'default', nodeMeshPassword: { name: 'mesh', key: 'k' } }],
  ]),
};

/** An API server of which every list ends in `answer`. */
function client(answer: (signal: AbortSignal) => Promise<never>): ApiClient {
  return {
    get: async () => ({}),
    list: (_path, _onItem, signal) => answer(signal),
    watch: async () => undefined,
    close: () => undefined,
  };
}

const silent = client(
  (signal) =>
    new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(new ApiError('stopped')));
    }),
);
const unreachable = client(async () => {
  throw new ApiError('connection refused');
});

async function open(t: Test, api: ApiClient, isOptional: boolean) {
  const clock = new FakeClock();
  const ports = { api, clock, random: { uniform: () => 0.5 } };
  const options = { secretsNamespace: 'kube-system', advertisedClusterIps: undefined, isOptional };
  const source = new DemandedObjects(ports, options);
  let told = 0;
  await source.start(() => told++);
  const finish = async () => {
    await source.stop();
    t.equal(clock.pendingTimers, 0, 'no timer is left');
  };
  const pass = async (ms: number) => {
    await new Promise<void>((resolve) => setImmediate(resolve));
    clock.advance(ms);
    await new Promise<void>((resolve) => setImmediate(resolve));
    clock.advance(0); // what was deferred
  };
  return { source, pass, finish, told: () => told };
}

t.test('beside etcd an API server that cannot be reached is not waited for (§1.4)', async (t) => {
  const { source, pass, finish, told } = await open(t, unreachable, true);
  t.notOk(source.onSnapshot(ADVERTISING));
  await pass(1);
  t.ok(source.onSnapshot(ADVERTISING));
  t.ok(told() > 1, 'and that is told');
  await finish();
});

t.test('nor is one that says nothing, for long (§1.4)', async (t) => {
  const { source, pass, finish, told } = await open(t, silent, true);
  t.notOk(source.onSnapshot(ADVERTISING));
  await pass(4_900);
  t.notOk(source.onSnapshot(ADVERTISING));
  const before = told();
  await pass(100);
  t.ok(source.onSnapshot(ADVERTISING));
  t.ok(told() > before);
  await finish();
});

t.test('where all is in Kubernetes, services are waited for (START-2)', async (t) => {
  const { source, pass, finish } = await open(t, unreachable, false);
  source.onSnapshot(ADVERTISING);
  await pass(60_000);
  t.notOk(source.onSnapshot(ADVERTISING));
  await finish();
});

t.test('a Secret is waited for two seconds; the session waits on (§5, SESS-9)', async (t) => {
  const { source, pass, finish } = await open(t, silent, false);
  t.notOk(source.onSnapshot(WITH_PASSWORD));
  await pass(1_900);
  t.notOk(source.onSnapshot(WITH_PASSWORD));
  await pass(100);
  t.ok(source.onSnapshot(WITH_PASSWORD));
  t.ok(source.onSnapshot(emptySnapshot()), 'what nobody refers to any more, nobody waits for');
  await finish();
});

t.test(
  'the ConfigMap with templates is read by its name, and waited for two seconds',
  async (t) => {
    const asked: string[] = [];
    const api: ApiClient = {
      ...silent,
      list: (path, onItem, signal) => {
        asked.push(path);
        return silent.list(path, onItem, signal);
      },
    };
    const clock = new FakeClock();
    const ports = { api, clock, random: { uniform: () => 0.5 } };
    const source = new DemandedObjects(ports, {
      secretsNamespace: 'kube-system',
      templatesConfigMap: 'mine',
      advertisedClusterIps: undefined,
      isOptional: true,
    });
    await source.start(() => {});
    t.notOk(source.onSnapshot(emptySnapshot()));
    await new Promise<void>((resolve) => setImmediate(resolve));
    t.match(asked, [/^\/api\/v1\/namespaces\/kube-system\/configmaps\?.*metadata.name%3Dmine/]);
    clock.advance(2_000);
    t.ok(source.onSnapshot(emptySnapshot()));
    await source.stop();
  },
);
