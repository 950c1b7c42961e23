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
const CHURN_PREFIXES = 1000;
const CHURN_UPDATES = 16_000;

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

/** Writes a gzipped MRT file in which prefixes of both families come, change and (one in ten times) go. */
export function writeGeneratedChurn(path: string, asNumber: number): void {
  const random = generator(0x2016_0811);
  const updates: Buffer[] = [];
  for (let i = 0; i < CHURN_UPDATES; i++) {
    const index = random(CHURN_PREFIXES);
    const isWithdrawal = random(10) === 0;
    if (random(4) === 0) updates.push(churnIpv6(random, index, isWithdrawal));
    else if (isWithdrawal) updates.push(withdrawal(prefixOctets(index)));
    else updates.push(update(attributes(random), prefixOctets(index)));
  }
  writeMrt(path, asNumber, updates);
}

/** 2001:db8:INDEX::/48 in MP_REACH_NLRI or MP_UNREACH_NLRI (RFC 4760). */
function churnIpv6(
  random: (limit: number) => number,
  index: number,
  isWithdrawal: boolean,
): Buffer {
  const none = Buffer.alloc(0);
  const nlri = Buffer.of(48, 0x20, 0x01, 0x0d, 0xb8, index >> 8, index & 255);
  const family = Buffer.of(0, 2, 1);
  if (isWithdrawal) return update(attribute(0x80, 15, Buffer.concat([family, nlri])), none);
  const nextHop = Buffer.alloc(16);
  nextHop.set([0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, 0, 1 + random(NEXT_HOPS)]);
  const reach = Buffer.concat([family, Buffer.of(16), nextHop, Buffer.of(0), nlri]);
  return update(attributes(random, attribute(0x80, 14, reach)), none);
}

/** An UPDATE that only withdraws: no path attributes behind the routes. */
function withdrawal(nlri: Buffer): Buffer {
  const message = Buffer.concat([Buffer.alloc(23, 0xff), nlri]);
  message.writeUInt16BE(message.length, 16);
  message[18] = 2;
  message.writeUInt16BE(nlri.length, 19);
  message.set(nlri, 21);
  message.writeUInt16BE(0, 21 + nlri.length);
  return message;
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

/** What a reflected iBGP route carries, each value drawn anew; `reach` stands in for NEXT_HOP. */
function attributes(random: (limit: number) => number, reach?: Buffer): Buffer {
  const hops = Array.from({ length: 1 + random(7) }, () => 30_000 + random(30_000));
  const router = Buffer.of(192, 0, 2, 1 + random(NEXT_HOPS));
  return Buffer.concat([
    attribute(0x40, 1, Buffer.of(random(10) === 0 ? 2 : 0)),
    attribute(0x40, 2, Buffer.concat([Buffer.of(2, hops.length), ...hops.map(uint32)])),
    reach ?? attribute(0x40, 3, router),
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
