/** Views and commands that answer from fixed data and remember what was asked, for API and CLI tests. */
import type { ApiContext } from '../../src/api/routes.ts';
import type {
  DaemonCommands,
  DaemonViews,
  DiffView,
  ExplainStep,
  ExplainView,
  NeighborView,
  OriginatedView,
  RouteView,
  StatusView,
} from '../../src/api/views.ts';

export const NEIGHBOR: NeighborView = {
  name: 'Mesh_10_0_0_2',
  address: '10.0.0.2',
  port: 179,
  asNumber: 64512,
  localAsNumber: 64512,
  state: 'Established',
  since: '2026-01-01T00:00:00.000Z',
  passive: false,
  routeReflectorClient: false,
  families: {
    'ipv4-unicast': {
      received: 3,
      accepted: 2,
      advertised: 1,
      addPath: { send: false, receive: false },
    },
  },
  uptimeSec: 3725,
  lastError: null,
  bfd: null,
  messages: { received: { update: 4 }, sent: { update: 5 } },
};

/** A route view with a prefix of its own per index. */
export function routeView(index: number): RouteView {
  return {
    prefix: `10.${(index >> 8) & 255}.${index & 255}.0/24`,
    best: true,
    valid: true,
    neighbor: 'Mesh_10_0_0_2',
    nextHop: '10.0.0.2',
    asPath: '64513 64514',
    origin: 'igp',
    localPref: 100,
    med: null,
    communities: ['64512:1'],
    largeCommunities: [],
    originatorId: null,
    clusterList: [],
    pathId: 0,
    ageSec: 12,
    kernel: 'installed',
  };
}

/** A route that one of three neighbours is not told. */
export const EXPLANATION: ExplainView = {
  query: '10.0.1.0/24',
  prefix: '10.0.1.0/24',
  neighbor: null,
  outcome: 'export (b): rejected by rule 1 of policy p',
  firstNo: 2,
  steps: [
    explainStep('kernel-write', 'yes', 'written', null),
    explainStep('export', 'yes', 'announced', 'a'),
    { ...explainStep('export', 'no', 'policy', 'b'), object: 'BGPFilter/f' },
    explainStep('export', 'no', 'policy', 'c'),
  ],
  paths: [],
  history: [{ ageSec: 3, event: 'withdrawn', text: 'a withdrew it 3 s ago' }],
};

function explainStep(
  stage: ExplainStep['stage'],
  answer: ExplainStep['answer'],
  code: string,
  neighbor: string | null,
): ExplainStep {
  return { stage, answer, code, text: `it is ${code}`, neighbor, object: null };
}

/** A router that is up with one session of two, and not ready for it. */
export const STATUS: StatusView = {
  state: 'not-ready',
  isReady: false,
  readiness: ['1 of 2 sessions are Established, 2 needed', 'b is Idle'],
  version: '0.0.0',
  node: 'a',
  asNumber: 64512,
  routerId: '10.0.0.1',
  uptimeSec: 75,
  sessions: { total: 2, established: 1 },
  reasons: [{ code: 'wrong-as', text: 'b is Idle: Bad Peer AS', object: 'BGPPeer/b' }],
  down: [],
  unknownPeers: [],
};

const DIFF: DiffView = {
  isInForce: false,
  held: {
    reason: 'it would remove all 2 peers',
    since: '2026-01-01T00:00:00.000Z',
    releaseInSec: 9,
    canForce: true,
  },
  changes: ['- asNumber: 1'],
  faults: ['BGPPeer/x: no'],
  needsRestart: [{ key: 'fib.table', from: 254, to: 100 }],
  leaving: [{ name: 'old', address: '10.0.0.9' }],
};

const ORIGINATED: OriginatedView = {
  prefix: '192.0.2.1/32',
  owner: 'metallb',
  best: true,
  localPref: null,
  med: null,
  communities: ['64512:10'],
  largeCommunities: [],
  leaseSec: 60,
  since: '2026-01-01T00:00:00.000Z',
  expiresAt: '2026-01-01T00:01:00.000Z',
  expiresInSec: 42,
};

/** Stub views; `routes` is how many the RIB holds. */
export function stubViews(routes = 2): DaemonViews {
  return {
    version: () => ({
      version: '0.0.0',
      node: 'a',
      pid: 1,
      startedAt: '2026-01-01T00:00:00.000Z',
      routerId: '10.0.0.1',
      asNumber: 64512,
    }),
    status: () => STATUS,
    diff: () => DIFF,
    originated: () => [ORIGINATED],
    watch: () => undefined,
    neighbors: () => [NEIGHBOR],
    neighbor: (name) => (name === NEIGHBOR.name ? { ...NEIGHBOR, history: [] } : undefined),
    *rib(query) {
      for (let i = 0; i < routes; i++) {
        const view = routeView(i);
        if (query === undefined || view.prefix === query) yield view;
      }
    },
    adjIn: (name) => (name === NEIGHBOR.name ? [routeView(0)] : undefined),
    adjOut: (name) => (name === NEIGHBOR.name ? [routeView(1)] : undefined),
    fib: () => [
      {
        prefix: '10.0.1.0/24',
        type: 'unicast',
        nextHops: [{ via: '10.0.0.2', dev: 'eth0', onlink: false, weight: 1 }],
        metric: 1024,
        protocol: 12,
        state: 'installed',
        error: null,
        contest: null,
      },
    ],
    explain: (query, name) => (name === 'nobody' ? undefined : { ...EXPLANATION, query }),
    blocks: () => [
      {
        cidr: '10.0.0.0/26',
        state: 'confirmed',
        advertise: true,
        blackhole: true,
        kernel: 'installed',
      },
    ],
    quarantine: () => [],
    messages: () => [Buffer.from('messages')],
    table: (view) => [Buffer.from(`${view} `), Buffer.from('octets')],
    drain: () => ({ phase: 'drained', since: null, remainingSec: 0, sessions: 0, routes: 0 }),
    config: () => ({ router: { asNumber: 64512 } }),
  };
}

/** What an API server needs; `record` as in {@link recordingCommands}. */
export function stubContext(routes = 2, record: string[] = []): ApiContext {
  const commands = recordingCommands(record);
  return { views: stubViews(routes), commands, pause: () => Promise.resolve() };
}

/** Commands that record themselves as `name argument text` lines. */
export function recordingCommands(record: string[]): DaemonCommands {
  const note = (action: string) => (name: string, text?: string) => {
    record.push([action, name, text].filter(Boolean).join(' '));
    return name === NEIGHBOR.name;
  };
  return {
    clearNeighbor: note('clear'),
    softClearNeighbor: note('soft'),
    shutdownNeighbor: note('shutdown'),
    enableNeighbor: note('enable'),
    plan: async () => ({ changes: false }),
    applyConfig: (isForced) => {
      record.push(`apply ${isForced}`);
      return isForced ? 'no configuration is held' : undefined;
    },
    setLogLevel: (level) => void record.push(`log-level ${level}`),
    drain: ({ waitSec, text, stops }) =>
      void record.push(
        ['drain', waitSec, text, stops && 'stop'].filter((word) => word || word === 0).join(' '),
      ),
    originate: (order, caller) => {
      record.push(`originate ${JSON.stringify(order)} ${JSON.stringify(caller)}`);
      return [ORIGINATED];
    },
    withdrawOriginated: (order) => {
      record.push(`withdraw ${JSON.stringify(order)}`);
      return order.all ? 2 : order.prefixes.filter((prefix) => prefix === ORIGINATED.prefix).length;
    },
    saveRecording: async () => '/somewhere/catbird.mrt',
    abortDrain: () => void record.push('abort-drain'),
    stop: () => void record.push('stop'),
  };
}
