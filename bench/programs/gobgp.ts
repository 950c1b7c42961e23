/** GoBGP: all neighbours listed, passive, policies as shipped (accept). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Neighbor, Program, Role } from './program.ts';
import { outputOf } from './version.ts';

export const gobgp: Program = {
  name: 'gobgp',
  command: 'gobgpd',
  version: () => outputOf(['gobgpd', '--version']),
  prepare(role, folder) {
    const file = join(folder, 'gobgp.json');
    writeFileSync(file, JSON.stringify(configOf(role), null, 2));
    const options = ['-t', 'json', '-f', file, '-l', 'warn', '--log-plain', '--api-hosts'];
    return ['gobgpd', ...options, '127.0.0.1:50051'];
  },
};

function configOf(role: Role): object {
  const { asNumber, address } = role;
  return {
    global: { config: { as: asNumber, 'router-id': address, 'local-address-list': [address] } },
    neighbors: role.neighbors.map((neighbor) => neighborOf(role, neighbor)),
  };
}

function neighborOf({ kind, address }: Role, neighbor: Neighbor): object {
  const reflector = {
    'route-reflector': {
      config: { 'route-reflector-client': true, 'route-reflector-cluster-id': address },
    },
  };
  return {
    config: { 'neighbor-address': neighbor.address, 'peer-as': neighbor.asNumber },
    transport: { config: { 'passive-mode': true, 'local-address': address } },
    'afi-safis': [{ config: { 'afi-safi-name': 'ipv4-unicast' } }],
    ...(kind === 'reflector' && reflector),
  };
}
