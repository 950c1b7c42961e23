/**
 * How much of what was answered is not yet read by those who asked. Counted per connection: answers that wait behind
 * another on one connection are never told when it ends.
 */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** See the head of the file. */
export class Unread {
  readonly #bySocket = new Map<Socket, number>();
  #bytes = 0;

  /** Follows the connections of a server. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => {
      this.#bySocket.set(socket, 0);
      socket.once('close', () => {
        this.#add(socket, -(this.#bySocket.get(socket) ?? 0));
        this.#bySocket.delete(socket);
      });
    });
  }

  /** Octets, of all connections. */
  get bytes(): number {
    return this.#bytes;
  }

  /** An answer is about to be sent. */
  add(socket: Socket, response: ServerResponse, bytes: number): void {
    this.#add(socket, bytes);
    response.once('finish', () => this.#add(socket, -bytes));
  }

  /** Of a connection that is over nothing counts. */
  #add(socket: Socket, bytes: number): void {
    const before = this.#bySocket.get(socket);
    if (before === undefined) return;
    this.#bySocket.set(socket, before + bytes);
    this.#bytes += bytes;
  }
}
