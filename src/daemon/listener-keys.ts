/**
 * Keeps the TCP-MD5 keys of the listening sockets equal to the configuration (SESS-9).
 *
 * The kernel finds a key by address alone: it takes an interface for keys of VRFs only. A neighbour that
 * is found on an interface therefore gets a key of its own as soon as its address is known. Until then one
 * key may stand for the whole link-local range, but only where nobody there has another, or none.
 */
import type { BgpListener } from '../bgp/session/listener.ts';
import type { NeighborConfig, NeighborRangeConfig } from '../config/model.ts';
import { isLinkLocal, isUnspecified } from '../net/address.ts';
import { hostPrefix, type Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import type { Log } from '../telemetry/log.ts';

const LINK_LOCAL = parsePrefix('fe80::/10')!;

interface Key {
  readonly remote: Prefix;
  readonly password: string;
}

/** See the head of the file. */
export class ListenerKeys {
  readonly #listener: Pick<BgpListener, 'setPassword'>;
  readonly #log: Log;
  /** What keys are set for, by text. */
  #keyed: ReadonlyMap<string, Key> = new Map();
  /** Those the system did not take; tried again whenever something changes. */
  readonly #failed = new Set<string>();

  constructor(listener: Pick<BgpListener, 'setPassword'>, log: Log) {
    this.#listener = listener;
    this.#log = log;
  }

  /**
   * Also for neighbours of ranges, whoever of them may come.
   *
   * @param neighbors with the addresses found on their interfaces, where that happened
   */
  apply(neighbors: readonly NeighborConfig[], ranges: readonly NeighborRangeConfig[]): void {
    const keyed = new Map<string, Key>();
    for (const each of keysOf(neighbors, ranges)) {
      const text = formatPrefix(each.remote);
      const taken = keyed.get(text);
      if (!taken) keyed.set(text, each);
      else if (taken.password !== each.password) this.#warn(text);
    }
    for (const [text, { remote }] of this.#keyed) {
      if (keyed.has(text)) continue;
      this.#listener.setPassword(remote, undefined);
      this.#failed.delete(text);
    }
    const before = this.#keyed;
    this.#keyed = keyed;
    for (const [text, key] of keyed) {
      if (key.password !== before.get(text)?.password || this.#failed.has(text))
        this.#set(text, key);
    }
  }

  #set(neighbor: string, { remote, password }: Key): void {
    const reason = this.#listener.setPassword(remote, password);
    if (!reason) this.#failed.delete(neighbor);
    else {
      this.#failed.add(neighbor);
      this.#log.error({ neighbor, reason }, 'no TCP-MD5');
    }
  }

  #warn(neighbor: string): void {
    const reason = 'another neighbor of this address has another password: only one can dial in';
    this.#log.warn({ neighbor, reason }, 'no TCP-MD5');
  }
}

/** The more exact ones first. */
function keysOf(
  neighbors: readonly NeighborConfig[],
  ranges: readonly NeighborRangeConfig[],
): readonly Key[] {
  const found = neighbors.filter(({ address }) => !isUnspecified(address));
  return [
    ...found.flatMap(({ address, password }) => keyOf(hostPrefix(address), password)),
    ...ranges.flatMap(({ prefix, password }) => keyOf(prefix, password)),
    ...keyOf(LINK_LOCAL, commonPassword(neighbors)),
  ];
}

function keyOf(remote: Prefix, password: string | undefined): Key[] {
  return password === undefined ? [] : [{ remote, password }];
}

/** That of all neighbours on links, while one of them is yet to be found. */
function commonPassword(neighbors: readonly NeighborConfig[]): string | undefined {
  const onLinks = neighbors.filter(({ address }) => isUnspecified(address) || isLinkLocal(address));
  if (!onLinks.some(({ address }) => isUnspecified(address))) return undefined;
  const passwords = new Set(onLinks.map(({ password }) => password));
  return passwords.size === 1 ? [...passwords][0] : undefined;
}
