/** Keeps the TCP-MD5 keys of the listening sockets equal to the configuration (SESS-9). */
import type { BgpListener } from '../bgp/session/listener.ts';
import type { Config, SessionConfig } from '../config/model.ts';
import { isUnspecified } from '../net/address.ts';
import { hostPrefix, type Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import type { Log } from '../telemetry/log.ts';

const LINK_LOCAL = parsePrefix('fe80::/10')!;

/** See the head of the file. */
export class ListenerKeys {
  readonly #listener: BgpListener;
  readonly #log: Log;
  /** Whom keys are set for, by text. */
  #keyed: ReadonlyMap<string, Prefix> = new Map();

  constructor(listener: BgpListener, log: Log) {
    this.#listener = listener;
    this.#log = log;
  }

  /** Also for neighbours of ranges, whoever of them may come. */
  apply({ neighbors, neighborRanges }: Config): void {
    const keyed = new Map<string, Prefix>();
    const demand = (remote: Prefix, { password }: SessionConfig) => {
      if (password === undefined) return;
      keyed.set(formatPrefix(remote), remote);
      this.#set(remote, password);
    };
    for (const range of neighborRanges) demand(range.prefix, range);
    for (const neighbor of neighbors) {
      const isFound = isUnspecified(neighbor.address); // by its interface, at any address of the link
      demand(isFound ? LINK_LOCAL : hostPrefix(neighbor.address), neighbor);
    }
    for (const [text, remote] of this.#keyed) {
      if (!keyed.has(text)) this.#listener.setPassword(remote, undefined);
    }
    this.#keyed = keyed;
  }

  #set(remote: Prefix, password: string): void {
    const reason = this.#listener.setPassword(remote, password);
    if (reason) this.#log.error({ neighbor: formatPrefix(remote), reason }, 'no TCP-MD5');
  }
}
