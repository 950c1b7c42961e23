/**
 * Clusters as folders: `test/fixtures/templates/CASE/datastore.yaml` in, `expected.yaml` out.
 *
 * What is expected is written by the rules. Sections it does not name are not compared, and of
 * `policies` only those it names; `options` are those of rendering. The own node is node-a.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { printConfig } from '../../src/config/print.ts';
import { loadTemplates } from '../../src/config-templates/load.ts';
import { renderConfig } from '../../src/config-templates/render.ts';
import { readFolder } from '../../src/datastore/folder.ts';
import { withoutSources } from '../support/printed.ts';
import { faultTexts, matchesSelector, OWN } from './support.ts';

const CASES = new URL('../fixtures/templates/', import.meta.url);
const CALICO = new URL('../../../shared/data/calico-examples/', import.meta.url).pathname;

interface Expectation {
  readonly options?: object;
  readonly faults?: readonly string[];
  readonly policies?: Record<string, unknown>;
  readonly [section: string]: unknown;
}

async function renderFile(path: string, options: object) {
  const templates = loadTemplates();
  const { config, faults } = renderConfig(await readFolder(path), {
    node: OWN,
    matchesSelector,
    templates,
    ...options,
  });
  const printed = config && withoutSources(printConfig(config));
  return { printed, faults: faultTexts(faults) };
}

for (const name of readdirSync(CASES)) {
  t.test(`golden: ${name}`, async (t) => {
    const folder = new URL(`${name}/`, CASES);
    const text = readFileSync(new URL('expected.yaml', folder), 'utf8');
    const { options = {}, faults = [], policies = {}, ...sections }: Expectation = parse(text);
    const result = await renderFile(new URL('datastore.yaml', folder).pathname, options);
    t.same(result.faults, faults);
    for (const [section, expected] of Object.entries(sections)) {
      t.same(result.printed?.[section], expected, section);
    }
    const printed = result.printed?.['policies'] as Record<string, unknown>;
    for (const [policy, rules] of Object.entries(policies)) {
      t.same(printed[policy], rules, policy);
    }
  });
}

const KUBE_MASTER = { node: 'kube-master' };

/** Sessions of Calico's own examples, by name: port, AS and whether passive. */
const CALICO_SESSIONS: Readonly<Record<string, Readonly<Record<string, object>>>> = {
  'mesh-ipip-off': {
    Mesh_10_192_0_3: { passive: true },
    Mesh_10_192_0_4: { passive: true },
    Mesh_2001__102: { passive: false },
    Mesh_2001__104: { passive: true },
  },
  'mesh-ipip-always': { Mesh_10_192_0_3: { passive: true }, Mesh_10_192_0_4: { port: 179 } },
  'mesh-communities': { Mesh_10_192_0_3: { port: 177 }, Mesh_10_192_0_4: { port: 177 } },
  'explicit_peering-global': {
    Global_10_192_0_3_port_150: { port: 150, passive: true, asNumber: 64567 },
    Global_10_192_0_1_port_166: { port: 166, passive: false },
    Global_10_192_0_1_port_150: { port: 150, passive: false },
  },
  'explicit_peering-selectors': {
    Node_10_192_0_3_port_500: { passive: false },
    Node_fd5f__3_port_500: { passive: false },
    Node_10_192_0_4: { port: 179 },
    Node_fd5f__4: { port: 179 },
  },
  'explicit_peering-route_reflector': {
    Node_172_19_4_87: { asNumber: 64533 },
    Node_ac13__57_port_50: { asNumber: 64533 },
    Node_10_192_0_3: { routeReflectorClient: true },
    Node_10_192_0_4: { routeReflectorClient: true },
    Node_fe0a__3: { routeReflectorClient: true },
    Node_fe0a__4: { routeReflectorClient: true },
  },
  'reachable_by-global_peers': {
    Global_10_225_0_4: { nextHop: 'keep' },
    Global_10_225_0_5: { nextHop: 'keep' },
    Global_ffee__10: { nextHop: 'keep' },
    Global_ffee__11: { nextHop: 'keep' },
  },
  'bgpfilter-single_filter-global_peer': {
    Global_10_192_0_3: { import: ['filter-test-filter-import-ipv4'] },
    Global_10_192_0_4: { passive: false },
    Global_2001__103: { import: ['filter-test-filter-import-ipv6'] },
    Global_2001__104: { passive: false },
  },
};

for (const [example, sessions] of Object.entries(CALICO_SESSIONS)) {
  const path = `${CALICO}${example}.yaml`;
  if (!existsSync(path)) continue; // recorded data beside the checkout; the cases above need none
  t.test(`Calico's example ${example}`, async (t) => {
    const { printed, faults } = await renderFile(path, KUBE_MASTER);
    const neighbors = printed?.['neighbors'] as { name: string }[];
    t.same(faults, []);
    t.same(neighbors.map(({ name }) => name).toSorted(), Object.keys(sessions).toSorted());
    t.match(Object.fromEntries(neighbors.map((one) => [one.name, one])), sessions);
  });
}
