/** Builds messages octet by octet, sound and broken ones, independently of the encoders under test. */
import { decodeUpdate } from '../../../src/bgp/wire/update-view.ts';
import type { WireOptions } from '../../../src/bgp/wire/wire-options.ts';

/** A four-octet internal session without Add-Path. */
export const OPTIONS: WireOptions = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
};
export const EXTERNAL: WireOptions = { ...OPTIONS, isInternal: false };
export const TWO_OCTET: WireOptions = { ...OPTIONS, asWidth: 2 };
export const ADD_PATH: WireOptions = {
  ...OPTIONS,
  addPathReceive: ['ipv4-unicast', 'ipv6-unicast'],
  addPathSend: ['ipv4-unicast', 'ipv6-unicast'],
};

/** Octets of hex; blanks are ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replace(/\s/g, ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(Buffer.concat(parts));
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 255);
}

/** Marker, length and type in front of `body`; `length` to lie about it. */
export function message(type: number, body: Uint8Array, length = 19 + body.length): Uint8Array {
  return concat(new Uint8Array(16).fill(255), u16(length), Uint8Array.of(type), body);
}

/** One attribute; the length octet follows the flags. */
export function attribute(flags: number, type: number, value: string | Uint8Array): Uint8Array {
  const octets = typeof value === 'string' ? hex(value) : value;
  const size = (flags & 0x10) === 0 ? Uint8Array.of(octets.length) : u16(octets.length);
  return concat(Uint8Array.of(flags, type), size, octets);
}

export interface UpdateParts {
  readonly withdrawn?: string;
  readonly attributes?: readonly Uint8Array[];
  readonly nlri?: string;
}

/** An UPDATE of hex NLRI and attributes. */
export function update({ withdrawn = '', attributes = [], nlri = '' }: UpdateParts): Uint8Array {
  const gone = hex(withdrawn);
  const all = concat(...attributes);
  return message(2, concat(u16(gone.length), gone, u16(all.length), all, hex(nlri)));
}

export const ORIGIN: Uint8Array = attribute(0x40, 1, '00');
/** 65001 in four octets. */
export const AS_PATH: Uint8Array = attribute(0x40, 2, '02010000fde9');
export const NEXT_HOP: Uint8Array = attribute(0x40, 3, 'c0000201');
export const MANDATORY: readonly Uint8Array[] = [ORIGIN, AS_PATH, NEXT_HOP];
/** 10.1.0.0/16 */
export const NLRI = '100a01';
/** 2001:db8::/32 by 2001:db8::1. */
export const MP_REACH: Uint8Array = attribute(
  0x80,
  14,
  '00020110 20010db8000000000000000000000001 00 2020010db8',
);
/** Withdraws 2001:db8::/32. */
export const MP_UNREACH: Uint8Array = attribute(0x80, 15, '000201 2020010db8');

/** Decodes one whole message. */
export function decoded(bytes: Uint8Array, options: WireOptions = OPTIONS) {
  return decodeUpdate(bytes, 0, bytes.length, options);
}

/** `action code/subcode` of the message's fault, or `fine`. */
export function verdict(bytes: Uint8Array, options: WireOptions = OPTIONS): string {
  const { fault } = decoded(bytes, options);
  return fault ? `${fault.action} ${fault.code}/${fault.subcode}` : 'fine';
}
