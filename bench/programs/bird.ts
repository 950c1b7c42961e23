/** BIRD 2: one BGP protocol per neighbour; a kernel protocol only where routes go into the kernel. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Neighbor, Program, Role, Rule } from './program.ts';
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
router id ${role.routerId};
protocol device { }
protocol direct { ${channelOf(role)}; }
${role.fillsKernel ? `protocol kernel { ${channelOf(role)} { import none; export where source = RTS_BGP; }; }` : ''}
${role.resolvesAll ? resolver(role.neighbors[0]!.address) : ''}
filter incoming { ${role.importRules.map(ruleText).join(' ')} accept; }
filter outgoing { if source != RTS_BGP then reject; ${role.exportRules.map(ruleText).join(' ')} accept; }
${role.neighbors.map((neighbor, i) => session(role, neighbor, i)).join('')}`;
}

function channelOf({ family }: Role): string {
  return family === 'ipv4-unicast' ? 'ipv4' : 'ipv6';
}

function resolver(gateway: string): string {
  return `ipv4 table resolver;
protocol static { ipv4 { table resolver; }; route 0.0.0.0/0 via ${gateway}; }
`;
}

function ruleText({ within, community, addCommunity }: Rule): string {
  const action = addCommunity ? `bgp_community.add((${addCommunity.join(',')}))` : 'reject';
  if (within) return `if net ~ [ ${within}+ ] then ${action};`;
  if (community) return `if (${community.join(',')}) ~ bgp_community then ${action};`;
  return `${action};`;
}

function session(role: Role, neighbor: Neighbor, i: number): string {
  const client = `rr client; rr cluster id ${role.routerId};`;
  return `protocol bgp peer${i} {
  local ${role.address} as ${role.asNumber};
  neighbor ${neighbor.address} as ${neighbor.asNumber};
  passive;
  ${role.kind === 'reflector' ? client : ''}
  ${channelOf(role)} {
    ${role.resolvesAll ? 'igp table resolver;' : ''}
    ${role.kind === 'external' ? 'next hop self;' : ''}
    ${role.addPath ? 'add paths tx;' : ''}
    import ${role.importRules.length > 0 ? 'filter incoming' : 'all'};
    export ${role.exportRules.length > 0 ? 'filter outgoing' : 'where source = RTS_BGP'};
  };
}
`;
}
