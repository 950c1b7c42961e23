/** A configuration change in the few words of a log line. */
import type { ConfigDiff, ListDiff } from '../config/diff.ts';

/** Names and keys that differ; parts without a difference are left out. */
export function describeDiff(diff: ConfigDiff): Readonly<Record<string, readonly string[]>> {
  const { neighbors, neighborRanges } = diff;
  const names = (list: readonly { readonly name: string }[]) => list.map(({ name }) => name);
  const all: Record<string, readonly string[]> = {
    router: diff.router.map(({ key }) => key),
    fib: diff.fib.map(({ key }) => key),
    log: diff.log.map(({ key }) => key),
    added: names(neighbors.added),
    removed: names(neighbors.removed),
    restarted: names(neighbors.restarted.map(({ after }) => after)),
    changed: names(neighbors.changed.map(({ after }) => after)),
    blocks: members(diff.blocks),
    originate: members(diff.originate),
    pools: members(diff.pools),
    policies: members(diff.policies),
    brokerOwners: members(diff.brokerOwners),
  };
  const ranges = [...neighborRanges.restarted, ...neighborRanges.changed].length;
  const rangeCount = ranges + neighborRanges.added.length + neighborRanges.removed.length;
  if (rangeCount > 0) all['neighborRanges'] = [`${rangeCount} differ`];
  return Object.fromEntries(Object.entries(all).filter(([, list]) => list.length > 0));
}

function members({ added, removed, changed }: ListDiff): string[] {
  return [
    ...added.map((name) => `+${name}`),
    ...removed.map((name) => `-${name}`),
    ...changed.map((name) => `~${name}`),
  ];
}
