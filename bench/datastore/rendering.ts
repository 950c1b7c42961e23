/** Making the configuration of one node of a large, dual-stack cluster: the first time, and after a change. */
import { diffConfig } from '../../src/config/diff.ts';
import { loadTemplates } from '../../src/config-templates/load.ts';
import { ConfigRenderer, type RenderResult } from '../../src/config-templates/render.ts';
import {
  type BgpPeer,
  type CalicoNode,
  emptySnapshot,
  type Snapshot,
} from '../../src/datastore/snapshot.ts';
import { inSlices } from '../../src/run/slices.ts';
import { SystemClock } from '../../src/runtime/system-clock.ts';
import { nodeName, OWN_NODE } from './large-cluster.ts';
import type { Show } from './listing.ts';
import { type Cost, measured, medianCost } from './stopwatch.ts';

const CHANGES = 9;

const TO_REFLECTORS: BgpPeer = {
  name: 'reflectors',
  nodeSelector: 'all()',
  peerSelector: 'own',
  usesNodeIp: true,
  filters: [],
  reversePeering: 'Auto',
};

/** What the own node is, and with whom it has sessions then. */
const ROLES = {
  'of all': {},
  'a reflector to all': { labels: { reflector: 'yes' }, routeReflectorClusterID: '1.0.0.1' },
} as const;

export async function measureRendering(count: number, show: Show): Promise<void> {
  for (const [role, own] of Object.entries(ROLES)) await measureRole({ role, own, count }, show);
}

interface Role {
  readonly role: string;
  readonly own: Partial<CalicoNode>;
  readonly count: number;
}

async function measureRole({ role, own, count }: Role, show: Show): Promise<void> {
  const nodes = Array.from({ length: count }, (_, index) => calicoNode(index));
  const renderer = openRenderer();
  const first = await render(renderer, cluster(nodes, own));
  const sessions = first.result.config!.neighbors.length;
  show(`mesh ${role}, ${sessions} sessions: first configuration`, first.cost);
  let before = first.result;
  const costs: Cost[] = [];
  for (let i = 1; i <= CHANGES; i++) {
    nodes[count - i] = calicoNode(count - i, { asNumber: 65_000 + i });
    const { result, cost } = await render(renderer, cluster(nodes, own), before);
    costs.push(cost);
    before = result;
  }
  show('… one node changed, difference included', medianCost(costs));
}

async function render(renderer: ConfigRenderer, snapshot: Snapshot, before?: RenderResult) {
  const { value: result, cost } = await measured(async () => {
    const result = await inSlices(renderer.steps(snapshot), new SystemClock());
    if (before) diffConfig(before.config!, result.config!);
    return result;
  });
  return { result, cost };
}

function openRenderer(): ConfigRenderer {
  return new ConfigRenderer({
    node: OWN_NODE,
    templates: loadTemplates(),
    matchesSelector: (selector: string, labels: Readonly<Record<string, string>>) =>
      selector === 'all()' || labels['reflector'] === 'yes',
  });
}

function calicoNode(index: number, changes: Partial<CalicoNode> = {}): CalicoNode {
  const addresses = {
    ipv4Address: `10.1.${index >> 8}.${index & 255}/16`,
    ipv6Address: `fd00::${index + 1}/64`,
  };
  const labels = { rack: `r${index % 40}` };
  return { name: nodeName(index), labels, podCIDRs: [], ...addresses, ...changes };
}

function cluster(others: readonly CalicoNode[], own: Partial<CalicoNode>): Snapshot {
  const nodes = new Map(others.map((node) => [node.name, node]));
  nodes.set(OWN_NODE, calicoNode(0, own));
  return { ...emptySnapshot(), nodes, bgpPeers: new Map([[TO_REFLECTORS.name, TO_REFLECTORS]]) };
}
