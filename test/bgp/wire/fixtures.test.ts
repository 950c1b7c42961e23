/**
 * Messages in three views: hex, decoded JSON, and hex again as our encoders write them.
 *
 * `encoded` is absent where it equals `hex`.
 */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { familyOf } from '../../../src/bgp/wire/afi-safi.ts';
import { HEADER_SIZE } from '../../../src/bgp/wire/constants.ts';
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import { KEEPALIVE, messageType } from '../../../src/bgp/wire/header.ts';
import { decodeMessage } from '../../../src/bgp/wire/message-view.ts';
import { writeNlri, writePathId } from '../../../src/bgp/wire/nlri.ts';
import { decodeNotification, encodeNotification } from '../../../src/bgp/wire/notification.ts';
import { decodeOpen, encodeOpen } from '../../../src/bgp/wire/open.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from '../../../src/bgp/wire/route-refresh.ts';
import { type DecodedPrefix, decodeUpdate } from '../../../src/bgp/wire/update-view.ts';
import {
  beginReach,
  beginUnreach,
  encodeEndOfRib,
  finishReach,
  finishUnreach,
} from '../../../src/bgp/wire/update-writer.ts';
import type { WireOptions } from '../../../src/bgp/wire/wire-options.ts';
import { parsePrefix } from '../../../src/net/text.ts';
import { hex, OPTIONS, toHex } from './build.ts';

interface Fixture {
  readonly name: string;
  readonly options?: Partial<WireOptions>;
  readonly hex: string;
  readonly decoded: unknown;
  readonly encoded?: string;
}

const file = new URL('../../fixtures/wire/messages.json', import.meta.url);
const fixtures = JSON.parse(readFileSync(file, 'utf8')) as readonly Fixture[];

function encode(bytes: Uint8Array, options: WireOptions): Uint8Array {
  const end = bytes.length;
  switch (messageType(bytes, 0)) {
    case 1:
      return encodeOpen(decodeOpen(bytes, 0, end));
    case 2:
      return encodeUpdate(bytes, options);
    case 3:
      return encodeNotification(decodeNotification(bytes, 0, end));
    case 4:
      return KEEPALIVE;
    default: {
      const { afi, safi, subtype } = decodeRouteRefresh(bytes, 0, end);
      return encodeRouteRefresh(familyOf(afi, safi)!, subtype);
    }
  }
}

/** Messages with one group, or withdrawals of one family. */
function encodeUpdate(bytes: Uint8Array, options: WireOptions): Uint8Array {
  const { endOfRib, withdrawn, reachable } = decodeUpdate(bytes, 0, bytes.length, options);
  if (endOfRib) return encodeEndOfRib(endOfRib);
  const buffer = new Uint8Array(options.maximumMessageSize);
  const group = reachable[0];
  if (!group) {
    const { family } = withdrawn[0]!;
    const nlriEnd = writeAll(buffer, beginUnreach(buffer, 0, family), withdrawn, options);
    return buffer.slice(0, finishUnreach(buffer, 0, family, nlriEnd));
  }
  const { family, attributes, prefixes } = group;
  const octets = encodePathAttributes(attributes, options.asWidth, family === 'ipv4-unicast');
  const at = beginReach(buffer, 0, family, octets, attributes.nextHop);
  const nlriEnd = writeAll(buffer, at, prefixes, options);
  return buffer.slice(0, finishReach(buffer, 0, nlriEnd, octets, attributes.nextHop));
}

function writeAll(
  buffer: Uint8Array,
  at: number,
  prefixes: readonly DecodedPrefix[],
  options: WireOptions,
): number {
  let next = at;
  for (const { family, prefix, pathId } of prefixes) {
    const { address, length } = parsePrefix(prefix)!;
    if (options.addPathSend.includes(family)) next = writePathId(buffer, next, pathId);
    next = writeNlri(buffer, next, address, 0, length);
  }
  return next;
}

for (const { name, options, hex: text, decoded, encoded = text } of fixtures) {
  t.test(name, async (t) => {
    const wire = { ...OPTIONS, ...options };
    const bytes = hex(text);
    t.ok(bytes.length >= HEADER_SIZE);
    const view = JSON.parse(JSON.stringify(decodeMessage(bytes, 0, bytes.length, wire)));
    t.same(view, decoded, 'decoded');
    if ('error' in view) return;
    t.equal(toHex(encode(bytes, wire)), encoded.replace(/\s/g, ''), 'encoded');
  });
}
