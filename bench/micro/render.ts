/**
 * Rendering the configuration of one node of a large cluster: the first time, and after one change.
 *
 *     npx tsc -p . --noEmit false --outDir /tmp/bench && cp -r src/config-templates/templates \
 *       /tmp/bench/src/config-templates/ && ln -sfn "$PWD/node_modules" /tmp/bench/node_modules
 *     node /tmp/bench/bench/micro/render.js [nodes]
 *
 * Every node is dual-stack. `step` is the longest stretch that cannot be interrupted: the event loop is
 * never held longer than a slice of the driver (10 ms) and one step.
 */
import { diffConfig } from '../../src/config/diff.ts';
import { loadTemplates } from '../../src/config-templates/load.ts';
import { ConfigRenderer, type RenderResult } from '../../src/config-templates/render.ts';
import {
  type BgpPeer,
  type CalicoNode,
  emptySnapshot,
  type Snapshot,
} from '../../src/datastore/snapshot.ts';

const COUNT = Number(process.argv[2] ?? 5_000);

function makeNode(i: number, changes: Partial<CalicoNode> = {}): CalicoNode {
  const name = `node-${String(i).padStart(5, '0')}`;
  const addresses = {
    ipv4Address: `10.1.${i >> 8}.${i & 255}/16`,
    ipv6Address: `fd00::${i + 1}/64`,
  };
  return { name, labels: { rack: `r${i % 40}` }, podCIDRs: [], ...addresses, ...changes };
}

function cluster(changed: CalicoNode | undefined, own: Partial<CalicoNode>): Snapshot {
  const nodes = new Map<string, CalicoNode>();
  for (const node of NODES) nodes.set(node.name, node);
  if (changed) nodes.set(changed.name, changed);
  nodes.set(OWN, makeNode(0, own));
  return { ...emptySnapshot(), nodes, bgpPeers: new Map([[TO_REFLECTORS.name, TO_REFLECTORS]]) };
}

/** Renders step by step, and tells how long it took and how long the longest step was. */
function measure(what: string, renderer: ConfigRenderer, snapshot: Snapshot): RenderResult {
  const startedAt = performance.now();
  const steps = renderer.steps(snapshot);
  let longest = 0;
  for (let at = startedAt; ; ) {
    const step = steps.next();
    const now = performance.now();
    longest = Math.max(longest, now - at);
    at = now;
    if (!step.done) continue;
    const total = now - startedAt;
    const sessions = step.value.config?.neighbors.length;
    console.log(
      `${what}: ${total.toFixed(0)} ms, step ${longest.toFixed(1)} ms, ${sessions} sessions, ` +
        `${step.value.faults.length} faults`,
    );
    return step.value;
  }
}

function measureDiff(before: RenderResult, after: RenderResult): void {
  const startedAt = performance.now();
  const { neighbors } = diffConfig(before.config!, after.config!);
  const changed = neighbors.added.length + neighbors.removed.length + neighbors.restarted.length;
  console.log(
    `  diff: ${(performance.now() - startedAt).toFixed(1)} ms, ${changed} sessions differ`,
  );
}

const OWN = makeNode(0).name;
const NODES = Array.from({ length: COUNT }, (_, i) => makeNode(i));
const TO_REFLECTORS: BgpPeer = {
  name: 'reflectors',
  nodeSelector: 'all()',
  peerSelector: 'own',
  usesNodeIp: true,
  filters: [],
  reversePeering: 'Auto',
};
const OPTIONS = {
  node: OWN,
  templates: loadTemplates(),
  matchesSelector: (selector: string, labels: Readonly<Record<string, string>>) =>
    selector === 'all()' || labels['reflector'] === 'yes',
};

for (const [role, own] of [
  ['mesh', {}],
  ['reflector', { labels: { reflector: 'yes' }, routeReflectorClusterID: '1.0.0.1' }],
] as const) {
  const renderer = new ConfigRenderer(OPTIONS);
  const first = measure(`${role}, first`, renderer, cluster(undefined, own));
  const same = measure(`${role}, nothing changed`, renderer, cluster(undefined, own));
  measureDiff(first, same);
  let before = same;
  for (let i = 1; i <= 5; i++) {
    const changed = makeNode(COUNT - i, { asNumber: 65_000 + i });
    const after = measure(`${role}, one node changed`, renderer, cluster(changed, own));
    measureDiff(before, after);
    before = after;
  }
}
