/** FRR with zebra and whatever daemons a test needs, each with its own configuration text. */
import { writeFileSync } from 'node:fs';
import type { Laboratory } from './laboratory.ts';
import { run } from './shell.ts';

export const FRR_FOLDER = '/usr/lib/frr';

/** @returns a way to ask with vtysh */
export function startFrr(
  lab: Laboratory,
  namespace: string,
  configs: Readonly<Record<string, string>>,
): (command: string) => string {
  const folder = lab.folder('frr.vty');
  run(['chown', 'frr:frrvty', folder]); // zebra insists on its own user
  run(['chmod', '755', lab.directory]);
  for (const [daemon, text] of Object.entries(configs)) {
    const file = lab.path(`${daemon}.conf`);
    writeFileSync(file, text);
    lab.start(daemon, namespace, [
      ...[`${FRR_FOLDER}/${daemon}`, '-f', file, '-i', `${folder}/${daemon}.pid`],
      ...['-z', `${folder}/zserv`, '-P', '0', '--vty_socket', folder, '--log', 'stdout'],
      ...(daemon === 'bfdd' ? ['--bfdctl', `${folder}/bfdd.sock`] : []),
    ]);
  }
  return (command) => lab.run(namespace, ['vtysh', '--vty_socket', folder, '-c', command]);
}
