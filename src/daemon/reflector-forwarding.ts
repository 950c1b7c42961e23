/**
 * Forwarding of a pure reflector: no route is read or written. Where a neighbor is on a link, external or
 * found on an interface, links are watched, so that its session ends with its link; without such neighbors
 * the kernel is not even asked.
 */
import type { Config } from '../config/model.ts';
import type { Kernel } from '../fib/kernel.ts';
import { NetworkWatch } from '../fib/network-watch.ts';
import type { Address } from '../net/address.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { type Forwarding, type ForwardingListener, NO_FORWARDING } from './forwarding.ts';

export interface ReflectorForwardingOptions {
  /** Called at most once, when a neighbor needs it; may reject where there is none to be had. */
  readonly openKernel: () => Promise<Kernel>;
  readonly clock: Clock;
  readonly log: Log;
  readonly config: Config;
}

/** See the head of the file. */
export function reflectorForwarding(options: ReflectorForwardingOptions): Forwarding {
  const links = new ReflectorLinks(options);
  return {
    ...NO_FORWARDING,
    start: (listener) => links.start(listener),
    stop: () => links.stop(),
    configure: (config) => links.configure(config),
    interfaceTo: (address) => links.interfaceTo(address),
    isInterfaceUp: (name) => links.isInterfaceUp(name),
    hasAddress: (address) => links.hasAddress(address),
  };
}

class ReflectorLinks {
  readonly #options: ReflectorForwardingOptions;
  #config: Config;
  #listener: ForwardingListener | undefined;
  #opening: Promise<void> | undefined;
  /** Undefined while nobody needs it, or it has not read yet: no session stands on a link then. */
  #watch: NetworkWatch | undefined;
  #isStopped = false;

  constructor(options: ReflectorForwardingOptions) {
    this.#options = options;
    this.#config = options.config;
  }

  async start(listener: ForwardingListener): Promise<void> {
    this.#listener = listener;
    this.#watchIfNeeded();
    await this.#opening;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#opening;
    await this.#watch?.close();
  }

  configure(config: Config): void {
    this.#config = config;
    this.#watch?.ignore(config.fib.ignoredInterfaces);
    if (this.#listener) this.#watchIfNeeded();
  }

  interfaceTo(address: Address): string | undefined {
    return this.#watch?.table.subnetOf(address)?.interface;
  }

  isInterfaceUp(name: string): boolean {
    return this.#watch?.table.isInterfaceUp(name) ?? true;
  }

  hasAddress(address: Address): boolean {
    return this.#watch?.table.isOwnAddress(address) ?? false;
  }

  #watchIfNeeded(): void {
    if (hasNeighborOnLink(this.#config)) this.#opening ??= this.#open();
  }

  async #open(): Promise<void> {
    try {
      const watch = await this.#look(await this.#options.openKernel());
      if (this.#isStopped) return await watch.close();
      this.#watch = watch;
      watch.ignore(this.#config.fib.ignoredInterfaces); // another configuration may have come meanwhile
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.warn(
        { reason },
        'links are not watched: sessions end with their hold time',
      );
    }
  }

  async #look(kernel: Kernel): Promise<NetworkWatch> {
    const { clock, log } = this.#options;
    const changed = () => this.#listener?.networkChanged();
    try {
      const watch = new NetworkWatch({ kernel, clock, log, changed });
      watch.table.ignore(this.#config.fib.ignoredInterfaces);
      await watch.read();
      return watch;
    } catch (error) {
      await kernel.close();
      throw error;
    }
  }
}

function hasNeighborOnLink({ neighbors, neighborRanges }: Config): boolean {
  if (neighbors.some((neighbor) => neighbor.interface !== undefined)) return true;
  return [...neighbors, ...neighborRanges].some(
    ({ asNumber, localAsNumber }) => asNumber !== localAsNumber,
  );
}
