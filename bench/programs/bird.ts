/** BIRD 2: one BGP protocol per neighbour, no kernel protocol. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Neighbor, Program, Role } from './program.ts';
import { outputOf } from './version.ts';

export const bird: Program = {
  name: 'bird',
  command: 'bird',
  version: () => outputOf(['bird', '--version']),
  prepare(role, folder) {
    const file = join(folder, 'bird.conf');
    writeFileSync(file, configOf(role));
    const state = ['-s', join(folder, 'bird.ctl'), '-P', join(folder, 'bird.pid')];
    return ['bird', '-f', '-c', file, ...state];
  },
};

function configOf(role: Role): string {
  return `log stderr { warning, error, fatal, bug };
router id ${role.address};
protocol device { }
protocol direct { ipv4; }
${role.resolvesAll ? resolver(role.neighbors[0]!.address) : ''}
${role.neighbors.map((neighbor, i) => session(role, neighbor, i)).join('')}`;
}

function resolver(gateway: string): string {
  return `ipv4 table resolver;
protocol static { ipv4 { table resolver; }; route 0.0.0.0/0 via ${gateway}; }
`;
}

function session(role: Role, neighbor: Neighbor, i: number): string {
  const client = `rr client; rr cluster id ${role.address};`;
  return `protocol bgp peer${i} {
  local ${role.address} as ${role.asNumber};
  neighbor ${neighbor.address} as ${neighbor.asNumber};
  passive;
  ${role.kind === 'reflector' ? client : ''}
  ipv4 {
    ${role.resolvesAll ? 'igp table resolver;' : ''}
    ${role.kind === 'external' ? 'next hop self;' : ''}
    import all;
    export where source = RTS_BGP;
  };
}
`;
}
