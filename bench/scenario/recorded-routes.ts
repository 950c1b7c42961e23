/** A recorded table as routes: what is left once all its UPDATEs were taken in order. */
import { readUpdates } from '../../lab/support/mrt.ts';
import { walkUpdate } from '../../src/bgp/wire/update.ts';
import { hasAsZero } from '../load/attribute-set.ts';
import type { RouteSet } from '../load/route-set.ts';

const WIRE = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
  toleratesAsZero: true,
} as const;

/**
 * Reads the IPv4 routes of a recorded iBGP session, without those speakers are free to refuse: paths
 * with AS 0 (RFC 7607) and networks that are not unicast.
 *
 * @param file gzipped MRT
 */
export function recordedRoutes(file: string): RouteSet {
  const routes = new Map<string, { address: number; bits: number; set: number }>();
  const sets = new Map<string, number>();
  const attributeSets: Uint8Array[] = [];
  let set = -1;
  for (const update of readUpdates(file)) {
    walkUpdate(update, 0, update.length, WIRE, {
      attributes(_family, bytes, at, end) {
        const encoded = bytes.slice(at, end);
        const key = Buffer.from(encoded).toString('latin1');
        if (!sets.has(key))
          sets.set(key, hasAsZero(encoded) ? -1 : attributeSets.push(encoded) - 1);
        set = sets.get(key)!;
        return undefined;
      },
      reach(_family, _pathId, bytes, at, bits) {
        const address = networkOf(bytes, at, bits);
        const key = `${address}/${bits}`;
        if (set < 0 || !isUnicast(address)) routes.delete(key);
        else routes.set(key, { address, bits, set });
      },
      withdraw(_family, _pathId, bytes, at, bits) {
        routes.delete(`${networkOf(bytes, at, bits)}/${bits}`);
      },
      endOfRib: () => undefined,
    });
  }
  const rows = [...routes.values()];
  return {
    family: 'ipv4-unicast',
    addresses: Uint32Array.from(rows, ({ address }) => address),
    lengths: Uint8Array.from(rows, ({ bits }) => bits),
    sets: Uint32Array.from(rows, (row) => row.set),
    attributeSets,
  };
}

function networkOf(bytes: Uint8Array, at: number, bits: number): number {
  let address = 0;
  for (let i = 0; i < (bits + 7) >> 3; i++) address |= bytes[at + i]! << (24 - 8 * i);
  return (bits < 32 ? address & ~(0xffff_ffff >>> bits) : address) >>> 0;
}

function isUnicast(address: number): boolean {
  const first = address >>> 24;
  return first !== 0 && first !== 127 && first < 224;
}
