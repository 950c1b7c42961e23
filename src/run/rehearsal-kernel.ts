/** A kernel for the rehearsal: one interface, and every route is taken in. Its requests are written and thrown away. */
import type {
  InterfaceAddress,
  Kernel,
  KernelLink,
  RouteBatch,
  RouteError,
} from '../fib/kernel.ts';
import { MessageWriter } from '../fib/netlink-message.ts';
import { writeRoute } from '../fib/netlink-route.ts';
import type { Address } from '../net/address.ts';

const INTERFACE = 'rehearsal';
const INDEX = 1;
const REQUEST_BYTES = 512;

/** See the head of the file. */
export class RehearsalKernel implements Kernel {
  /** Changes so far. */
  routes = 0;
  readonly #address: Address;
  readonly #writer = new MessageWriter(REQUEST_BYTES);

  /** @param address ours, in a subnet of 24 bits */
  constructor(address: Address) {
    this.#address = address;
  }

  async apply({ operations, table, protocol }: RouteBatch): Promise<RouteError[]> {
    this.routes += operations.length;
    for (const operation of operations) {
      this.#writer.clear();
      writeRoute(this.#writer, operation, { table, protocol, indexOf: () => INDEX }, 1);
    }
    return [];
  }

  async scanRoutes(): Promise<void> {}

  async dumpAddresses(): Promise<InterfaceAddress[]> {
    const state = { isUp: true, isSecondary: false, isGlobalScope: true };
    const place = { interface: INTERFACE, interfaceIndex: INDEX };
    return [{ ...place, ...state, address: this.#address, prefixLength: 24 }];
  }

  async dumpLinks(): Promise<KernelLink[]> {
    return [{ name: INTERFACE, index: INDEX, isEnabled: true, isUp: true }];
  }

  watch(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {}
}
