/**
 * Who talks to whom: a feeder, a Catbird that reflects, and one collector per program, all iBGP over IPv4.
 * Every session carries both families.
 */
import { writeFileSync } from 'node:fs';
import { startCatbird } from '../../../lab/support/catbird.ts';
import { startFeeder } from '../../../lab/support/feeder-process.ts';
import type { Laboratory } from '../../../lab/support/laboratory.ts';
import type { PeerProgram, PeerSession, RunningPeer } from '../../../lab/support/peers/peer.ts';
import { AS } from './recordings.ts';

export const FEEDER = '198.51.100.1';
export const REFLECTOR = '198.51.100.2';
/** A collector's only session. */
export const SESSION: PeerSession = {
  version: 4,
  families: [4, 6],
  address: REFLECTOR,
  asNumber: AS,
};

export interface Collector {
  readonly name: string;
  readonly peer: RunningPeer;
}

/** Everything but the feeder, of which there is the namespace alone. */
export interface Stage {
  readonly feederAt: string;
  readonly collectors: readonly Collector[];
}

/** Starts the reflector and the collectors; none has a session yet. */
export function setStage(lab: Laboratory, programs: readonly PeerProgram[]): Stage {
  const feederAt = lab.network.addHost('feeder', `${FEEDER}/24`);
  const addresses = programs.map((_, i) => `198.51.100.${10 + i}`);
  startReflector(lab, addresses);
  const collectors = programs.map((program, i) => startCollector(lab, program, addresses[i]!));
  return { feederAt, collectors };
}

/** Begins to feed the file to the reflector. */
export function startFeed(lab: Laboratory, namespace: string, file: string): void {
  startFeeder(lab, 'feed', namespace, { to: REFLECTOR, asNumber: AS, routerId: FEEDER, file });
}

function startReflector(lab: Laboratory, collectors: readonly string[]): void {
  const client = {
    asNumber: AS,
    routeReflectorClient: true,
    families: ['ipv4-unicast', 'ipv6-unicast'],
    connectRetryTime: 1,
  };
  const config = {
    router: { asNumber: AS, routerId: REFLECTOR, clusterId: REFLECTOR },
    fib: { enabled: false },
    neighbors: [FEEDER, ...collectors].map((address) => {
      return { name: `to-${address}`, address, passive: address === FEEDER, ...client };
    }),
  };
  const file = lab.path('reflector.yaml');
  writeFileSync(file, JSON.stringify(config)); // JSON is YAML
  const namespace = lab.network.addHost('reflector', `${REFLECTOR}/24`);
  startCatbird(lab, 'reflector', namespace, ['--config', file]);
}

function startCollector(lab: Laboratory, program: PeerProgram, address: string): Collector {
  const name = program.name.toLowerCase();
  const namespace = lab.network.addHost(name, `${address}/24`);
  const addresses = { 4: address, 6: '2001:db8::1' }; // its own routes of IPv6, of which there are none
  lab.run(namespace, ['ip', 'address', 'add', '2001:db8::1/64', 'dev', 'eth0', 'nodad']);
  const config = { asNumber: AS, routerId: address, addresses, sessions: [SESSION], isQuiet: true };
  return { name: program.name, peer: program.start({ lab, name, namespace, config }) };
}
