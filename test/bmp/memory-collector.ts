/** A BMP collector in memory: keeps what it is told as tables, as a real one would. */

import { formatAsPath } from '../../src/bgp/wire/as-path.ts';
import { formatAddress, parseAddress } from '../../src/net/text.ts';
import type { Listener } from '../../src/runtime/transport.ts';
import type { Lab } from '../support/lab.ts';
import type { MemoryConnection, MemoryTransport } from '../support/memory-transport.ts';
import { type BmpMessage, decodeBmp, decodeRoute } from './decode-bmp.ts';

export class MemoryCollector {
  readonly #transport: MemoryTransport;
  readonly #hasAddPath: boolean;
  #listener: Listener | undefined;
  connections: MemoryConnection[] = [];
  messages: BmpMessage[] = [];
  /** By `peer view`: prefixes, each with path and next hop. */
  readonly tables = new Map<string, Map<string, string>>();
  #rest = Buffer.alloc(0);

  constructor(lab: Lab, address: string, hasAddPath = false) {
    this.#transport = lab.network.host(parseAddress(address)!);
    this.#hasAddPath = hasAddPath;
  }

  async listen(): Promise<void> {
    const on = { address: parseAddress('0.0.0.0')!, port: 1790 };
    this.#listener = await this.#transport.listen(on, (connection) => {
      this.connections.push(connection as MemoryConnection);
      this.#rest = Buffer.alloc(0);
      this.tables.clear();
      connection.setHandler({
        onConnected: () => {},
        onData: (chunk) => this.#read(chunk),
        onDrain: () => {},
        onClose: () => this.tables.clear(),
      });
    });
  }

  /** Gone without a word, and nobody answers. */
  crash(): void {
    this.#listener?.close();
    for (const connection of this.connections) connection.abort();
    this.connections = [];
  }

  get types(): string[] {
    return this.messages.map(({ type, peer }) => [type, peer].join(' ').trim());
  }

  table(name: string): string[] {
    return [...(this.tables.get(name) ?? [])].map((entry) => entry.join(' ')).sort();
  }

  #read(chunk: Uint8Array): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (
      at + 6 <= this.#rest.length &&
      at + this.#rest.readUInt32BE(at + 1) <= this.#rest.length
    ) {
      const end = at + this.#rest.readUInt32BE(at + 1);
      for (const message of decodeBmp(this.#rest.subarray(at, end))) this.#apply(message);
      at = end;
    }
    this.#rest = this.#rest.subarray(at);
  }

  #apply(message: BmpMessage): void {
    const { type, peer, view } = message;
    this.messages.push(message);
    if (type === 'up' || type === 'down') this.#forget(peer);
    if (type === 'route') this.#route(message, `${peer} ${view}`);
  }

  #forget(peer: string): void {
    for (const key of this.tables.keys()) if (key.startsWith(`${peer} `)) this.tables.delete(key);
  }

  #route(message: BmpMessage, name: string): void {
    const { fault, withdrawn, reachable } = decodeRoute(
      message,
      this.#hasAddPath && message.view !== 'loc',
    );
    if (fault) throw new Error(`${name}: ${fault.reason}`);
    const table = this.tables.get(name) ?? new Map<string, string>();
    this.tables.set(name, table);
    for (const { prefix, pathId } of withdrawn) table.delete(`${prefix}#${pathId}`);
    for (const { attributes, prefixes } of reachable) {
      const text = `${formatAddress(attributes.nextHop)} [${formatAsPath(attributes.asPath)}]`;
      for (const { prefix, pathId } of prefixes) table.set(`${prefix}#${pathId}`, text);
    }
  }
}
