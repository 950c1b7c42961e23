/** The rights that network namespaces take: root, or a user namespace in its place. */
import { spawnSync } from 'node:child_process';

/** Its own network, and a /run of its own because `ip netns` keeps names there. */
const USER_NAMESPACE = [
  'unshare',
  '--map-root-user',
  '--net',
  '--mount',
  'sh',
  '-c',
  'mount -t tmpfs tmpfs /run && exec "$@"',
  'sh',
];

/**
 * The words to put before a command that makes network namespaces.
 *
 * @returns {string[] | undefined} none as root; undefined when neither way is open
 */
export function asRoot() {
  if (process.getuid() === 0) return [];
  const [command, ...args] = [...USER_NAMESPACE, 'ip', 'netns', 'list'];
  const works = spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  return works ? USER_NAMESPACE : undefined;
}
