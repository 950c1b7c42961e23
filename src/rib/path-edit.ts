/** What export does to the AS path on external sessions beyond putting the local AS in front. */
import { type AsPath, prepend } from '../bgp/wire/as-path.ts';
import { type PrivateAsRemoval, removePrivateAs, replaceAs } from '../bgp/wire/as-path-edits.ts';
import type { RibPeer } from './ports.ts';

export interface PathEdit {
  readonly neighborAs: number;
  readonly localAs: number;
  /** Put in front, the local AS first. */
  readonly prepended: readonly number[];
  /** The neighbour's AS in the path becomes ours, so that it does not see a loop. */
  readonly overridesNeighbor: boolean;
  readonly removal: PrivateAsRemoval | undefined;
}

/** Undefined where the local AS goes in front and that is all, as usual. */
export function pathEditOf(peer: RibPeer): PathEdit | undefined {
  const { asNumber, localAsNumber, localAs, asOverride = false, removePrivateAs: removal } = peer;
  if (peer.isInternal) return undefined;
  const showsRouterAs = localAs !== undefined && !localAs.replaceAs;
  if (!showsRouterAs && !asOverride && !removal) return undefined;
  return {
    neighborAs: asNumber,
    localAs: localAsNumber,
    prepended: showsRouterAs ? [localAsNumber, localAs.routerAsNumber] : [localAsNumber],
    overridesNeighbor: asOverride,
    removal,
  };
}

/** Private numbers go first, so that what replaces the neighbour's AS stays. */
export function editPath(path: AsPath, edit: PathEdit): AsPath {
  const { neighborAs, localAs, removal } = edit;
  const cleaned = removal ? removePrivateAs(path, removal, neighborAs, localAs) : path;
  const told = edit.overridesNeighbor ? replaceAs(cleaned, neighborAs, localAs) : cleaned;
  return prepend(told, edit.prepended);
}
