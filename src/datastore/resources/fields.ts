/**
 * The kinds of field Calico's resources are made of, as zod schemas.
 *
 * Absent, `null` and the empty text mean the same everywhere, and so does zero for numbers
 * (calico-datastore.md, conventions). A fault has one of two weights: by default it spoils the object,
 * which then stays as it was; a fault marked {@link SKIPPABLE} costs only the field, which counts as
 * absent (an address that does not parse, an unknown enum value; §6.5, §9).
 */
import { z } from 'zod';
import { parseAsn } from '../../net/asn.ts';
import { makePrefix } from '../../net/prefix.ts';
import {
  formatAddress,
  formatPrefix,
  parseAddress,
  parseCidr,
  parseInterfaceAddress,
  parsePrefix,
} from '../../net/text.ts';
import { parseDurationSec } from './duration.ts';

/** Issue parameters of a fault that makes its field absent instead of spoiling the object. */
export const SKIPPABLE = { isSkippable: true } as const;
const SPOILING = { isSkippable: false } as const;
type Weight = typeof SKIPPABLE | typeof SPOILING;

/** `T` with the properties that may be undefined made optional instead. */
export type Compact<T> = {
  [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its undefined properties. */
export function compact<T extends object>(value: T): Compact<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined),
  ) as Compact<T>;
}

/** Optional text that is read by `parse`; undefined from it is a fault saying what was `expected`. */
export function parsed<T>(
  parse: (text: string) => T | undefined,
  expected: string,
  weight: Weight = SKIPPABLE,
) {
  return z
    .string()
    .nullish()
    .transform((text, context): T | undefined => {
      if (!text) return undefined;
      const value = parse(text);
      if (value === undefined) {
        const message = `${JSON.stringify(text)} is not ${expected}`;
        context.issues.push({ code: 'custom', input: text, message, params: weight });
      }
      return value;
    });
}

/** Optional text. */
export function text() {
  return z
    .string()
    .nullish()
    .transform((value) => value || undefined);
}

/** Text that must be there. */
export function requiredText() {
  return z
    .string({ error: 'this text is required' })
    .min(1, { error: 'this text must not be empty' });
}

/** Optional true or false; undefined is told from false. */
export function flag() {
  return z
    .boolean()
    .nullish()
    .transform((value) => value ?? undefined);
}

/** Optional whole number in a range. Zero is absence, unless the range begins there. */
export function integer(minimum: number, maximum: number) {
  return z
    .int()
    .nullish()
    .transform((value, context): number | undefined => {
      if (value === 0 && minimum > 0) return undefined;
      if (value == null || (value >= minimum && value <= maximum)) return value ?? undefined;
      const message = `${value} is not between ${minimum} and ${maximum}`;
      context.issues.push({ code: 'custom', input: value, message, params: SPOILING });
      return undefined;
    });
}

const asNumberValue = z.union([z.int(), z.string()], {
  error: 'an AS number is a whole number or text',
});

function readAsNumber(given: number | string, context: z.core.$RefinementCtx): number {
  const asn = parseAsn(given);
  if (asn !== undefined) return asn;
  const message = `${JSON.stringify(given)} is not an AS number`;
  context.issues.push({ code: 'custom', input: given, message, params: SPOILING });
  return z.NEVER;
}

/** An AS number: a whole number, or text in decimal or dotted form (§6.1); zero stays zero. */
export function asNumber() {
  return asNumberValue.transform(readAsNumber);
}

/** An optional AS number; zero is absence. */
export function optionalAsNumber() {
  return asNumberValue
    .nullish()
    .transform((given, context) => (given ? readAsNumber(given, context) || undefined : undefined));
}

/** An optional AS number in an annotation, absent when malformed (§6.6). */
export function annotatedAsNumber() {
  return parsed(parseAsn, 'an AS number').transform((value) => value || undefined);
}

/** An optional Go duration, in whole seconds; one that rounds to zero is absence. */
export function durationSec() {
  const field = parsed(parseDurationSec, 'a duration such as 90s or 2m0s', SPOILING);
  return field.transform((seconds) => seconds || undefined);
}

/**
 * One of a few texts; an unknown one counts as absent, and `otherwise` tells the reader what then
 * holds (§9).
 */
export function choice<const T extends string>(
  values: readonly T[],
  otherwise: string,
  isSame: (known: T, value: string) => boolean = (known, value) => known === value,
) {
  const read = (value: string) => values.find((known) => isSame(known, value));
  const expected = `one of ${values.join(', ')}; ${otherwise}`;
  return parsed(read, expected);
}

/** An optional interface address: `address/length`, canonical; a bare address is a host (§6.5). */
export function interfaceAddress(size: 4 | 16) {
  const read = (value: string) => {
    const found = parseInterfaceAddress(value);
    if (found?.address.length !== size) return undefined;
    return `${formatAddress(found.address)}/${found.length}`;
  };
  return parsed(read, `an ${familyName(size)} address with its prefix length`);
}

/** An optional bare address, canonical; the host prefix (/32, /128) may be written out (§6.6). */
export function hostAddress(size: 4 | 16) {
  const read = (value: string) => {
    const found = parseInterfaceAddress(value);
    const isHost = found?.address.length === size && found.length === size * 8;
    return isHost ? formatAddress(found.address) : undefined;
  };
  return parsed(read, `an ${familyName(size)} address`);
}

/** An optional address of either family, canonical. */
export function anyAddress() {
  const read = (value: string) => {
    const address = parseAddress(value);
    return address && formatAddress(address);
  };
  return parsed(read, 'an IP address');
}

/** An optional CIDR, canonical; host bits are cleared, a bare address is a host; absent when malformed. */
export function cidr() {
  const read = (value: string) => {
    const found = parseInterfaceAddress(value);
    return found && formatPrefix(makePrefix(found.address, found.length));
  };
  return parsed(read, 'a CIDR');
}

/** A CIDR that must be there, without host bits; canonical. */
export function requiredCidr() {
  return requiredText().transform((value, context): string => {
    const prefix = parseCidr(value);
    if (prefix) return formatPrefix(prefix);
    const masked = parsePrefix(value);
    const hint = masked ? ` without host bits; write ${formatPrefix(masked)}` : '';
    const message = `${JSON.stringify(value)} is not a CIDR${hint}`;
    context.issues.push({ code: 'custom', input: value, message, params: SPOILING });
    return z.NEVER;
  });
}

/** A community as text: two 16-bit parts, or three 32-bit parts (§6.1); absent when malformed. */
export function community() {
  const read = (value: string) => (isCommunity(value) ? value : undefined);
  return parsed(read, 'a community of the form a:b or a:b:c');
}

/** True for `a:b` with 16-bit parts and for `a:b:c` with 32-bit parts. */
export function isCommunity(value: string): boolean {
  const parts = value.split(':');
  const maximum = parts.length === 2 ? 0xffff : 0xffff_ffff;
  const areInRange = parts.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= maximum);
  return areInRange && (parts.length === 2 || parts.length === 3);
}

/** A list, undefined when absent; absent entries, those skipped for a fault included, are left out. */
export function optionalList<T extends z.ZodType>(entry: T) {
  return z
    .array(entry.nullish())
    .nullish()
    .transform((entries) => entries?.filter(isPresent));
}

/** A list, empty when absent. */
export function list<T extends z.ZodType>(entry: T) {
  return optionalList(entry).transform((entries) => entries ?? []);
}

function isPresent<T>(value: T): value is NonNullable<T> {
  return value !== undefined && value !== null;
}

/** An object whose absence is the same as its emptiness; unknown fields are dropped. */
export function section<T extends z.ZodRawShape>(shape: T) {
  return z.preprocess((value) => value ?? {}, z.object(shape));
}

/** Labels, by name. */
export function textMap() {
  return textsOf(z.record(z.string(), z.string({ error: 'a label is text' })));
}

/** An object of texts; values YAML took for numbers, booleans or nothing become text first. */
export function textsOf<T extends z.ZodType>(schema: T) {
  return z.preprocess((value) => {
    if (typeof value !== 'object' || value === null) return value ?? {};
    return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, asText(text)]));
  }, schema);
}

function asText(value: unknown): unknown {
  if (value === null) return '';
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
}

/** The name of a cluster-wide object. */
export function clusterMetadata() {
  return z.object({ name: requiredText() });
}

/** The name of a namespaced object; without a namespace it lies in `default`. */
export function namespacedMetadata() {
  return z.object({
    name: requiredText(),
    namespace: text().transform((namespace) => namespace ?? 'default'),
    labels: textMap(),
  });
}

/**
 * `{secretKeyRef: {name, key}}`, flattened. A name or key left out is an empty one, which no Secret
 * has: the session waits for its password rather than going without.
 */
export function secretKeyRef() {
  const part = () => text().transform((value) => value ?? '');
  return z
    .object({ secretKeyRef: z.object({ name: part(), key: part() }).nullish() })
    .nullish()
    .transform((value) => value?.secretKeyRef ?? undefined);
}

function familyName(size: 4 | 16): string {
  return size === 4 ? 'IPv4' : 'IPv6';
}
