/** OpenBGPD: the kernel untouched, all neighbours in one group, everything allowed in and out. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Neighbor, Program, Role } from './program.ts';
import { outputOf } from './version.ts';

export const openbgpd: Program = {
  name: 'openbgpd',
  command: '/usr/sbin/bgpd',
  version: () => outputOf(['/usr/sbin/bgpd', '-V']),
  prepare(role, folder) {
    const file = join(folder, 'openbgpd.conf');
    writeFileSync(file, configOf(join(folder, 'openbgpd.sock'), role), { mode: 0o600 });
    return ['/usr/sbin/bgpd', '-d', '-f', file];
  },
};

function configOf(socket: string, role: Role): string {
  return `AS ${role.asNumber}
router-id ${role.address}
listen on ${role.address}
socket "${socket}"
fib-update no
${role.resolvesAll ? 'nexthop qualify via default' : ''}
group "all" {
  passive
  ${role.kind === 'reflector' ? `route-reflector ${role.address}` : ''}
${role.neighbors.map(session).join('')}}
${role.kind === 'external' ? 'match to any set nexthop self' : ''}
allow from any
allow to any
`;
}

function session({ address, asNumber }: Neighbor): string {
  return `  neighbor ${address} { remote-as ${asNumber} }\n`;
}
