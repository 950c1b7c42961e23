/**
 * Reads and writes MRT files of recorded BGP sessions (RFC 6396): types BGP4MP (16) and BGP4MP_ET (17),
 * subtypes BGP4MP_MESSAGE (1) and BGP4MP_MESSAGE_AS4 (4).
 *
 * Only as much as the lab needs: whole BGP messages in file order. What they mean is checked with
 * bgpdump, so that no code of ours vouches for our own decoder.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';

const BGP4MP = 16;
const BGP4MP_ET = 17;
const MESSAGE = 1;
const MESSAGE_AS4 = 4;
const RECORD_HEADER = 12;
const BGP_UPDATE = 2;

/** Type octet of a BGP message, behind marker and length (RFC 4271 §4.1). */
const TYPE_AT = 18;

/**
 * The UPDATE messages of a gzipped MRT file, in order, marker included.
 *
 * @returns views into one buffer; not to be written to
 */
export function readUpdates(path: string): Buffer[] {
  const file = gunzipSync(readFileSync(path));
  const updates: Buffer[] = [];
  for (let at = 0; at + RECORD_HEADER <= file.length; ) {
    const end = at + RECORD_HEADER + file.readUInt32BE(at + 8);
    const message = messageOf(file, at, end);
    if (message?.[TYPE_AT] === BGP_UPDATE) updates.push(message);
    at = end;
  }
  return updates;
}

/** The BGP message of the record at `at`; undefined for records that carry none. */
function messageOf(file: Buffer, at: number, end: number): Buffer | undefined {
  const type = file.readUInt16BE(at + 4);
  const subtype = file.readUInt16BE(at + 6);
  if (type !== BGP4MP && type !== BGP4MP_ET) return undefined;
  if (subtype !== MESSAGE && subtype !== MESSAGE_AS4) return undefined;
  const peer = at + RECORD_HEADER + (type === BGP4MP_ET ? 4 : 0); // microseconds
  const asSize = subtype === MESSAGE_AS4 ? 4 : 2;
  const afi = file.readUInt16BE(peer + 2 * asSize + 2);
  const message = peer + 2 * asSize + 4 + 2 * (afi === 1 ? 4 : 16);
  return file.subarray(message, end);
}

/** Writes messages as BGP4MP_MESSAGE_AS4 records of one session, gzipped. */
export function writeMrt(path: string, asNumber: number, messages: readonly Buffer[]): void {
  const records = messages.flatMap((message) => [recordHeader(asNumber, message.length), message]);
  writeFileSync(path, gzipSync(Buffer.concat(records), { level: 1 }));
}

function recordHeader(asNumber: number, messageSize: number): Buffer {
  const header = Buffer.alloc(RECORD_HEADER + 20);
  header.writeUInt16BE(BGP4MP, 4);
  header.writeUInt16BE(MESSAGE_AS4, 6);
  header.writeUInt32BE(20 + messageSize, 8);
  header.writeUInt32BE(asNumber, 12);
  header.writeUInt32BE(asNumber, 16);
  header.writeUInt16BE(1, 22); // AFI IPv4; the addresses stay 0.0.0.0
  return header;
}
