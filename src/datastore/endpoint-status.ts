/**
 * What Felix says of one workload of this node, as far as it may be a BGP peer (calico-datastore.md §6.12).
 *
 * The file has the shape of no resource: it is named after the workload and says no kind. One that cannot
 * be used makes no peer until it is mended, whatever it said before: its address may be another's by now.
 */
import { z } from 'zod';
import { formatAddress, parseInterfaceAddress } from '../net/text.ts';
import type { Reading } from './read-object.ts';
import { text } from './resources/fields.ts';
import type { EndpointStatus } from './snapshot.ts';
import { faultAt, type SourceDocument } from './source.ts';

/** The rest of the file is Felix's own business. */
const schema = z.object({
  ipv4Nets: firstAddress(4),
  ipv6Nets: firstAddress(16),
});

const named = z.object({ bgpPeerName: text() });

/**
 * @param document the file
 * @param name of the file
 * @returns no object for a workload that is no BGP peer
 */
export function readEndpointStatus(document: SourceDocument, name: string): Reading {
  const label = `EndpointStatus/${name}`;
  const peer = named.safeParse(document.value);
  const nets = peer.success && peer.data.bgpPeerName ? schema.safeParse(document.value) : undefined;
  const issues = peer.error?.issues ?? nets?.error?.issues ?? [];
  const faults = issues.map(({ path, message }) => {
    const reason = `${message}; it makes no peer until it is mended`;
    return faultAt(document.locate(path), { object: label, path, reason });
  });
  if (!peer.success || !nets?.success) return { objects: [], faults };
  const value: EndpointStatus = {
    name,
    bgpPeerName: peer.data.bgpPeerName!,
    ...(nets.data.ipv4Nets && { ipv4Address: nets.data.ipv4Nets }),
    ...(nets.data.ipv6Nets && { ipv6Address: nets.data.ipv6Nets }),
  };
  const place = document.locate([]);
  const about = { collection: 'endpointStatuses', key: name, label } as const;
  return { objects: [{ ...about, value, standIn: undefined, place }], faults };
}

/** The address of the first of a list of networks, canonical; the others are not looked at. */
function firstAddress(size: 4 | 16) {
  return z
    .array(z.unknown())
    .nullish()
    .transform((nets, context): string | undefined => {
      const first = nets?.[0];
      if (first === undefined) return undefined;
      const found = typeof first === 'string' ? parseInterfaceAddress(first) : undefined;
      if (found?.address.length === size) return formatAddress(found.address);
      const message = `the first entry is no IPv${size === 4 ? 4 : 6} network`;
      context.issues.push({ code: 'custom', input: first, message });
      return undefined;
    });
}
