/** The interfaces of this network namespace, as the system's own files and calls tell. */
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import type { InterfaceFacts } from '../bird-control/host.ts';

const ROOT = '/sys/class/net';
/** Bits of `flags`, see if.h. */
const IFF_UP = 0x1;
const IFF_BROADCAST = 0x2;
const IFF_LOOPBACK = 0x8;
const IFF_MULTICAST = 0x1000;

/** By index; an interface that goes away meanwhile is left out. */
export function listInterfaces(): InterfaceFacts[] {
  const addresses = networkInterfaces();
  return readdirSync(ROOT)
    .flatMap((name) =>
      readInterface(name, addresses[name]?.flatMap(({ cidr }) => cidr ?? []) ?? []),
    )
    .sort((a, b) => a.index - b.index);
}

function readInterface(name: string, addresses: readonly string[]): InterfaceFacts[] {
  const read = (file: string) => readFileSync(`${ROOT}/${name}/${file}`, 'utf8').trim();
  try {
    const flags = Number(read('flags'));
    const has = (bit: number) => (flags & bit) !== 0;
    return [
      {
        name,
        index: Number(read('ifindex')),
        mtu: Number(read('mtu')),
        isUp: has(IFF_UP),
        isLoopback: has(IFF_LOOPBACK),
        hasBroadcast: has(IFF_BROADCAST),
        hasMulticast: has(IFF_MULTICAST),
        hasCarrier: has(IFF_UP) && read('carrier') === '1',
        addresses,
      },
    ];
  } catch {
    return []; // gone, or no interface at all (bonding_masters)
  }
}
