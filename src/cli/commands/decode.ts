/**
 * `catbird decode`: BGP messages from hex to JSON, one message per line.
 *
 * Octets go through the same framer and walker as those of a session. Dumps often lack the header
 * marker; a message that starts with its length field gets one put in front.
 */
import { parseArgs } from 'node:util';
import {
  EXTENDED_MESSAGE_SIZE,
  HEADER_BAD_LENGTH,
  HEADER_ERROR,
  HEADER_NOT_SYNCHRONIZED,
  HEADER_SIZE,
  MARKER_SIZE,
  MAXIMUM_MESSAGE_SIZE,
  MESSAGE_OPEN,
  MESSAGE_ROUTE_REFRESH,
} from '../../bgp/wire/constants.ts';
import { Framer } from '../../bgp/wire/framer.ts';
import { decodeMessage, errorView, type MessageView } from '../../bgp/wire/message-view.ts';
import { readU16 } from '../../bgp/wire/octets.ts';
import type { WireOptions } from '../../bgp/wire/wire-options.ts';
import { FAMILIES } from '../../net/family.ts';
import { EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';

/** The streams the command needs. */
export interface DecodeIo {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly stdin: AsyncIterable<Uint8Array | string>;
}

const USAGE = 'usage: catbird decode [HEX...|-] [--as4] [--add-path] [--extended] [-o json]';

/**
 * Decodes the messages given as hex words, or one per line on standard input for `-` or no word.
 *
 * @returns 0 when all messages are sound, 1 when some is faulty
 * @throws UsageError for words that are not hex and for outputs other than JSON
 */
export async function decode(args: string[], io: DecodeIo): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      as4: { type: 'boolean', default: false },
      'add-path': { type: 'boolean', default: false },
      extended: { type: 'boolean', default: false },
      output: { type: 'string', short: 'o', default: 'json' },
    },
  });
  if (values.output !== 'json') throw new UsageError(`decode prints JSON only; ${USAGE}`);
  const options = wireOptions(values.as4, values['add-path'], values.extended);
  const readsInput = positionals.length === 0 || positionals.includes('-');
  const inputs = readsInput ? linesOf(io.stdin) : positionals.map(requireHex);
  let hasFault = false;
  for await (const text of inputs) {
    for (const view of decodeText(text, options)) {
      io.stdout.write(`${JSON.stringify(view)}\n`);
      hasFault ||= 'error' in view;
    }
  }
  return hasFault ? EXIT_NO : EXIT_DONE;
}

/** Internal, so that LOCAL_PREF and the reflection attributes are shown. */
function wireOptions(isAs4: boolean, hasAddPath: boolean, isExtended: boolean): WireOptions {
  const addPath = hasAddPath ? FAMILIES : [];
  return {
    asWidth: isAs4 ? 4 : 2,
    addPathReceive: addPath,
    addPathSend: addPath,
    maximumMessageSize: isExtended ? EXTENDED_MESSAGE_SIZE : MAXIMUM_MESSAGE_SIZE,
    isInternal: true,
  };
}

function requireHex(text: string): string {
  if (parseHex(text)) return text;
  throw new UsageError(`'${text}' is not hex; ${USAGE}`);
}

/** Octets of hex with blanks, colons and `0x` tolerated; undefined when there is anything else. */
function parseHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/^\s*0x/i, '').replace(/[\s:]/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-f]*$/i.test(digits)) return undefined;
  return Uint8Array.from(Buffer.from(digits, 'hex'));
}

/** Lines that are not blank. */
async function* linesOf(input: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  let rest = '';
  for await (const chunk of input) {
    const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('latin1');
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}

/** The messages in one text; a faulty header ends it, for nothing behind it can be found. */
function* decodeText(text: string, options: WireOptions): Generator<MessageView> {
  let octets = parseHex(text);
  if (!octets) yield headerFault(HEADER_NOT_SYNCHRONIZED, 'the line is not hex');
  while (octets && octets.length > 0) {
    const framed = hasMarker(octets) ? octets : withMarker(octets);
    const { view, size } = decodeFirst(framed, options);
    yield view;
    octets = size === 0 ? undefined : framed.subarray(size);
  }
}

/** The first message of `framed` and its size; size 0 when its end is not known. */
function decodeFirst(
  framed: Uint8Array,
  options: WireOptions,
): { view: MessageView; size: number } {
  const framer = new Framer();
  framer.maximumMessageSize = options.maximumMessageSize;
  let view: MessageView | undefined;
  let size = 0;
  const fault = framer.push(framed, (bytes, at, end) => {
    view = decodeMessage(bytes, at, end, options);
    size = end;
    return false;
  });
  if (fault) return { view: { error: errorView(fault) }, size };
  return { view: view ?? headerFault(HEADER_BAD_LENGTH, 'the message is cut short'), size };
}

function headerFault(subcode: number, reason: string): MessageView {
  return { error: { code: HEADER_ERROR, subcode, action: 'session-reset', reason } };
}

function withMarker(octets: Uint8Array): Uint8Array {
  const framed = new Uint8Array(MARKER_SIZE + octets.length).fill(0xff, 0, MARKER_SIZE);
  framed.set(octets, MARKER_SIZE);
  return framed;
}

/**
 * Whether a message starts with its marker rather than with its length. A marker with a wrong bit
 * counts as one when length and type follow where they should, so that its fault is reported.
 */
function hasMarker(octets: Uint8Array): boolean {
  if (octets.subarray(0, MARKER_SIZE).every((octet) => octet === 0xff)) return true;
  if (octets.length < HEADER_SIZE || looksLikeLength(octets, 0)) return false;
  return looksLikeLength(octets, MARKER_SIZE) || !isKnownType(octets[2]!);
}

/** True when a length that fits the octets, and a known type, stand at `at`. */
function looksLikeLength(octets: Uint8Array, at: number): boolean {
  const length = readU16(octets, at);
  const available = octets.length - at + MARKER_SIZE;
  return length >= HEADER_SIZE && length <= available && isKnownType(octets[at + 2]!);
}

function isKnownType(type: number): boolean {
  return type >= MESSAGE_OPEN && type <= MESSAGE_ROUTE_REFRESH;
}
