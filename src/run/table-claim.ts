/**
 * One daemon for one protocol in one kernel table: two would delete each other's routes.
 *
 * The claim is an abstract unix socket, named by table and protocol. It exists once in a network
 * namespace, needs no file and no cleaning up, and is gone with its process, however that ends. Whoever
 * connects is told the process id.
 */
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { CatbirdError } from '../net/error.ts';

/** A predecessor may need this long to be gone. */
const PATIENCE_MS = 2000;
const LOOK_AGAIN_MS = 100;
/** For the other one to say who it is. */
const ANSWER_MS = 500;

export interface TableClaim {
  /** Lets others have the table. */
  release(): void;
}

/**
 * Claims the routes of a protocol in a table.
 *
 * @throws CatbirdError CATBIRD_TABLE_TAKEN when another process has them, and keeps them
 */
export async function claimTable(
  { table, protocol }: { readonly table: number; readonly protocol: number },
  patienceMs = PATIENCE_MS,
): Promise<TableClaim> {
  const path = `\0catbird.fib.${table}.${protocol}`;
  const until = performance.now() + patienceMs;
  for (;;) {
    const server = await listen(path);
    if (server) return { release: () => void server.close() };
    if (performance.now() >= until) break;
    await delay(LOOK_AGAIN_MS);
  }
  const owner = await ownerOf(path);
  const who = owner === '' ? 'another Catbird' : `another Catbird, process ${owner},`;
  throw new CatbirdError(
    'CATBIRD_TABLE_TAKEN',
    `${who} keeps the routes of protocol ${protocol} in kernel table ${table}: stop it, or give one ` +
      'of the two another fib.protocol or fib.table, or fib.enabled: false',
  );
}

/** @returns undefined when the name is taken */
async function listen(path: string): Promise<Server | undefined> {
  const server = createServer((caller) => {
    caller.on('error', () => undefined); // it did not wait for the answer
    caller.end(`${process.pid}`);
  });
  server.listen(path);
  server.unref();
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return undefined;
    throw new CatbirdError('CATBIRD_TABLE_TAKEN', 'cannot claim the kernel table', {
      cause: error,
    });
  }
}

/** The process id of whoever has the name; empty when it does not say. */
async function ownerOf(path: string): Promise<string> {
  const socket = connect(path).setTimeout(ANSWER_MS, () => socket.destroy());
  try {
    const answer = await text(socket);
    return /^\d{1,10}$/.test(answer) ? answer : '';
  } catch {
    return ''; // it is gone, or silent: its claim is what counts
  }
}
