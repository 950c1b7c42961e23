/** Autonomous system numbers: four octets, plain or dotted in text (RFC 6793, RFC 5396). */

/** Stands for a four-octet AS towards two-octet speakers (RFC 6793 §9). */
export const AS_TRANS = 23456;
export const MAX_ASN = 0xffff_ffff;

/**
 * Parses `64512`, `"64512"` or asdot `"1.10"`.
 *
 * @returns the number, 0–4294967295; undefined when the text is none of these
 */
export function parseAsn(value: string | number): number | undefined {
  const text = String(value).trim();
  const plain = /^\d{1,10}$/.exec(text);
  if (plain) return inRange(Number(text), MAX_ASN);
  const dotted = /^(\d{1,5})\.(\d{1,5})$/.exec(text);
  if (!dotted) return undefined;
  const high = inRange(Number(dotted[1]), 0xffff);
  const low = inRange(Number(dotted[2]), 0xffff);
  return high === undefined || low === undefined ? undefined : high * 0x1_0000 + low;
}

function inRange(value: number, maximum: number): number | undefined {
  return value <= maximum ? value : undefined;
}
