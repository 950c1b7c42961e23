/**
 * Text a peer controls: shutdown messages, host names, software versions.
 *
 * Such text ends up in logs, terminals and pages, so it is bounded, checked as UTF-8 and freed of
 * control characters before anyone sees it (RFC 9003 §4, §5).
 */

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** Control, format (bidirectional overrides included), surrogate and line-separating characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Decodes UTF-8 in `[at, end)`; broken sequences become U+FFFD, unprintable characters `\u{…}`. */
export function decodePeerText(bytes: Uint8Array, at: number, end: number): string {
  return escapePeerText(lenient.decode(bytes.subarray(at, end)));
}

/** True when `[at, end)` is well-formed UTF-8. */
export function isUtf8(bytes: Uint8Array, at: number, end: number): boolean {
  try {
    strict.decode(bytes.subarray(at, end));
    return true;
  } catch {
    return false; // a fatal TextDecoder throws on malformed input
  }
}

/** Replaces each unprintable character by `\u{hex}`, so the text is one harmless line. */
function escapePeerText(text: string): string {
  return text.replace(UNPRINTABLE, (c) => `\\u{${c.codePointAt(0)!.toString(16)}}`);
}

/** Encodes `text` as UTF-8, cut at a character boundary to at most `maximum` octets. */
export function encodePeerText(text: string, maximum: number): Uint8Array {
  const buffer = new Uint8Array(maximum);
  const { written } = encoder.encodeInto(text, buffer);
  return buffer.slice(0, written);
}
