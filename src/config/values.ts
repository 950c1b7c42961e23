/**
 * How the values of the configuration are written: numbers, durations, AS numbers, addresses, CIDRs,
 * communities. Each reader turns one YAML or JSON scalar into the value the model holds, or says in
 * plain words what was expected.
 */
import { z } from 'zod';
import { type Address, addressFamily, isLinkLocal, isUnspecified } from '../net/address.ts';
import { MAX_ASN, parseAsn } from '../net/asn.ts';
import type { Family } from '../net/family.ts';
import { parseAddress, parseCidr, parseInterfaceAddress, parseIpv4Number } from '../net/text.ts';

/** Largest 31-bit value, K of the priority rules: LOCAL_PREF = K − metric (PRIO-1). */
export const MAX_PRIORITY = 2_147_483_647;

const MAX_SHOWN = 40;

/** How a value is written, in the words of JSON Schema; as close as those come to what is read. */
export type JsonForm = Readonly<Record<string, unknown>>;

/** What editors are told of each scalar. */
export const jsonForms = z.registry<{ readonly form: JsonForm }>();

/**
 * A schema for one scalar.
 *
 * @param expected completes "expected …" for the user
 * @param read undefined when the value is none
 * @param form for editors; whatever is written passes without it
 */
export function scalar<T>(
  expected: string,
  read: (raw: unknown) => T | undefined,
  form: JsonForm = {},
): z.ZodType<T> {
  const schema: z.ZodType<T> = z.unknown().transform((raw, context) => {
    const value = read(raw);
    if (value !== undefined) return value;
    const message =
      raw === undefined ? `is required: ${expected}` : `expected ${expected}, found ${show(raw)}`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
  return schema.register(jsonForms, { form: { description: expected, ...form } });
}

/** What stands in the file, short enough for a message. */
export function show(raw: unknown): string {
  if (raw === null) return 'nothing';
  if (Array.isArray(raw)) return 'a list';
  if (typeof raw === 'object') return 'a mapping';
  const text = JSON.stringify(raw) ?? String(raw);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** A scalar that is written as text. */
export function fromText<T>(
  expected: string,
  read: (text: string) => T | undefined,
  form: JsonForm = {},
): z.ZodType<T> {
  const readText = (raw: unknown) => (typeof raw === 'string' ? read(raw) : undefined);
  return scalar(expected, readText, { type: 'string', ...form });
}

export const flag = scalar('true or false', (raw) => (typeof raw === 'boolean' ? raw : undefined), {
  type: 'boolean',
});

/** Text with at least one character. */
export const text = fromText('text', (value) => (value === '' ? undefined : value), {
  minLength: 1,
});

/** A whole number within bounds. */
export function integer(minimum: number, maximum: number): z.ZodType<number> {
  return scalar(
    `a whole number from ${minimum} to ${maximum}`,
    (raw) => (isWithin(raw, minimum, maximum) ? raw : undefined),
    wholeNumber(minimum, maximum),
  );
}

function wholeNumber(minimum: number, maximum: number): JsonForm {
  return { type: 'integer', minimum, maximum };
}

function isWithin(raw: unknown, minimum: number, maximum: number): raw is number {
  return typeof raw === 'number' && Number.isInteger(raw) && raw >= minimum && raw <= maximum;
}

/** One of a few words. */
export function choice<const T extends string>(...words: readonly T[]): z.ZodType<T> {
  const find = (raw: unknown) => words.find((word) => word === raw);
  return scalar(`one of ${words.join(', ')}`, find, { enum: words });
}

/** Seconds as a number, or `90s`, `2m`, `1h30m`; whole seconds within bounds. */
export function duration(minimumSec: number, maximumSec: number): z.ZodType<number> {
  const expected = `${minimumSec} to ${maximumSec} seconds, as a number or like 90s, 2m, 1h30m`;
  const read = (raw: unknown) => {
    const seconds = typeof raw === 'string' ? parseDuration(raw) : raw;
    return isWithin(seconds, minimumSec, maximumSec) ? seconds : undefined;
  };
  const words = { type: 'string', pattern: '^(\\d+h)?(\\d+m)?(\\d+s)?$', minLength: 2 };
  return scalar(expected, read, { anyOf: [wholeNumber(minimumSec, maximumSec), words] });
}

function parseDuration(value: string): number | undefined {
  const match = /^(?:(\d{1,5})h)?(?:(\d{1,6})m)?(?:(\d{1,7})s)?$/.exec(value);
  if (!match || value === '') return undefined;
  const [, hours = 0, minutes = 0, seconds = 0] = match;
  return Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
}

/** 3 to 65535 seconds, or 0 for a session without keepalives (RFC 4271 §4.2). */
export const holdTime: z.ZodType<number> = duration(0, 65_535).refine(
  (seconds) => seconds === 0 || seconds >= 3,
  'a hold time is 0 (never expires) or at least 3 seconds (RFC 4271 §4.2)',
);

/** 1 to 4294967295 but AS 0 and the last one (RFC 7607, RFC 7300); `1.10` is 65546. */
export const asNumber = scalar(
  'an AS number from 1 to 4294967294, plain or dotted',
  (raw) => {
    if (typeof raw !== 'string' && !isWithin(raw, 0, MAX_ASN)) return undefined;
    const asn = parseAsn(raw as string | number);
    return asn === 0 || asn === MAX_ASN ? undefined : asn;
  },
  {
    anyOf: [wholeNumber(1, MAX_ASN - 1), { type: 'string', pattern: '^\\d+(\\.\\d+)?$' }],
  },
);

/** A dotted quad other than 0.0.0.0, as an unsigned 32-bit number (RFC 6286). */
export const quad = fromText(
  'a dotted quad other than 0.0.0.0',
  (value) => parseIpv4Number(value) || undefined,
);

export const address = fromText('an IPv4 or IPv6 address', parseAddress);

/** An address and the interface it is on, which only link-local ones need. */
export interface ScopedAddress {
  readonly address: Address;
  readonly interface: string | undefined;
}

/** Name of a network interface, as the kernel takes it. */
export const interfaceName = fromText('the name of an interface', (value) =>
  /^[^\s/%]{1,15}$/.test(value) ? value : undefined,
);

/** The far end of a session: `10.0.0.2`, `fe80::1%eth0`. */
export const peerAddress = fromText(
  'an IPv4 or IPv6 address, not unspecified',
  (value): ScopedAddress | undefined => {
    const [plain = '', zone, ...more] = value.split('%');
    const found = parseAddress(plain);
    if (!found || isUnspecified(found) || more.length > 0) return undefined;
    if (zone === undefined) return { address: found, interface: undefined };
    const isScoped = isLinkLocal(found) && /^[^\s/%]{1,15}$/.test(zone);
    return isScoped ? { address: found, interface: zone } : undefined;
  },
);

/** An own address a session can have. */
export const endAddress = fromText(
  'an IPv4 or IPv6 address, not unspecified and not link-local',
  parseEndAddress,
);

/** An {@link endAddress} of one family. */
export function endAddressOf(family: Family) {
  const name = family === 'ipv4-unicast' ? 'IPv4' : 'IPv6';
  return fromText(`an ${name} address, not unspecified and not link-local`, (value) => {
    const found = parseEndAddress(value);
    return found && addressFamily(found) === family ? found : undefined;
  });
}

export const cidr = fromText('a CIDR block without host bits, like 10.0.0.0/8', parseCidr);

/** An own address and its subnet's length. */
export const interfaceAddress = fromText(
  'an address with prefix length, like 10.0.0.7/24',
  (value): { address: Address; length: number } | undefined => parseInterfaceAddress(value),
);

export const family: z.ZodType<Family> = choice('ipv4-unicast', 'ipv6-unicast');

/** ORIGIN in words, by its code on the wire (RFC 4271 §4.3 a). */
export const ORIGINS: readonly string[] = ['igp', 'egp', 'incomplete'];

function parseEndAddress(value: string): Address | undefined {
  const found = parseAddress(value);
  return found && !isUnspecified(found) && !isLinkLocal(found) ? found : undefined;
}
