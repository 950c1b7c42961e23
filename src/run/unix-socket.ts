/** Binds servers to unix sockets: a stale socket is replaced, a living daemon's is respected. */
import { chmod, chown, lstat, mkdir, unlink } from 'node:fs/promises';
import type { Server as HttpServer } from 'node:http';
import { createConnection, type Server } from 'node:net';
import { dirname } from 'node:path';
import { CatbirdError } from '../net/error.ts';

/** Owner and group may talk to the daemon, nobody else. */
const SOCKET_MODE = 0o660;

/** sun_path without its terminator; a longer path would be cut without a word. */
const LONGEST_PATH_BYTES = 107;

/**
 * Listens on a unix socket.
 *
 * @param option the flag that chooses the path, for the errors
 * @param groupId whom the socket belongs to beside us; our own group when absent
 * @throws CatbirdError CATBIRD_API_BUSY when another daemon answers there,
 *   CATBIRD_API_SOCKET when the path cannot be used
 */
export async function bindUnixSocket(
  server: Server,
  path: string,
  option: string,
  groupId?: number,
): Promise<void> {
  if (await isAnswered(path)) {
    throw new CatbirdError(
      'CATBIRD_API_BUSY',
      `another catbird is running: it answers on ${path}; stop it, or give this one its own ${option}`,
    );
  }
  try {
    checkLength(path);
    await mkdir(dirname(path), { recursive: true });
    await removeStale(path);
    await listen(server, path);
    if (groupId !== undefined) await chown(path, process.getuid!(), groupId);
    await chmod(path, SOCKET_MODE);
  } catch (cause) {
    server.close(); // or it would keep the process alive
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new CatbirdError(
      'CATBIRD_API_SOCKET',
      `cannot listen on ${path}: ${reason}; choose another ${option}`,
      { cause },
    );
  }
}

/** Where a group may read, beside the socket where the daemon takes commands. */
export function readSocketPath(path: string): string {
  return `${path}.read`;
}

/** Where agents of a group have routes announced. */
export function brokerSocketPath(path: string): string {
  return `${path}.broker`;
}

/** Listens for the API, see {@link bindUnixSocket}. */
export function bindApiSocket(server: HttpServer, path: string): Promise<void> {
  return bindUnixSocket(server, path, '--api PATH');
}

/** Stops listening, ends what is open, and removes the socket where it is one of the file system. */
export function closeServer(server: HttpServer): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createConnection(path);
    probe.on('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}

function checkLength(path: string): void {
  if (Buffer.byteLength(path) <= LONGEST_PATH_BYTES) return;
  throw new Error(`the path of a socket has at most ${LONGEST_PATH_BYTES} octets`);
}

/** Removes the socket of an earlier run, and nothing that is not a socket. */
async function removeStale(path: string): Promise<void> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  if (!found) return;
  if (!found.isSocket()) throw new Error('there is something else than a socket');
  await unlink(path);
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
