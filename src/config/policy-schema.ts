/** The shape of `policies`: named lists of rules, as docs/configuration.md describes them. */
import { z } from 'zod';
import { maximumLength } from '../net/family.ts';
import type { PrefixRange } from '../policy/model.ts';
import { makePrefixRange, parsePrefixRange } from './prefix-range.ts';
import {
  address,
  asNumber,
  choice,
  cidr,
  community,
  integer,
  largeCommunity,
  scalar,
  text,
} from './values.ts';

const MAX_UINT32 = 0xffff_ffff;
const uint32 = integer(0, MAX_UINT32);

/** Empty text is the name of no interface. */
const glob = scalar('an interface name with * and ? as wildcards', (raw) =>
  typeof raw === 'string' ? raw : undefined,
);

const prefixText = scalar(
  'a prefix range like 10.0.0.0/8, 10.0.0.0/8+ or 10.0.0.0/8 le 24',
  (raw) => (typeof raw === 'string' ? parsePrefixRange(raw) : undefined),
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
const prefixRange = z.unknown().transform((raw, context): PrefixRange => {
  const isMapping = typeof raw === 'object' && raw !== null;
  const result = (isMapping ? prefixLengths : prefixText).safeParse(raw);
  if (result.success) return result.data;
  // Handed on as they are; the type of a raw issue is narrower than that of a finished one.
  for (const issue of result.error.issues) context.issues.push({ ...issue, input: raw } as never);
  return z.NEVER;
});

const localPrefRange = z
  .strictObject({ min: uint32.optional(), max: uint32.optional() })
  .refine(({ min = 0, max = MAX_UINT32 }) => min <= max, 'min is greater than max');

/** Keys of `match`. */
export const matchShape = {
  prefixes: z.array(prefixRange).optional(),
  notPrefixes: z.array(prefixRange).optional(),
  sources: z.array(choice('ibgp', 'ebgp', 'static', 'direct', 'kernel')).optional(),
  peerType: choice('internal', 'external').optional(),
  communities: z.array(community).optional(),
  largeCommunities: z.array(largeCommunity).optional(),
  asPathPrefix: z.array(asNumber).optional(),
  localPref: localPrefRange.optional(),
  nextHops: z.array(address).optional(),
  interfaces: z.array(glob).optional(),
};

/** Keys of `set`. */
export const setShape = {
  localPref: uint32.optional(),
  med: uint32.optional(),
  addCommunities: z.array(community).optional(),
  addLargeCommunities: z.array(largeCommunity).optional(),
  prepend: z.array(asNumber).optional(),
};

/** Keys of a rule. */
export const ruleShape = {
  name: text.optional(),
  match: z.strictObject(matchShape).optional(),
  set: z.strictObject(setShape).optional(),
  action: choice('accept', 'reject', 'next'),
};

export const policyRules = z.array(z.strictObject(ruleShape));

/** A rule as read: no name yet where the file gives none. */
export type RuleDraft = z.infer<typeof policyRules>[number];
