/** Packets from this network namespace to another, counted: what routes are worth while they change. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./udp-probe.mjs', import.meta.url));

export interface ProbeResult {
  readonly sent: number;
  /** Sends the kernel refused for want of a route. */
  readonly failed: number;
  readonly received: number;
}

export interface ProbeOptions {
  /** A process in the receiver's network namespace. */
  readonly farPid: number;
  readonly address: string;
  readonly port: number;
  readonly packetsPerSec: number;
}

/** Starts a probe; the answer ends it. */
export async function startProbe(options: ProbeOptions): Promise<() => Promise<ProbeResult>> {
  const { farPid, address, port, packetsPerSec } = options;
  const place = [address, `${port}`];
  const inFar = ['-t', `${farPid}`, '-n', '--', process.execPath];
  const receiver = await start('nsenter', [...inFar, PROGRAM, 'receive', ...place]);
  const sender = await start(process.execPath, [PROGRAM, 'send', ...place, `${packetsPerSec}`]);
  return async () => ({ ...(await end(sender)), ...(await end(receiver)) }) as ProbeResult;
}

/** Resolves once it is ready. */
async function start(command: string, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

async function end(child: ChildProcess): Promise<Partial<ProbeResult>> {
  child.stdin!.end();
  return JSON.parse(await text(child.stdout!));
}
