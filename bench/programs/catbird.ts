/** Catbird from dist, with a static configuration and the kernel untouched. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Program, Role } from './program.ts';

const MANIFEST = new URL('../../package.json', import.meta.url);
const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

/** Words for node in front of the program, as for a profile: `BENCH_NODE_OPTIONS=--cpu-prof`. */
const nodeOptions = (process.env['BENCH_NODE_OPTIONS'] ?? '').split(' ').filter(Boolean);

export const catbird: Program = {
  name: 'catbird',
  command: process.execPath,
  version() {
    const { version } = JSON.parse(readFileSync(MANIFEST, 'utf8')) as { version: string };
    return `Catbird ${version}, Node ${process.version}`;
  },
  prepare(role, folder) {
    const file = join(folder, 'catbird.yaml');
    writeFileSync(file, `${JSON.stringify(configOf(role), null, 2)}\n`); // JSON is YAML
    const api = ['--api', join(folder, 'catbird.sock')];
    return [process.execPath, ...nodeOptions, CATBIRD, 'run', '--config', file, ...api];
  },
};

function configOf({ kind, asNumber, address, neighbors }: Role): object {
  const isReflector = kind === 'reflector';
  return {
    router: { asNumber, routerId: address, ...(isReflector && { clusterId: address }) },
    fib: { enabled: false },
    neighbors: neighbors.map((neighbor, i) => ({
      name: `peer${i}`,
      ...neighbor,
      passive: true,
      families: ['ipv4-unicast'],
      ...(isReflector && { routeReflectorClient: true }),
    })),
  };
}
