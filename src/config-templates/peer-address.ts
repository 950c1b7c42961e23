/** `peerIP` of a BGPPeer: `address`, `ipv4:port` or `[ipv6]:port` (calico-datastore §6.2). */
import { formatAddress, parseAddress } from '../net/text.ts';

export interface PeerAddress {
  /** Canonical text. */
  readonly address: string;
  readonly port: number | undefined;
}

/** @returns undefined when the text is none of the forms */
export function parsePeerAddress(text: string): PeerAddress | undefined {
  const withPort = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  if (!withPort) return canonical(text, undefined);
  const [, ipv6, ipv4, digits] = withPort;
  const port = Number(digits);
  const isFitting = ipv6 === undefined || ipv6.includes(':');
  return isFitting && port >= 1 && port <= 65_535 ? canonical(ipv6 ?? ipv4!, port) : undefined;
}

function canonical(text: string, port: number | undefined): PeerAddress | undefined {
  const address = parseAddress(text);
  return address && { address: formatAddress(address), port };
}
