/** FRR's bgpd alone, without zebra: no kernel, all neighbours passive in one peer group per AS. */
import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../../lab/support/shell.ts';
import type { Program, Role } from './program.ts';
import { outputOf } from './version.ts';

const BGPD = '/usr/lib/frr/bgpd';

export const frr: Program = {
  name: 'frr',
  command: BGPD,
  version: () => outputOf([BGPD, '--version']),
  prepare(role, folder) {
    const file = join(folder, 'bgpd.conf');
    writeFileSync(file, configOf(role));
    chmodSync(dirname(folder), 0o755); // bgpd gives up root
    const [user, group] = ['-u', '-g'].map((which) => Number(run(['id', which, 'frr'])));
    for (const path of [folder, file]) chownSync(path, user!, group!);
    const where = ['-i', `${folder}/pid`, '--vty_socket', folder, '-z', `${folder}/zserv`];
    const options = ['-f', file, '-n', '-Z', '-l', role.address, '--log', 'stdout'];
    return [BGPD, ...options, ...where];
  },
};

function configOf(role: Role): string {
  const groups = [...new Set(role.neighbors.map(({ asNumber }) => asNumber))];
  const isReflector = role.kind === 'reflector';
  const lines = [
    `router bgp ${role.asNumber}`,
    ` bgp router-id ${role.address}`,
    ' no bgp ebgp-requires-policy',
    ...(isReflector ? [` bgp cluster-id ${role.address}`] : []),
    ...groups.flatMap((as) => [
      ` neighbor as${as} peer-group`,
      ` neighbor as${as} remote-as ${as}`,
      ` neighbor as${as} passive`,
    ]),
    ...role.neighbors.map(
      ({ address, asNumber }) => ` neighbor ${address} peer-group as${asNumber}`,
    ),
    ' address-family ipv4 unicast',
    ...groups.map(
      (as) => `  neighbor as${as} ${isReflector ? 'route-reflector-client' : 'next-hop-self'}`,
    ),
    ' exit-address-family',
  ];
  return `log stdout errors\n${lines.join('\n')}\n`;
}
