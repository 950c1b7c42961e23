/** What the newest configuration says against what runs (`catbird diff`). */
import type { DiffView } from '../api/views.ts';
import { describeDocuments } from '../config/describe-documents.ts';
import { diffConfig } from '../config/diff.ts';
import type { Config } from '../config/model.ts';
import { printConfig } from '../config/print.ts';
import { formatScopedAddress } from '../net/text.ts';
import type { Daemon } from './daemon.ts';
import type { ViewContext } from './views.ts';

/** Builds the answer; `isInForce` when nothing is left to be done. */
export function viewDiff({ daemon, datastore, heldConfig, faults }: ViewContext): DiffView {
  const { held = null } = datastore() ?? {};
  const next = heldConfig();
  const needsRestart = waitingForRestart(daemon.startConfig, daemon.config);
  const leaving = leavingNeighbors(daemon);
  const waits = needsRestart.length + leaving.length + faults().length;
  return {
    isInForce: waits === 0 && !held,
    held,
    changes: next ? describeDocuments(printConfig(daemon.config), printConfig(next)) : [],
    faults: faults(),
    needsRestart,
    leaving,
  };
}

/** Keys that run as the process was started, and what they will be. */
function waitingForRestart(started: Config, wanted: Config): DiffView['needsRestart'] {
  const { router, fib } = diffConfig(started, wanted);
  const named = [
    ...router.map((change) => ({ ...change, key: `router.${change.key}` })),
    ...fib.map((change) => ({ ...change, key: `fib.${change.key}` })),
  ];
  return named
    .filter(({ impact }) => impact === 'restart')
    .map(({ key, from, to }) => ({ key, from: from ?? null, to: to ?? null }));
}

/** Replaced already, and kept until what replaces them has brought its routes. */
function leavingNeighbors({ neighbors }: Daemon): DiffView['leaving'] {
  return neighbors
    .list()
    .filter((neighbor) => neighbors.isLeaving(neighbor))
    .map(({ config: { name, address, interface: zone } }) => {
      return { name, address: formatScopedAddress(address, zone) };
    });
}
