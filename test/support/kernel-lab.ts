/** Labs for the kernel contract: one in memory, one made of real interfaces in a namespace. */
import type { Kernel, KernelRoute } from '../../src/fib/kernel.ts';
import { formatAddress, formatPrefix, parseAddress } from '../../src/net/text.ts';
import type { KernelLab } from '../contract/kernel.ts';
import { MemoryKernel } from './memory-kernel.ts';
import { ip } from './namespace.ts';

/** lan0 and tunl0 in memory. */
export function memoryLab(): KernelLab & { readonly kernel: MemoryKernel } {
  const kernel = new MemoryKernel();
  kernel.addLink('lan0', [
    { address: parseAddress('10.9.0.1')!, length: 24 },
    { address: parseAddress('fd09::1')!, length: 64 },
  ]);
  kernel.addLink('tunl0');
  return {
    kernel,
    addForeign: (route) => kernel.put(route),
    removeForeign: (route) => kernel.remove(route),
    setLink: (name, isUp) => kernel.setLink(name, isUp),
  };
}

/** Makes lan0 (one end of a veth pair) and tunl0; call inside a namespace only. */
export function makeInterfaces(): void {
  ip('link add lan0 type veth peer name far0');
  ip('link set lan0 up');
  ip('link set far0 up');
  ip('addr add 10.9.0.1/24 dev lan0');
  ip('addr add fd09::1/64 dev lan0 nodad');
  ip('link add tunl0 type veth peer name far1');
  ip('link set tunl0 up');
  ip('link set far1 up');
}

/** Takes down what {@link makeInterfaces} made, and blackholes, which belong to no interface. */
export function removeInterfaces(): void {
  ip('link del lan0');
  ip('link del tunl0');
  for (const family of ['-4', '-6']) ip(`${family} route flush table main proto 12`);
}

/** A lab around a live kernel. */
export function liveLab(kernel: Kernel): KernelLab {
  return {
    kernel,
    addForeign: (route) => void ip(`route add ${words(route)}`),
    removeForeign: (route) => void ip(`route del ${words(route)}`),
    setLink: (name, isUp) => void ip(`link set ${name} ${isUp ? 'up' : 'down'}`),
  };
}

function words({ prefix, target, protocol }: KernelRoute): string {
  const [hop] = target.nextHops;
  const gateway = hop?.via ? ` via ${formatAddress(hop.via)} dev lan0` : '';
  return `${target.type} ${formatPrefix(prefix)}${gateway} proto ${protocol} metric ${target.metric}`;
}
