/** The physical limit: a process that opens sessions and copies UPDATEs to all others, unread. */
import { fileURLToPath } from 'node:url';
import type { Program } from './program.ts';

const PROCESS = fileURLToPath(new URL('./relay-process.mjs', import.meta.url));

export const relay: Program = {
  name: 'relay',
  command: process.execPath,
  version: () => `Node ${process.version}`,
  prepare: ({ address, asNumber }) => [process.execPath, PROCESS, address, `${asNumber}`],
};
