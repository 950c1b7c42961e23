/**
 * BIRD's control sockets (OBS-1): `bird.ctl` shows what is IPv4, `bird6.ctl` what is IPv6, as the two BIRDs
 * of a Calico node do.
 *
 * A client costs one answer at a time: its next line waits until the last answer is written, and a long
 * answer is made only as fast as it is read.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Dialog } from '../bird-control/dialog.ts';
import type { BirdHost } from '../bird-control/host.ts';
import { bindUnixSocket } from './unix-socket.ts';

const SOCKETS = [
  { file: 'bird.ctl', family: 'ipv4-unicast' },
  { file: 'bird6.ctl', family: 'ipv6-unicast' },
] as const;

const MAX_CLIENTS = 16;
const LONGEST_LINE = 1024;
/** A client that neither asks nor reads for this long is let go. */
const IDLE_MS = 600_000;
const LINES_PER_WRITE = 256;

export type BirdHostBase = Omit<BirdHost, 'family'>;

/** Both sockets of a directory. */
export class BirdSockets {
  readonly #host: BirdHostBase;
  readonly #servers: Server[] = [];
  readonly #clients = new Set<Socket>();

  constructor(host: BirdHostBase) {
    this.#host = host;
  }

  /** @throws CatbirdError when a socket cannot be bound; none stays open then */
  async open(directory: string): Promise<void> {
    try {
      for (const { file, family } of SOCKETS) await this.#listen(join(directory, file), family);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    const closed = this.#servers.map(
      (server) => new Promise<void>((resolve) => server.close(() => resolve())),
    );
    await Promise.all(closed);
  }

  async #listen(path: string, family: BirdHost['family']): Promise<void> {
    const server = createServer((client) => this.#serve(client, family));
    server.maxConnections = MAX_CLIENTS;
    await bindUnixSocket(server, path, '--bird-sockets DIR');
    this.#servers.push(server);
  }

  #serve(client: Socket, family: BirdHost['family']): void {
    this.#clients.add(client);
    client.on('close', () => this.#clients.delete(client));
    client.on('error', () => client.destroy());
    client.setTimeout(IDLE_MS, () => client.destroy());
    converse(client, new Dialog({ ...this.#host, family })).catch(() => client.destroy());
  }
}

async function converse(client: Socket, dialog: Dialog): Promise<void> {
  await write(client, dialog.greet());
  for await (const line of linesOf(client)) await write(client, dialog.answer(line));
}

/** Lines as they come; ends the client whose line has no end. */
async function* linesOf(client: Socket): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of client.setEncoding('utf8')) {
    const lines = (text + chunk).split('\n');
    if (lines.some(({ length }) => length > LONGEST_LINE)) return void client.destroy();
    text = lines.pop()!;
    yield* lines;
  }
}

async function write(client: Socket, lines: Iterable<string>): Promise<void> {
  let batch: string[] = [];
  for (const line of lines) {
    if (batch.push(line) < LINES_PER_WRITE) continue;
    await flush(client, batch);
    if (client.destroyed) return;
    batch = [];
  }
  await flush(client, batch);
}

/** Settles when the client has taken the text, or is gone. */
function flush(client: Socket, lines: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    if (client.destroyed) return resolve();
    client.once('close', resolve);
    client.write(lines.join(''), () => {
      client.off('close', resolve);
      // What else waits is served before the rest of a long answer.
      setImmediate(resolve);
    });
  });
}
