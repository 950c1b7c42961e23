/** `disable`, `enable` and `restart` of neighbours by name, pattern or all at once. */
import type { BirdHost } from './host.ts';
import type { Protocol } from './protocols.ts';
import {
  ALREADY_DISABLED,
  ALREADY_ENABLED,
  type Answer,
  DISABLED,
  ENABLED,
  OK,
  RESTARTED,
  type Reply,
} from './reply.ts';

export type Administration = 'disable' | 'enable' | 'restart';

/** What is not BGP stays as it is: the daemon has no other protocols to take down. */
export function* administer(
  { commands }: BirdHost,
  action: Administration,
  protocols: readonly Protocol[],
): Answer {
  for (const { name, state, neighbor } of protocols) {
    if (neighbor) yield ACTIONS[action](commands, name, state === 'down');
  }
  return [OK, ''];
}

type Action = (commands: BirdHost['commands'], name: string, isDown: boolean) => Reply;

const ACTIONS: Readonly<Record<Administration, Action>> = {
  disable(commands, name, isDown) {
    if (isDown) return [ALREADY_DISABLED, `${name}: already disabled`];
    commands.shutdownNeighbor(name, undefined);
    return [DISABLED, `${name}: disabled`];
  },
  enable(commands, name, isDown) {
    if (!isDown) return [ALREADY_ENABLED, `${name}: already enabled`];
    commands.enableNeighbor(name);
    return [ENABLED, `${name}: enabled`];
  },
  restart(commands, name, isDown) {
    if (isDown) return [ALREADY_DISABLED, `${name}: already disabled`];
    commands.clearNeighbor(name, undefined);
    return [RESTARTED, `${name}: restarted`];
  },
};
