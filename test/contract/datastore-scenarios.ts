/**
 * Clusters and their changes, with what a node must make of them: whichever datastore they are written
 * to, the effective configuration is the same.
 *
 * What is right for each state is read from its objects directly; that it follows the rules is what the
 * golden tests of the templates say.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Test } from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { printConfig } from '../../src/config/print.ts';
import { loadTemplates } from '../../src/config-templates/load.ts';
import { renderConfig } from '../../src/config-templates/render.ts';
import { parseSelector, Selector } from '../../src/datastore/selectors.ts';
import type { Snapshot } from '../../src/datastore/snapshot.ts';
import { SnapshotAssembler } from '../../src/datastore/snapshot-assembler.ts';
import { withoutSources } from '../support/printed.ts';
import { sourcesOf } from '../support/snapshot.ts';
import { type DatastoreDriver, SnapshotQueue, type WrittenObject } from './datastore.ts';

/** The own node of every scenario that names no other. */
export const SCENARIO_NODE = 'node-a';

export interface ScenarioOptions {
  readonly node?: string;
  readonly usePodCidr?: boolean;
  readonly clusterIpRange?: string;
}

/** Opens datastores for the own node; one driver per scenario, empty at first. */
export type ScenarioDriver = (options: ScenarioOptions) => Promise<DatastoreDriver>;

/** How long a change may take to be seen, on a busy machine. */
const PATIENCE_MS = 10_000;

/**
 * Plays the clusters that stand still, and the one that changes.
 *
 * @param isPossible of those that stand still, which can be written to the datastore
 */
export function testScenarios(
  t: Test,
  makeDriver: ScenarioDriver,
  isPossible: (options: ScenarioOptions) => boolean = () => true,
): void {
  for (const scenario of [...goldenClusters(), ...calicoClusters()].filter(({ options }) =>
    isPossible(options),
  )) {
    t.test(`the configuration of ${scenario.name}`, async (t) => {
      const play = await Play.start(t, makeDriver, scenario);
      await play.isConfigured('as it is');
    });
  }
  t.test('a cluster that changes step by step', async (t) => {
    const play = await Play.start(t, makeDriver, { name: 'live', options: {}, objects: BASE });
    await play.isConfigured('at first');
    for (const [what, ...changes] of STEPS) {
      for (const change of changes) await play.change(change);
      await play.isConfigured(what);
    }
  });
}

interface Cluster {
  readonly name: string;
  readonly options: ScenarioOptions;
  readonly objects: readonly WrittenObject[];
}

/** The clusters of the templates' golden tests. */
function goldenClusters(): Cluster[] {
  const folder = new URL('../fixtures/templates/', import.meta.url);
  return readdirSync(folder).map((name) => {
    const read = (file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8');
    const objects = parseAllDocuments(read('datastore.yaml')).map((document) => document.toJS());
    const { options = {} } = parse(read('expected.yaml')) as { options?: ScenarioOptions };
    return { name, options, objects: objects.filter(Boolean).map(asServed) };
  });
}

/** Calico's own examples, where they lie beside the checkout, with the address blocks they are tried with (§24). */
function calicoClusters(): Cluster[] {
  const folder = new URL('../../../shared/data/calico-examples/', import.meta.url);
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const node = 'kube-master';
  const blocks = [
    affinity('10.0.0.0/30', '', node),
    affinity('10.1.0.0/24', '', node),
    affinity('10.2.0.1/32', '', node),
    affinity('192.168.221.192/26', '', node),
    affinity('192.168.221.64/26', 'confirmed', node),
    affinity('192.168.221.0/26', 'pending', node),
  ];
  return names
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => {
      const documents = parseAllDocuments(readFileSync(new URL(name, folder), 'utf8'));
      const objects = documents.map((document) => document.toJS()).filter(Boolean);
      return { name, options: { node }, objects: [...objects.map(asServed), ...blocks] };
    });
}

/** A Secret as it is read, not as it may be written. */
function asServed(object: WrittenObject & { stringData?: Record<string, string> }): WrittenObject {
  const { stringData, ...rest } = object;
  if (!stringData) return object;
  const data = Object.entries(stringData).map(([key, text]) => [key, base64(text)]);
  return { ...rest, data: Object.fromEntries(data) } as WrittenObject;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** One scenario on one datastore, beside what is right. */
class Play {
  readonly #t: Test;
  readonly #driver: DatastoreDriver;
  readonly #options: ScenarioOptions;
  readonly #snapshots = new SnapshotQueue();
  readonly #objects = new Map<string, WrittenObject>();
  readonly #reference = new SnapshotAssembler();
  #right: Snapshot | undefined;

  static async start(t: Test, makeDriver: ScenarioDriver, cluster: Cluster): Promise<Play> {
    const play = new Play(t, await makeDriver(cluster.options), cluster.options);
    for (const object of cluster.objects) await play.change({ put: object });
    const datastore = await play.#driver.open();
    t.teardown(async () => {
      await datastore.stop();
      await play.#driver.close();
    });
    await datastore.start(play.#snapshots.push);
    return play;
  }

  private constructor(t: Test, driver: DatastoreDriver, options: ScenarioOptions) {
    this.#t = t;
    this.#driver = driver;
    this.#options = options;
  }

  async change(change: Change): Promise<void> {
    const object = 'put' in change ? change.put : change.remove;
    const { kind, metadata } = object;
    const identity = `${kind} ${metadata.namespace ?? ''} ${metadata.name}`;
    if ('put' in change) {
      this.#objects.set(identity, object);
      await this.#driver.put(object);
    } else {
      await this.#driver.delete(this.#objects.get(identity) ?? object);
      this.#objects.delete(identity);
    }
  }

  /** Waits until the latest snapshot means what it should. */
  async isConfigured(what: string): Promise<void> {
    const right = this.#effective(this.#rightSnapshot());
    const deadline = performance.now() + PATIENCE_MS;
    const seen = () => this.#effective(this.#snapshots.received.at(-1)!);
    while (!isDeepStrictEqual(seen(), right) && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    this.#t.strictSame(seen(), right, what);
  }

  #rightSnapshot(): Snapshot {
    const texts = [...this.#objects.values()].map((object) => JSON.stringify(object));
    const sources = texts.flatMap((text, index) => sourcesOf(text, `${index}`));
    this.#right = this.#reference.assemble(sources) ?? this.#right!;
    return this.#right;
  }

  #effective(snapshot: Snapshot): unknown {
    const { config } = renderConfig(snapshot, {
      node: SCENARIO_NODE,
      templates: TEMPLATES,
      matchesSelector,
      ...this.#options,
    });
    return config && withoutSources(printConfig(config, { showSecrets: true }));
  }
}

const TEMPLATES = loadTemplates();

function matchesSelector(text: string, labels: Readonly<Record<string, string>>): boolean {
  const selector = parseSelector(text);
  return selector instanceof Selector && selector.matches(labels);
}

type Change = { readonly put: WrittenObject } | { readonly remove: WrittenObject };

const CALICO = 'projectcalico.org/v3';

function calico(kind: string, name: string, spec: object, labels = {}): WrittenObject {
  return { kind, apiVersion: CALICO, metadata: { name, labels }, spec } as WrittenObject;
}

function node(name: string, host: number, labels = {}, bgp = {}): WrittenObject {
  const addresses = { ipv4Address: `10.20.0.${host}/24`, ipv6Address: `fd20::${host}/64` };
  return calico('Node', name, { bgp: { ...addresses, ...bgp } }, labels);
}

function affinity(cidr: string, state: string, owner = SCENARIO_NODE): WrittenObject {
  const name = `${owner}-${cidr.replace(/[.:/]/g, '-')}`;
  return calico('BlockAffinity', name, { node: owner, cidr, state, deleted: false });
}

function secret(password: string): WrittenObject {
  const metadata = { name: 'bgp', namespace: 'kube-system' };
  const data = { tor: base64(password) };
  return { kind: 'Secret', apiVersion: 'v1', metadata, data } as WrittenObject;
}

function service(spec: object): WrittenObject {
  const metadata = { name: 'web', namespace: 'shop' };
  const address = {
    type: 'ClusterIP',
    clusterIP: '10.96.0.7',
    clusterIPs: ['10.96.0.7'],
    ipFamilies: ['IPv4'],
  };
  return { kind: 'Service', apiVersion: 'v1', metadata, spec: { ...address, ...spec } };
}

function endpoints(...nodes: readonly string[]): WrittenObject {
  const labels = { 'kubernetes.io/service-name': 'web' };
  const found = nodes.map((nodeName) => ({ nodeName, conditions: { ready: true } }));
  return {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    metadata: { name: 'web-1', namespace: 'shop', labels },
    addressType: 'IPv4',
    endpoints: found,
  } as WrittenObject;
}

const peer = (spec: object) => calico('BGPPeer', 'tor', { peerIP: '10.20.0.254', ...spec });
const withPassword = { password: { secretKeyRef: { name: 'bgp', key: 'tor' } } };
const settings = (spec: object) => calico('BGPConfiguration', 'default', spec);
const pool = (spec: object) => calico('IPPool', 'pods', { cidr: '10.88.0.0/16', ...spec });
const MESH_PASSWORD = { nodeMeshPassword: { secretKeyRef: { name: 'bgp', key: 'tor' } } };
const NO_AGGREGATION = { externalTrafficPolicy: 'Local' };

const BASE: readonly WrittenObject[] = [
  node('node-a', 1, { rack: '1' }),
  node('node-b', 2, { rack: '1' }),
  node('node-c', 3, { rack: '2', reflector: 'yes' }, { routeReflectorClusterID: '10.0.0.3' }),
  pool({ ipipMode: 'Never' }),
  affinity('10.88.1.0/26', 'confirmed'),
  affinity('10.88.2.0/26', 'confirmed', 'node-b'),
];

/** What changes, and how. */
const STEPS: readonly (readonly [string, ...Change[]])[] = [
  ['another AS', { put: settings({ asNumber: 64700 }) }],
  ['a peer with filters that do not exist yet', { put: peer({ asNumber: 1, filters: ['out'] }) }],
  [
    'the filter appears',
    {
      put: calico('BGPFilter', 'out', {
        exportV4: [{ cidr: '10.88.0.0/16', matchOperator: 'In', action: 'Reject' }],
      }),
    },
  ],
  [
    'the filter is spoilt and stays as it was (§4.1)',
    { put: calico('BGPFilter', 'out', { exportV4: 'none' }) },
  ],
  ['the filter goes', { remove: calico('BGPFilter', 'out', {}) }],
  ['the peer wants a password that is not there', { put: peer({ asNumber: 1, ...withPassword }) }],
  ['the password comes', { put: secret('first') }],
  ['the password changes', { put: secret('second') }],
  ['the peer is spoilt and stays as it was (§4.1)', { put: peer({ asNumber: 'many' }) }],
  ['the pool gets tunnels', { put: pool({ ipipMode: 'CrossSubnet', disableBGPExport: true }) }],
  ['a block more', { put: affinity('10.88.1.64/26', 'confirmed') }],
  ['a block is on its way out', { put: affinity('10.88.1.64/26', 'pendingDeletion') }],
  ['a block is only wanted', { put: affinity('10.88.1.64/26', 'pending') }],
  ['a block goes', { remove: affinity('10.88.1.64/26', 'pending') }],
  ['another node leaves', { remove: node('node-b', 2) }],
  [
    'no mesh, a reflector',
    { put: settings({ asNumber: 64700, nodeToNodeMeshEnabled: false }) },
    {
      put: calico('BGPPeer', 'reflectors', {
        nodeSelector: "rack == '1'",
        peerSelector: 'has(reflector)',
      }),
    },
  ],
  ['we move to another rack', { put: node('node-a', 1, { rack: '3' }) }],
  ['and back', { put: node('node-a', 1, { rack: '1' }) }],
  [
    'the reflector gets an AS of its own',
    { put: node('node-c', 3, { reflector: 'x' }, { asNumber: 5 }) },
  ],
  [
    'settings of our own',
    {
      put: calico('BGPConfiguration', 'node.node-a', {
        listenPort: 1790,
        logSeverityScreen: 'Debug',
      }),
    },
  ],
  ['service ranges', { put: settings({ serviceClusterIPs: [{ cidr: '10.96.0.0/12' }] }) }],
  ['a service elsewhere', { put: service(NO_AGGREGATION) }, { put: endpoints('node-b') }],
  ['a service here', { put: endpoints('node-b', 'node-a') }],
  ['a service of the whole cluster', { put: service({}) }],
  ['the service goes', { remove: service({}) }],
  ['the mesh wants a password', { put: settings(MESH_PASSWORD) }],
  ['which comes', { put: secret('mesh') }],
  ['changes', { put: secret('another') }],
  ['and goes', { remove: secret('another') }],
  [
    'another source address and restart time',
    { put: peer({ asNumber: 1, sourceAddress: 'None', maxRestartTime: '60s' }) },
  ],
  ['and again', { put: peer({ asNumber: 1, sourceAddress: 'UseNodeIP', maxRestartTime: '90s' }) }],
  [
    'peers that overlap are one session',
    { put: calico('BGPPeer', 'tor-too', { peerIP: '10.20.0.254', asNumber: 1 }) },
  ],
  ['another normal priority', { put: settings({ ipv4NormalRoutePriority: 2000 }) }],
  ['Felix programs all routes', { put: settings({ programClusterRoutes: 'Disabled' }) }],
  ['or those without a tunnel', { put: settings({ programClusterRoutes: 'EnabledIPIPOnly' }) }],
  [
    'what Felix does by default depends on the version',
    { put: settings({}) },
    { put: calico('ClusterInformation', 'default', { calicoVersion: 'v3.33.1' }) },
  ],
  ['interfaces are ignored', { put: settings({ ignoredInterfaces: ['eth9'] }) }],
  ['everything of the cluster is as by default', { remove: settings({}) }],
  ['the pool goes', { remove: pool({}) }],
];
