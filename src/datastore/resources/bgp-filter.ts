/**
 * BGPFilter: ordered rules for routes in and out of a session (§6.3).
 *
 * A fault never makes a rule match more than it says: what a rule matches must be readable, or the
 * filter stays as it was. Unknown words are kept as written; the compiler of filters turns such a rule
 * into a Reject (FILT-14).
 */
import { z } from 'zod';
import { parsePrefix } from '../../net/text.ts';
import type { BgpFilter, FilterRule } from '../snapshot.ts';
import {
  asNumber,
  clusterMetadata,
  compact,
  integer,
  isCommunity,
  list,
  optionalList,
  requiredText,
  section,
  text,
} from './fields.ts';
import { CALICO_API_VERSIONS, type Remark, type ResourceKind } from './resource-kind.ts';

const MAXIMUM_PRIORITY = 2_147_483_646;
const RULE_LISTS = ['importV4', 'exportV4', 'importV6', 'exportV6'] as const;
const KNOWN_WORDS = {
  action: ['Accept', 'Reject'],
  matchOperator: ['Equal', 'NotEqual', 'In', 'NotIn'],
  source: ['RemotePeers'],
  peerType: ['eBGP', 'iBGP'],
} as const;

const communityValue = () => requiredText().refine(isCommunity, 'no community (a:b or a:b:c)');

const prependedAsns = z
  .array(asNumber())
  .min(1, 'at least one AS number is needed')
  .max(10, 'at most ten AS numbers are taken');

const outOfRange = `a priority is between 1 and ${MAXIMUM_PRIORITY}`;
const priorityValue = z.int().min(1, outOfRange).max(MAXIMUM_PRIORITY, outOfRange);

const operation = section({
  addCommunity: z.object({ value: communityValue() }).optional(),
  prependASPath: z.object({ prefix: prependedAsns }).optional(),
  setPriority: z.object({ value: priorityValue }).optional(),
})
  .transform(compact)
  .refine((value) => Object.keys(value).length === 1, {
    error: 'an operation is exactly one of addCommunity, prependASPath, setPriority',
  });

const rules = (size: 4 | 16) =>
  list(
    z
      .object({
        action: requiredText(),
        cidr: text().refine((value) => isCidrOfSize(value, size), {
          error: `no ${size === 4 ? 'IPv4' : 'IPv6'} CIDR`,
        }),
        matchOperator: text(),
        prefixLength: section({ min: integer(0, size * 8), max: integer(0, size * 8) })
          .transform(compact)
          .optional(),
        source: text(),
        interface: text(),
        peerType: text(),
        communities: z
          .object({ values: z.array(communityValue()).length(1, 'exactly one community is taken') })
          .nullish(),
        asPathPrefix: optionalList(asNumber()),
        priority: integer(1, MAXIMUM_PRIORITY),
        operations: optionalList(operation),
      })
      .transform(
        (rule): FilterRule => compact({ ...rule, communities: rule.communities ?? undefined }),
      ),
  );

const spec = section({
  importV4: rules(4),
  exportV4: rules(4),
  importV6: rules(16),
  exportV6: rules(16),
});

const schema = z
  .object({ metadata: clusterMetadata(), spec })
  .transform(({ metadata, spec }): BgpFilter => ({ name: metadata.name, ...spec }));

function isCidrOfSize(value: string | undefined, size: 4 | 16): boolean {
  return value === undefined || parsePrefix(value)?.address.length === size;
}

function remarks(filter: BgpFilter): readonly Remark[] {
  return RULE_LISTS.flatMap((name) =>
    filter[name].flatMap((rule, index) => [
      ...unknownWords(rule, ['spec', name, index]),
      ...halfMatches(rule, ['spec', name, index]),
    ]),
  );
}

function unknownWords(rule: FilterRule, path: readonly PropertyKey[]): readonly Remark[] {
  return Object.entries(KNOWN_WORDS).flatMap(([field, known]): readonly Remark[] => {
    const word = rule[field as keyof typeof KNOWN_WORDS];
    if (word === undefined || known.some((value) => value === word)) return [];
    return [{ path: [...path, field], reason: `"${word}" is not one of ${known.join(', ')}${SO}` }];
  });
}

/** `cidr` and `matchOperator` go together, and `prefixLength` only with them (§6.3). */
function halfMatches(rule: FilterRule, path: readonly PropertyKey[]): readonly Remark[] {
  const { cidr, matchOperator, prefixLength } = rule;
  if (cidr && matchOperator) return [];
  if (cidr) return [{ path: [...path, 'cidr'], reason: `a cidr needs a matchOperator${SO}` }];
  return Object.entries({ matchOperator, prefixLength }).flatMap(([field, value]) =>
    value ? [{ path: [...path, field], reason: `a ${field} needs a cidr${SO}` }] : [],
  );
}

const SO = '; this rule rejects what the rest of it selects';

/** Peers skip a filter that does not exist (FILT-3); one that cannot be read must not open them. */
export function closedFilter(name: string): BgpFilter {
  const closed = [{ action: 'Reject' }];
  return { name, importV4: closed, exportV4: closed, importV6: closed, exportV6: closed };
}

export const BGP_FILTER: ResourceKind<'bgpFilters'> = {
  kind: 'BGPFilter',
  apiVersions: CALICO_API_VERSIONS,
  collection: 'bgpFilters',
  schema,
  remarks,
  standIn: { make: closedFilter, meaning: 'it rejects everything until it is mended' },
};
