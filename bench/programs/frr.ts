/** FRR's bgpd, with zebra only where routes go into the kernel; neighbours passive, one peer group per AS. */
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../lab/support/shell.ts';
import type { Program, Role, Rule } from './program.ts';
import { outputOf } from './version.ts';

const BGPD = '/usr/lib/frr/bgpd';
const ZEBRA = '/usr/lib/frr/zebra';

export const frr: Program = {
  name: 'frr',
  command: BGPD,
  version: () => outputOf([BGPD, '--version']),
  prepare(role, folder) {
    const file = join(folder, 'bgpd.conf');
    writeFileSync(file, configOf(role));
    const zebraFile = join(folder, 'zebra.conf');
    writeFileSync(zebraFile, '');
    chmodSync(dirname(folder), 0o755); // both give up root
    const [user, group] = ['-u', '-g'].map((which) => Number(run(['id', which, 'frr'])));
    for (const path of [folder, file, zebraFile]) chownSync(path, user!, group!);
    const where = ['--vty_socket', folder, '-z', `${folder}/zserv`];
    const options = ['-f', file, '-l', role.address, '--log', 'stdout', '-i', `${folder}/pid`];
    if (!role.fillsKernel) return [BGPD, ...options, ...where, '-n', '-Z'];
    const zebra = [ZEBRA, '-f', zebraFile, '-i', `${folder}/zebra.pid`, ...where];
    return ['sh', '-c', `${zebra.join(' ')} & exec ${[BGPD, ...options, ...where].join(' ')}`];
  },
};

function configOf(role: Role): string {
  const groups = [...new Set(role.neighbors.map(({ asNumber }) => asNumber))];
  const isReflector = role.kind === 'reflector';
  const isIpv4 = role.family === 'ipv4-unicast';
  const lines = [
    `router bgp ${role.asNumber}`,
    ` bgp router-id ${role.routerId}`,
    ' no bgp ebgp-requires-policy',
    ...(isIpv4 ? [] : [' no bgp default ipv4-unicast']),
    ...(isReflector ? [` bgp cluster-id ${role.routerId}`] : []),
    ...groups.flatMap((as) => [
      ` neighbor as${as} peer-group`,
      ` neighbor as${as} remote-as ${as}`,
      ` neighbor as${as} passive`,
    ]),
    ...role.neighbors.map(
      ({ address, asNumber }) => ` neighbor ${address} peer-group as${asNumber}`,
    ),
    ` address-family ${isIpv4 ? 'ipv4' : 'ipv6'} unicast`,
    ...groups.flatMap((as) => groupLines(role, `  neighbor as${as}`)),
    ' exit-address-family',
    ...role.importRules.flatMap((rule, i) => ruleLines('incoming', rule, i)),
    ...role.exportRules.flatMap((rule, i) => ruleLines('outgoing', rule, i)),
  ];
  return `log stdout errors\n${lines.join('\n')}\n`;
}

function groupLines(role: Role, group: string): string[] {
  return [
    ...(role.family === 'ipv4-unicast' ? [] : [`${group} activate`]),
    ...(role.kind === 'reflector' ? [`${group} route-reflector-client`] : []),
    ...(role.kind === 'external' ? [`${group} next-hop-self`] : []),
    ...(role.addPath ? [`${group} addpath-tx-all-paths`] : []),
    ...(role.importRules.length > 0 ? [`${group} route-map incoming in`] : []),
    ...(role.exportRules.length > 0 ? [`${group} route-map outgoing out`] : []),
  ];
}

function ruleLines(map: string, { within, community, addCommunity }: Rule, i: number): string[] {
  const name = `${map}${i}`;
  return [
    ...(within ? [`ip prefix-list ${name} permit ${within} le 32`] : []),
    ...(community ? [`bgp community-list standard ${name} permit ${community.join(':')}`] : []),
    `route-map ${map} ${addCommunity ? 'permit' : 'deny'} ${10 + i}`,
    ...(within ? [` match ip address prefix-list ${name}`] : []),
    ...(community ? [` match community ${name}`] : []),
    ...(addCommunity ? [` set community ${addCommunity.join(':')} additive`] : []),
    'exit',
  ];
}
