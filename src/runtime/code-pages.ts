/**
 * Gives back pages of code and constants that only the start needed.
 *
 * Most of what a small Node.js process holds is the executable itself, and half of that is read once: V8's and
 * Node.js' own start. Such pages are clean copies of a file; unmapped, they come back from the page cache, 16 at a
 * time, if anybody ever needs them. A mapping with a single page of its own (relocated, or patched) stays as it is.
 */
import { readFile } from 'node:fs/promises';
import { loadNative } from './native.ts';

const SMAPS = '/proc/self/smaps';
const HEADER = /^([0-9a-f]+)-([0-9a-f]+) (r-[x-]p) \S+ \S+ \d+ +(\/.*)$/;
const LIBRARY = /\.(node|so[.\d]*)$/;
/** What would be lost, in smaps' words. */
const OWN = /^(Anonymous|Private_Dirty|Swap): +(\d+) kB$/;
const RESIDENT = /^Rss: +(\d+) kB$/;

/** A mapping that is nothing but a view of a file. */
export interface CleanMapping {
  readonly from: bigint;
  readonly sizeBytes: number;
  readonly residentKiB: number;
}

/**
 * Unmaps them.
 *
 * @returns KiB of resident memory that were given back
 * @throws Error where /proc or native calls are not to be had
 */
export async function giveBackCodePages(): Promise<number> {
  const native = loadNative();
  let givenKiB = 0;
  for (const each of cleanMappings(await readFile(SMAPS, 'utf8'), process.execPath)) {
    if (native.unmapPages(each.from, each.sizeBytes) === 0) givenKiB += each.residentKiB;
  }
  return givenKiB;
}

/**
 * The mappings of the program and its libraries that hold no page of their own.
 *
 * @param smaps text of /proc/PID/smaps
 */
export function cleanMappings(smaps: string, program: string): CleanMapping[] {
  const sections = smaps.split(/\n(?=[0-9a-f]+-[0-9a-f]+ )/);
  return sections.flatMap((section) => {
    const [header, ...fields] = section.split('\n');
    const [, from, to, , file] = HEADER.exec(header!) ?? [];
    if (file === undefined || (file !== program && !LIBRARY.test(file))) return [];
    if (fields.some((field) => Number(OWN.exec(field)?.[2] ?? 0) > 0)) return [];
    const start = BigInt(`0x${from}`);
    const sizeBytes = Number(BigInt(`0x${to}`) - start);
    const residentKiB = fields.reduce(
      (sum, text) => sum + Number(RESIDENT.exec(text)?.[1] ?? 0),
      0,
    );
    return [{ from: start, sizeBytes, residentKiB }];
  });
}
