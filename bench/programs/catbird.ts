/** Catbird from dist, with a static configuration. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loopDelayFile, probedNode } from './node-probe.ts';
import type { Program, Role, Rule } from './program.ts';

const MANIFEST = new URL('../../package.json', import.meta.url);
const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

/** Options for node that the program's first line has, which counts when it is started by its name. */
const ownOptions = readFileSync(CATBIRD, 'utf8').split('\n', 1)[0]!.match(/--\S+/g) ?? [];

/** Words for node in front of the program, as for a profile: `BENCH_NODE_OPTIONS=--cpu-prof`. */
const nodeOptions = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean);

export const catbird: Program = {
  name: 'catbird',
  command: process.execPath,
  version() {
    const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
    return `Catbird ${version}, Node ${process.version}`;
  },
  loopDelayFile,
  prepare(role, folder) {
    const file = join(folder, 'catbird.yaml');
    writeFileSync(file, `${JSON.stringify(configOf(role), null, 2)}\n`); // JSON is YAML
    const api = ['--api', join(folder, 'catbird.sock')];
    const node = [...probedNode(folder), ...ownOptions, ...nodeOptions];
    return [...node, CATBIRD, 'run', '--config', file, ...api];
  },
};

function configOf(role: Role): object {
  const { kind, family, asNumber, routerId, fillsKernel, neighbors } = role;
  const isReflector = kind === 'reflector';
  return {
    router: { asNumber, routerId, ...(isReflector && { clusterId: routerId }) },
    fib: { enabled: fillsKernel },
    neighbors: neighbors.map(({ address, asNumber: remoteAs }, i) => ({
      name: `peer${i}`,
      address,
      asNumber: remoteAs,
      passive: true,
      families: [family],
      ...(role.importRules.length > 0 && { import: ['incoming'] }),
      ...(role.exportRules.length > 0 && { export: ['outgoing'] }),
      ...(isReflector && { routeReflectorClient: true }),
    })),
    policies: {
      incoming: role.importRules.map(ruleOf),
      outgoing: role.exportRules.map(ruleOf),
    },
  };
}

function ruleOf({ within, community, addCommunity }: Rule): object {
  return {
    match: {
      ...(within && { prefixes: [`${within}+`] }),
      ...(community && { communities: [community.join(':')] }),
    },
    ...(addCommunity && { set: { addCommunities: [addCommunity.join(':')] } }),
    action: addCommunity ? 'next' : 'reject',
  };
}
