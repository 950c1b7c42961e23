/**
 * What an established session stands on: our address, and where the peer is directly connected, the
 * interface. It ends as soon as one of them is gone, rather than when the hold time is over.
 *
 * Only external peers, and those found on an interface, are tied to one: what is inside may have another
 * way to us.
 */
import type { NeighborConfig } from '../config/model.ts';
import type { Address } from '../net/address.ts';
import { formatAddress } from '../net/text.ts';
import type { Forwarding } from './forwarding.ts';

export interface SessionPath {
  /** Undefined when no interface had it to begin with, such as one of 127.0.0.0/8. */
  readonly localAddress: Address | undefined;
  /** Undefined when the session may find another way. */
  readonly interface: string | undefined;
}

type Network = Pick<Forwarding, 'interfaceTo' | 'isInterfaceUp' | 'hasAddress'>;

/** The path of a session that has just come up. */
export function pathOf(
  { address, interface: zone, asNumber, localAsNumber }: NeighborConfig,
  localAddress: Address,
  network: Network,
): SessionPath {
  const isExternal = asNumber !== localAsNumber;
  const name = zone ?? (isExternal ? network.interfaceTo(address) : undefined);
  const isOwn = network.hasAddress(localAddress);
  return { localAddress: isOwn ? localAddress : undefined, interface: name };
}

/** What is gone, in words; undefined while everything is there. */
export function lossOf(path: SessionPath, network: Network): string | undefined {
  const { localAddress, interface: name } = path;
  if (name !== undefined && !network.isInterfaceUp(name)) return `interface ${name} went down`;
  if (!localAddress || network.hasAddress(localAddress)) return undefined;
  return `${formatAddress(localAddress)} is no longer ours`;
}
