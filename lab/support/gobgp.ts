/** GoBGP as a route reflector with dynamic neighbours. */
import { writeFileSync } from 'node:fs';
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';

export interface GobgpReflector {
  readonly asNumber: number;
  /** Also router id and cluster id. */
  readonly address: string;
  /** Whoever connects from here is a client. */
  readonly clients: string;
}

export interface Gobgp {
  readonly daemon: Daemon;
  /** Prefix → next hops of the paths in its RIB. */
  rib(): ReadonlyMap<string, readonly string[]>;
  /** Addresses of the neighbours with an Established session. */
  established(): readonly string[];
}

/** GoBGP's number for the Established state. */
const ESTABLISHED = 6;

/** Starts a GoBGP that accepts and reflects to every client, and helps their graceful restarts. */
export function startGobgp(
  lab: Laboratory,
  name: string,
  namespace: string,
  reflector: GobgpReflector,
): Gobgp {
  const file = lab.path(`${name}.json`);
  writeFileSync(file, JSON.stringify(gobgpConfig(reflector), null, 2));
  const argv = [
    'gobgpd',
    '-t',
    'json',
    '-f',
    file,
    '--log-plain',
    '--api-hosts',
    '127.0.0.1:50051',
  ];
  const daemon = lab.start(name, namespace, argv);
  return {
    daemon,
    rib: () => parseRib(lab.run(namespace, ['gobgp', '-j', 'global', 'rib'])),
    established: () => parseNeighbors(lab.run(namespace, ['gobgp', '-j', 'neighbor'])),
  };
}

function gobgpConfig({ asNumber, address, clients }: GobgpReflector): object {
  return {
    global: { config: { as: asNumber, 'router-id': address, 'local-address-list': [address] } },
    'peer-groups': [
      {
        config: { 'peer-group-name': 'clients', 'peer-as': asNumber },
        'route-reflector': {
          config: { 'route-reflector-client': true, 'route-reflector-cluster-id': address },
        },
        'graceful-restart': { config: { enabled: true, 'restart-time': 120 } },
        'afi-safis': [
          {
            config: { 'afi-safi-name': 'ipv4-unicast' },
            'mp-graceful-restart': { config: { enabled: true } },
          },
        ],
      },
    ],
    'dynamic-neighbors': [{ config: { prefix: clients, 'peer-group': 'clients' } }],
  };
}

interface PathView {
  readonly attrs: readonly { readonly type: number; readonly nexthop?: string }[];
}

/** NEXT_HOP's attribute type (RFC 4271 §5.1.3). */
const NEXT_HOP = 3;

function parseRib(text: string): ReadonlyMap<string, readonly string[]> {
  const rib = JSON.parse(text) as Record<string, readonly PathView[]>;
  const nextHop = ({ attrs }: PathView) =>
    attrs.find(({ type }) => type === NEXT_HOP)?.nexthop ?? '';
  return new Map(Object.entries(rib).map(([prefix, paths]) => [prefix, paths.map(nextHop)]));
}

interface PeerView {
  readonly state?: { readonly neighbor_address?: string; readonly session_state?: number };
}

function parseNeighbors(text: string): readonly string[] {
  return (JSON.parse(text) as readonly PeerView[])
    .filter(({ state }) => state?.session_state === ESTABLISHED)
    .map(({ state }) => state?.neighbor_address ?? '');
}
