/** The physical limit: a process that opens sessions and copies UPDATEs to all others, unread. */
import { fileURLToPath } from 'node:url';
import { loopDelayFile, probedNode } from './node-probe.ts';
import type { Program } from './program.ts';

const PROCESS = fileURLToPath(new URL('./relay-process.mjs', import.meta.url));

export const relay: Program = {
  name: 'relay',
  command: process.execPath,
  version: () => `Node ${process.version}`,
  loopDelayFile,
  prepare: ({ address, routerId, asNumber }, folder) => [
    ...probedNode(folder),
    ...[PROCESS, address, routerId, `${asNumber}`],
  ],
};
