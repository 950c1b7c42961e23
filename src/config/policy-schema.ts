/** The shape of `policies`: named lists of rules, as docs/configuration.md describes them. */
import { z } from 'zod';
import { maximumLength } from '../net/family.ts';
import { makePrefix, type Prefix } from '../net/prefix.ts';
import { parseAddress, parseCidr } from '../net/text.ts';
import type { PolicyMatch, PrefixRange } from '../policy/model.ts';
import {
  parseCommunity,
  parseCommunityPattern,
  parseExtendedCommunity,
  parseExtendedPattern,
  parseLargeCommunity,
  parseLargePattern,
} from './community-text.ts';
import { makePrefixRange, parsePrefixRange } from './prefix-range.ts';
import {
  asNumber,
  choice,
  cidr,
  fromText,
  integer,
  jsonForms,
  ORIGINS,
  scalar,
  text,
} from './values.ts';

const MAX_UINT32 = 0xffff_ffff;
const uint32 = integer(0, MAX_UINT32);

/** Empty text is the name of no interface. */
const glob = fromText('an interface name with * and ? as wildcards', (raw) => raw);

const prefixText = fromText(
  'a prefix range like 10.0.0.0/8, 10.0.0.0/8+ or 10.0.0.0/8 le 24',
  parsePrefixRange,
);

/** Lengths left out are those of the text form: the prefix's own, and the longest once a minimum is given. */
const prefixLengths = z
  .strictObject({
    prefix: cidr,
    minLength: integer(0, 128).optional(),
    maxLength: integer(0, 128).optional(),
  })
  .transform(({ prefix, minLength, maxLength }, context): PrefixRange => {
    const longest = minLength === undefined ? prefix.length : maximumLength(prefix.family);
    const range = makePrefixRange(prefix, minLength ?? prefix.length, maxLength ?? longest);
    if (range) return range;
    context.addIssue({ code: 'custom', message: 'these lengths match nothing in this prefix' });
    return z.NEVER;
  });

/** Either form; told apart by type, so that faults speak of the form that was meant. */
const anyPrefixRange: z.ZodType<PrefixRange> = z.unknown().transform((raw, context) => {
  const isMapping = typeof raw === 'object' && raw !== null;
  const result = (isMapping ? prefixLengths : prefixText).safeParse(raw);
  if (result.success) return result.data;
  // Handed on as they are; the type of a raw issue is narrower than that of a finished one.
  for (const issue of result.error.issues) context.issues.push({ ...issue, input: raw } as never);
  return z.NEVER;
});

export const prefixRange = anyPrefixRange.register(jsonForms, {
  form: {
    anyOf: [
      {
        type: 'string',
        description: 'a prefix range like 10.0.0.0/8, 10.0.0.0/8+ or 10.0.0.0/8 le 24',
      },
      {
        type: 'object',
        properties: {
          prefix: { type: 'string' },
          minLength: { type: 'integer', minimum: 0, maximum: 128 },
          maxLength: { type: 'integer', minimum: 0, maximum: 128 },
        },
        required: ['prefix'],
        additionalProperties: false,
      },
    ],
  },
});

const numberRange = z
  .strictObject({ min: uint32.optional(), max: uint32.optional() })
  .refine(({ min = 0, max = MAX_UINT32 }) => min <= max, 'min is greater than max');

const community = fromText('a community like 64512:10 or no-export', parseCommunity);
const communityPattern = fromText(
  'a community like 64512:10, 64512:*, *:10 or no-export',
  parseCommunityPattern,
);
const largeCommunity = fromText('a large community like 64512:20:30', parseLargeCommunity);
const largePattern = fromText(
  'a large community like 64512:20:30 or 64512:20:*',
  parseLargePattern,
);
const extendedCommunity = fromText(
  'an extended community like rt:64512:10, ro:192.0.2.1:10 or 0x and 16 hex digits',
  parseExtendedCommunity,
);
const extendedPattern = fromText(
  'an extended community like rt:64512:10, rt:64512:*, rt:* or 0x and 16 hex digits',
  parseExtendedPattern,
);

const sessionGlob = fromText(
  'a neighbor name with * and ? as wildcards',
  (raw) => raw || undefined,
);

/** An address is the CIDR block that holds it alone. */
const nextHop = fromText(
  'an address or a CIDR block without host bits',
  (raw): Prefix | undefined => {
    const address = parseAddress(raw);
    return address ? makePrefix(address, address.length * 8) : parseCidr(raw);
  },
);

/** By its code on the wire (RFC 4271 §4.3 a). */
const origin = scalar(
  `one of ${ORIGINS.join(', ')}`,
  (raw) => {
    const code = typeof raw === 'string' ? ORIGINS.indexOf(raw) : -1;
    return code < 0 ? undefined : code;
  },
  { enum: ORIGINS },
);

const nextHopAction = fromText('self, keep or an address', (raw) =>
  raw === 'self' || raw === 'keep' ? raw : parseAddress(raw),
);

const medAction = scalar(
  `a whole number from 0 to ${MAX_UINT32}, or remove`,
  (raw) => (raw === 'remove' ? raw : uint32.safeParse(raw).data),
  { anyOf: [{ type: 'integer', minimum: 0, maximum: MAX_UINT32 }, { const: 'remove' }] },
);

const matchSchema = z.strictObject({
  prefixes: z.array(prefixRange).optional(),
  notPrefixes: z.array(prefixRange).optional(),
  sources: z.array(choice('ibgp', 'ebgp', 'static', 'direct', 'kernel', 'broker')).optional(),
  routeTypes: z.array(choice('local', 'internal', 'external')).optional(),
  peerType: choice('internal', 'external').optional(),
  neighbors: z.array(sessionGlob).optional(),
  learnedFrom: z.array(sessionGlob).optional(),
  communities: z.array(community).optional(),
  anyCommunities: z.array(communityPattern).optional(),
  largeCommunities: z.array(largeCommunity).optional(),
  extendedCommunities: z.array(extendedCommunity).optional(),
  asPathPrefix: z.array(asNumber).optional(),
  asPathContains: z.array(asNumber).optional(),
  asPathOrigin: z.array(asNumber).optional(),
  asPathFirst: z.array(asNumber).optional(),
  asPathLength: numberRange.optional(),
  localPref: numberRange.optional(),
  med: numberRange.optional(),
  origin: origin.optional(),
  nextHops: z.array(nextHop).optional(),
  interfaces: z.array(glob).optional(),
  // Parsing leaves out absent keys; only its type says they could be undefined.
  not: z
    .lazy((): z.ZodType<PolicyMatch> => matchSchema as unknown as z.ZodType<PolicyMatch>)
    .optional(),
});

const setSchema = z.strictObject({
  localPref: uint32.optional(),
  weight: integer(0, 65_535).optional(),
  med: medAction.optional(),
  origin: origin.optional(),
  nextHop: nextHopAction.optional(),
  setCommunities: z.array(community).optional(),
  removeCommunities: z.array(communityPattern).optional(),
  addCommunities: z.array(community).optional(),
  setLargeCommunities: z.array(largeCommunity).optional(),
  removeLargeCommunities: z.array(largePattern).optional(),
  addLargeCommunities: z.array(largeCommunity).optional(),
  setExtendedCommunities: z.array(extendedCommunity).optional(),
  removeExtendedCommunities: z.array(extendedPattern).optional(),
  addExtendedCommunities: z.array(extendedCommunity).optional(),
  prepend: z.array(asNumber).optional(),
  prependOwn: integer(1, 255).optional(),
});

export const policyRules = z.array(
  z.strictObject({
    name: text.optional(),
    match: matchSchema.optional(),
    set: setSchema.optional(),
    action: choice('accept', 'reject', 'next'),
    source: text.optional(),
  }),
);

/** A rule as read: no name yet where the file gives none. */
export type RuleDraft = z.infer<typeof policyRules>[number];
