/**
 * A full table for where the recorded one is absent: the same on every run, with the recorded one's
 * proportions (prefixes per attribute set, path lengths, iBGP attributes).
 */
import { writeMrt } from './mrt.ts';

export interface GeneratedTable {
  readonly asNumber: number;
  readonly prefixes: number;
}

const PREFIXES_PER_UPDATE = 6;
const NEXT_HOPS = 200;

/** Writes a gzipped MRT file of `prefixes` announcements in an iBGP session of `asNumber`. */
export function writeGeneratedTable(path: string, { asNumber, prefixes }: GeneratedTable): void {
  const random = generator(0x2015_1023);
  const updates: Buffer[] = [];
  for (let first = 0; first < prefixes; first += PREFIXES_PER_UPDATE) {
    const count = Math.min(PREFIXES_PER_UPDATE, prefixes - first);
    const nlri = Array.from({ length: count }, (_, i) => prefixOctets(first + i));
    updates.push(update(attributes(random), Buffer.concat(nlri)));
  }
  writeMrt(path, asNumber, updates);
}

/** Numerical Recipes' linear congruential generator; returns whole numbers below `limit`. */
function generator(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

/** The `index`-th /24 from 1.0.0.0 on, stepping over 10/8 and 127/8, as NLRI. */
function prefixOctets(index: number): Buffer {
  let first = 1 + (index >> 16);
  if (first >= 10) first++;
  if (first >= 127) first++;
  return Buffer.of(24, first, (index >> 8) & 255, index & 255);
}

/** An UPDATE without withdrawn routes (RFC 4271 §4.3). */
function update(attributeBytes: Buffer, nlri: Buffer): Buffer {
  const size = 23 + attributeBytes.length + nlri.length;
  const header = Buffer.alloc(23, 0xff);
  header.writeUInt16BE(size, 16);
  header[18] = 2;
  header.writeUInt16BE(0, 19);
  header.writeUInt16BE(attributeBytes.length, 21);
  return Buffer.concat([header, attributeBytes, nlri]);
}

/** What a reflected iBGP route carries, each value drawn anew. */
function attributes(random: (limit: number) => number): Buffer {
  const hops = Array.from({ length: 1 + random(7) }, () => 30_000 + random(30_000));
  const router = Buffer.of(192, 0, 2, 1 + random(NEXT_HOPS));
  return Buffer.concat([
    attribute(0x40, 1, Buffer.of(random(10) === 0 ? 2 : 0)),
    attribute(0x40, 2, Buffer.concat([Buffer.of(2, hops.length), ...hops.map(uint32)])),
    attribute(0x40, 3, router),
    attribute(0x80, 4, uint32(random(50))),
    attribute(0x40, 5, uint32(100 + random(3) * 50)),
    attribute(0xc0, 8, Buffer.concat([uint32(0x0f100000 + random(1000)), uint32(0x0f110000)])),
    attribute(0x80, 9, router),
    attribute(0x80, 10, Buffer.of(198, 51, 100, 1)),
  ]);
}

function attribute(flags: number, type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(flags, type, value.length), value]);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
