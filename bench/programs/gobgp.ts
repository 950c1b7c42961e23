/** GoBGP: all neighbours listed, passive, policies as shipped (accept). */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Neighbor, Program, Role, Rule } from './program.ts';
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
  const { asNumber, address, routerId } = role;
  const lists = { incoming: role.importRules, outgoing: role.exportRules };
  const named = Object.entries(lists).flatMap(([list, rules]) =>
    rules.map((rule, i) => ({ name: `${list}${i}`, rule })),
  );
  return {
    global: {
      config: { as: asNumber, 'router-id': routerId, 'local-address-list': [address] },
      'apply-policy': {
        config: {
          'import-policy-list': role.importRules.length > 0 ? ['incoming'] : [],
          'export-policy-list': role.exportRules.length > 0 ? ['outgoing'] : [],
        },
      },
    },
    neighbors: role.neighbors.map((neighbor) => neighborOf(role, neighbor)),
    'defined-sets': {
      'prefix-sets': named.filter(({ rule }) => rule.within).map(prefixSet),
      'bgp-defined-sets': {
        'community-sets': named.filter(({ rule }) => rule.community).map(communitySet),
      },
    },
    'policy-definitions': Object.entries(lists).map(([name, rules]) => ({
      name,
      statements: rules.map((rule, i) => statement(`${name}${i}`, rule)),
    })),
  };
}

interface NamedRule {
  readonly name: string;
  readonly rule: Rule;
}

function prefixSet({ name, rule }: NamedRule): object {
  const length = rule.within!.split('/')[1];
  const range = { 'ip-prefix': rule.within, 'masklength-range': `${length}..32` };
  return { 'prefix-set-name': name, 'prefix-list': [range] };
}

function communitySet({ name, rule }: NamedRule): object {
  return { 'community-set-name': name, 'community-list': [rule.community!.join(':')] };
}

function statement(name: string, { within, community, addCommunity }: Rule): object {
  const inSet = { 'match-prefix-set': { 'prefix-set': name } };
  const carries = { 'bgp-conditions': { 'match-community-set': { 'community-set': name } } };
  const method = { 'communities-list': [addCommunity?.join(':')] };
  const adds = { 'set-community': { options: 'add', 'set-community-method': method } };
  return {
    name,
    conditions: { ...(within && inSet), ...(community && carries) },
    actions: addCommunity ? { 'bgp-actions': adds } : { 'route-disposition': 'reject-route' },
  };
}

function neighborOf(role: Role, neighbor: Neighbor): object {
  const { kind, family, address, routerId, addPath } = role;
  const reflector = {
    'route-reflector': {
      config: { 'route-reflector-client': true, 'route-reflector-cluster-id': routerId },
    },
  };
  const paths = { 'add-paths': { config: { receive: false, 'send-max': 8 } } };
  return {
    config: { 'neighbor-address': neighbor.address, 'peer-as': neighbor.asNumber },
    transport: { config: { 'passive-mode': true, 'local-address': address } },
    'afi-safis': [{ config: { 'afi-safi-name': family }, ...(addPath && paths) }],
    ...(kind === 'reflector' && reflector),
  };
}
