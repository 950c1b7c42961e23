/** FRR with zebra and whatever daemons a test needs, each with its own configuration text. */
import { writeFileSync } from 'node:fs';
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';
import { run } from './shell.ts';

export const FRR_FOLDER = '/usr/lib/frr';

export interface Frr {
  /** Asks with vtysh. */
  ask(command: string): string;
  readonly daemons: ReadonlyMap<string, Daemon>;
}

/** @param configs a configuration for each daemon to start */
export function startFrr(
  lab: Laboratory,
  namespace: string,
  configs: Readonly<Record<string, string>>,
): Frr {
  const folder = lab.folder('frr.vty');
  run(['chown', 'frr:frrvty', folder]); // zebra insists on its own user
  run(['chmod', '755', lab.directory]);
  const daemons = new Map<string, Daemon>();
  for (const [daemon, text] of Object.entries(configs)) {
    const file = lab.path(`${daemon}.conf`);
    writeFileSync(file, text);
    const argv = [
      ...[`${FRR_FOLDER}/${daemon}`, '-f', file, '-i', `${folder}/${daemon}.pid`],
      ...['-z', `${folder}/zserv`, '-P', '0', '--vty_socket', folder, '--log', 'stdout'],
      ...(daemon === 'bfdd' ? ['--bfdctl', `${folder}/bfdd.sock`] : []),
    ];
    daemons.set(daemon, lab.start(daemon, namespace, argv));
  }
  const ask = (command: string) =>
    lab.run(namespace, ['vtysh', '--vty_socket', folder, '-c', command]);
  return { ask, daemons };
}
