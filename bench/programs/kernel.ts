/** The limit of scenarios that fill the kernel: UPDATEs become batched rtnetlink requests, and nothing else. */
import { fileURLToPath } from 'node:url';
import { loopDelayFile, probedNode } from './node-probe.ts';
import type { Program } from './program.ts';

const PROCESS = fileURLToPath(new URL('./kernel-process.mjs', import.meta.url));

export const kernel: Program = {
  name: 'kernel',
  command: process.execPath,
  version: () => `Node ${process.version}`,
  loopDelayFile,
  prepare: ({ address, routerId, asNumber }, folder) => [
    ...probedNode(folder),
    ...[PROCESS, address, routerId, `${asNumber}`],
  ],
};
