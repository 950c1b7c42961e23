/** OpenBGPD: the kernel untouched, all neighbours in one group, everything allowed in and out. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Neighbor, Program, Role, Rule } from './program.ts';
import { outputOf } from './version.ts';

/** Home of its user, where it locks itself in; made by systemd where that starts it. */
const CHROOT = '/run/openbgpd';

export const openbgpd: Program = {
  name: 'openbgpd',
  command: '/usr/sbin/bgpd',
  version: () => outputOf(['/usr/sbin/bgpd', '-V']),
  prepare(role, folder) {
    mkdirSync(CHROOT, { recursive: true });
    const file = join(folder, 'openbgpd.conf');
    writeFileSync(file, configOf(join(folder, 'openbgpd.sock'), role), { mode: 0o600 });
    return ['/usr/sbin/bgpd', '-d', '-f', file];
  },
};

function configOf(socket: string, role: Role): string {
  return `AS ${role.asNumber}
router-id ${role.routerId}
listen on ${role.address}
socket "${socket}"
fib-update no
${role.resolvesAll ? 'nexthop qualify via default' : ''}
group "all" {
  passive
  announce ${role.family === 'ipv4-unicast' ? 'IPv4' : 'IPv6'} unicast
  ${role.addPath ? 'announce add-path send all' : ''}
  ${role.kind === 'reflector' ? `route-reflector ${role.routerId}` : ''}
${role.neighbors.map(session).join('')}}
${role.kind === 'external' ? 'match to any set nexthop self' : ''}
allow from any
allow to any
${role.importRules.map((rule) => ruleText('from', rule)).join('\n')}
${role.exportRules.map((rule) => ruleText('to', rule)).join('\n')}
`;
}

/** A rejection is `quick`, because otherwise the last rule that matches decides. */
function ruleText(direction: 'from' | 'to', { within, community, addCommunity }: Rule): string {
  const filter = [
    ...(within ? [`prefix ${within} or-longer`] : []),
    ...(community ? [`community ${community.join(':')}`] : []),
  ].join(' ');
  if (!addCommunity) return `deny quick ${direction} any ${filter}`;
  return `match ${direction} any ${filter} set community ${addCommunity.join(':')}`;
}

function session({ address, asNumber }: Neighbor): string {
  return `  neighbor ${address} { remote-as ${asNumber} }\n`;
}
