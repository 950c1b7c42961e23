/** Interfaces, their addresses and the subnets these are in, as the kernel told them last. */
import type { Address } from '../net/address.ts';
import { matchesAnyGlob } from '../net/glob.ts';
import { makePrefix, type Prefix } from '../net/prefix.ts';
import { formatAddress } from '../net/text.ts';
import type { InterfaceAddress, Kernel, KernelLink } from './kernel.ts';
import { LongestMatch } from './longest-match.ts';

/** A subnet an interface is in (LEARN-5). */
export interface ConnectedSubnet {
  readonly prefix: Prefix;
  readonly interface: string;
}

/** See the head of the file. */
export class NetworkTable {
  readonly #kernel: Pick<Kernel, 'dumpLinks' | 'dumpAddresses'>;
  readonly #subnets = new LongestMatch<ConnectedSubnet>();
  readonly #own = new LongestMatch<true>();
  #links: ReadonlyMap<string, KernelLink> = new Map();
  /** What was read last, in words. */
  #text = '';
  #ignored: readonly string[] = [];

  constructor(kernel: Pick<Kernel, 'dumpLinks' | 'dumpAddresses'>) {
    this.#kernel = kernel;
  }

  /**
   * Subnets of interfaces whose names match one of the globs do not count (LEARN-5), from the next read on.
   *
   * @returns false when that is nothing new
   */
  ignore(globs: readonly string[]): boolean {
    if (globs.join('\n') === this.#ignored.join('\n')) return false;
    this.#ignored = globs;
    return true;
  }

  /** @returns whether anything is other than before. @throws CatbirdError when the kernel cannot be read */
  async read(): Promise<boolean> {
    const links = await this.#kernel.dumpLinks();
    const addresses = await this.#kernel.dumpAddresses();
    const text = describeNetwork(links, addresses, this.#ignored);
    if (text === this.#text) return false;
    this.#text = text;
    this.#links = new Map(links.map((link) => [link.name, link]));
    this.#setAddresses(addresses);
    return true;
  }

  /** Subnets of interfaces that are up. */
  subnets(): Iterable<ConnectedSubnet> {
    return this.#subnets.values();
  }

  subnetOf(address: Address): ConnectedSubnet | undefined {
    return this.#subnets.lookup(address);
  }

  isOwnAddress(address: Address): boolean {
    return this.#own.lookup(address) === true;
  }

  /** True when the kernel takes routes through the interface. */
  isInterfaceEnabled(name: string): boolean {
    return this.#links.get(name)?.isEnabled === true;
  }

  isInterfaceUp(name: string): boolean {
    return this.#links.get(name)?.isUp === true;
  }

  #setAddresses(addresses: readonly InterfaceAddress[]): void {
    this.#subnets.clear();
    this.#own.clear();
    for (const entry of addresses) {
      this.#own.set(makePrefix(entry.address, entry.address.length * 8), true);
      if (!entry.isUp || !entry.isGlobalScope || entry.isSecondary) continue;
      if (matchesAnyGlob(this.#ignored, entry.interface)) continue;
      const prefix = makePrefix(entry.peer ?? entry.address, entry.prefixLength);
      this.#subnets.set(prefix, { prefix, interface: entry.interface });
    }
  }
}

function describeNetwork(
  links: readonly KernelLink[],
  addresses: readonly InterfaceAddress[],
  ignored: readonly string[],
): string {
  const words = links.map(({ name, index, isEnabled, isUp }) => [name, index, isEnabled, isUp]);
  const numbers = addresses.map(({ address, peer, ...facts }) => [
    formatAddress(address),
    peer ? formatAddress(peer) : '',
    ...Object.values(facts),
  ]);
  return JSON.stringify([words, numbers, ignored]);
}
