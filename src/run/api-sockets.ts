/**
 * The API's sockets: the one of root with everything on it, and beside it, where the options name groups,
 * one for those who only read and one for agents that have routes announced.
 */
import type { Server } from 'node:http';
import type { ApiContext } from '../api/routes.ts';
import { type ApiScope, createApiServer } from '../api/server.ts';
import { credentialsOf } from '../runtime/peer-credentials.ts';
import type { RunOptions } from './options.ts';
import {
  bindApiSocket,
  bindUnixSocket,
  brokerSocketPath,
  closeServer,
  readSocketPath,
} from './unix-socket.ts';

export type ApiSocketOptions = Pick<RunOptions, 'apiPath' | 'apiGroup' | 'brokerGroup'>;

/** See the head of the file. */
export class ApiSockets {
  readonly #context: ApiContext;
  readonly #servers: Server[] = [];

  constructor(context: ApiContext) {
    this.#context = context;
  }

  /** @throws CatbirdError when a path cannot be used, or another daemon answers there */
  async open({ apiPath, apiGroup, brokerGroup }: ApiSocketOptions): Promise<void> {
    await bindApiSocket(this.#server('all'), apiPath);
    if (apiGroup !== undefined) await this.#openFor('read', readSocketPath(apiPath), apiGroup);
    if (brokerGroup === undefined) return;
    await this.#openFor('broker', brokerSocketPath(apiPath), brokerGroup);
  }

  async close(): Promise<void> {
    for (const server of this.#servers.splice(0)) await closeServer(server);
  }

  #openFor(scope: ApiScope, path: string, group: number): Promise<void> {
    return bindUnixSocket(this.#server(scope), path, '--api PATH', group);
  }

  #server(scope: ApiScope): Server {
    const server = createApiServer(this.#context, { scope, callerOf: credentialsOf });
    this.#servers.push(server);
    return server;
  }
}
