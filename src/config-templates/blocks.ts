/** The address blocks this node's pods live in (AGGR). */
import { type Family, maximumLength } from '../net/family.ts';
import { comparePrefixes, type Prefix } from '../net/prefix.ts';
import { formatPrefix, parsePrefix } from '../net/text.ts';
import type { Cluster } from './cluster.ts';
import type { BlockView } from './view.ts';

/** Old affinities have no state; unknown states count as on their way out (AGGR-2). */
const AGGREGATING: ReadonlySet<string> = new Set(['confirmed', '']);

export interface Block {
  readonly prefix: Prefix;
  readonly state: string;
  /** Longer prefixes inside stay at home (AGGR-2). */
  readonly aggregates: boolean;
  /** The object it comes from. */
  readonly resource: string;
}

/** Own blocks in order; pending and deleted ones do not count (AGGR-1, AGGR-8). */
export function ownBlocks(cluster: Cluster): Block[] {
  const blocks = new Map<string, Block>();
  for (const { cidr, state, object } of affinities(cluster)) {
    const prefix = parsePrefix(cidr);
    if (!prefix) cluster.report(object, 'spec.cidr', `"${cidr}" is no CIDR`);
    else {
      const aggregates = AGGREGATING.has(state);
      blocks.set(formatPrefix(prefix), { prefix, state, aggregates, resource: object });
    }
  }
  return [...blocks.values()].sort((a, b) => comparePrefixes(a.prefix, b.prefix));
}

function affinities({ own, options, snapshot }: Cluster) {
  if (options.usePodCidr) {
    const object = `Node/${own.name}`;
    return own.podCIDRs.map((cidr) => ({ cidr, state: 'confirmed', object })); // AGGR-7
  }
  return [...snapshot.blockAffinities.values()]
    .filter(({ node, type, state, deleted }) => {
      const isOwn = node === own.name && (type === '' || type === 'host');
      return isOwn && !deleted && state !== 'pending';
    })
    .map(({ name, cidr, state }) => ({ cidr, state, object: `BlockAffinity/${name}` }));
}

/** Blocks of a single address are not originated (AGGR-1). */
export function viewBlock({ prefix, state, resource }: Block): BlockView {
  const isRange = !isSingle(prefix);
  const cidr = formatPrefix(prefix);
  return { cidr, state, advertise: isRange, blackhole: isRange, resource };
}

/** A /32 or /128. */
export function isSingle({ family, length }: Prefix): boolean {
  return length === maximumLength(family);
}

/** Blocks of a family whose longer prefixes are held back. */
export function aggregates(blocks: readonly Block[], family: Family): Prefix[] {
  return blocks
    .filter((block) => block.aggregates && block.prefix.family === family)
    .map(({ prefix }) => prefix);
}
