/** Communities: texts told apart, and what `prefixAdvertisements` attach (COMM). */
import type { BgpConfiguration } from '../datastore/snapshot.ts';
import type { Family } from '../net/family.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import { type Cluster, compareText } from './cluster.ts';
import type { RuleView } from './view.ts';

export interface SplitCommunities {
  /** `a:b`, without duplicates, sorted as text. */
  readonly standard: readonly string[];
  /** `a:b:c`, likewise. */
  readonly large: readonly string[];
  readonly wrong: readonly string[];
}

/** Tells `a:b` from `a:b:c` and from what is neither. */
export function splitCommunities(values: readonly string[]): SplitCommunities {
  const unique = [...new Set(values)].sort(compareText);
  const standard = unique.filter((value) => isCommunity(value, 2, 0xffff));
  const large = unique.filter((value) => isCommunity(value, 3, 0xffff_ffff));
  const wrong = unique.filter((value) => !standard.includes(value) && !large.includes(value));
  return { standard, large, wrong };
}

function isCommunity(value: string, count: number, maximum: number): boolean {
  const parts = value.split(':');
  return (
    parts.length === count &&
    parts.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= maximum)
  );
}

/** One rule per advertisement of the family; a per-node list replaces the global one (COMM-3). */
export function communityRules(cluster: Cluster, family: Family): RuleView[] {
  const { perNode, defaults } = cluster;
  const object = perNode.prefixAdvertisements ? perNode : defaults;
  return (object.prefixAdvertisements ?? []).flatMap(({ cidr, communities }, i) => {
    const prefix = parsePrefix(cidr);
    if (prefix?.family !== family) return [];
    const path = `spec.prefixAdvertisements[${i}]`;
    const set = resolve(cluster, object, communities, path);
    if (set.standard.length + set.large.length === 0) return []; // COMM-2
    const text = formatPrefix(prefix);
    return [
      {
        name: `communities of ${text}`,
        match: { prefixes: [`${text}+`] },
        set: {
          ...(set.standard.length > 0 ? { addCommunities: set.standard } : {}),
          ...(set.large.length > 0 ? { addLargeCommunities: set.large } : {}),
        },
        action: 'next',
        source: `BGPConfiguration/${object.name}`,
      },
    ];
  });
}

/** Names are looked up in the same object; the first definition of a name counts (COMM-2). */
function resolve(
  cluster: Cluster,
  object: BgpConfiguration,
  communities: readonly string[],
  path: string,
): SplitCommunities {
  const values = communities.map(
    (text) => object.communities?.find(({ name }) => name === text)?.value ?? text,
  );
  const split = splitCommunities(values);
  for (const text of split.wrong) {
    const reason = `"${text}" is no community, nor the name of one in this BGPConfiguration`;
    cluster.report(`BGPConfiguration/${object.name}`, path, reason);
  }
  return split;
}
