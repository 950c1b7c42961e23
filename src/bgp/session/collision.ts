/** Which of two connections with one neighbour stays (RFC 4271 §6.8, RFC 6286 §2.3, SESS-13). */
import type { SessionState } from './fsm.ts';

/** Who opened a connection: we, or the peer. */
export type Origin = 'dialled' | 'accepted';

export interface CollisionIds {
  /** Unsigned 32-bit BGP identifiers. */
  readonly localRouterId: number;
  readonly remoteRouterId: number;
  readonly localAsNumber: number;
  readonly remoteAsNumber: number;
}

/** The connection opened by the higher identifier stays; between equal ones, by the higher AS. */
export function survivingOrigin(ids: CollisionIds): Origin {
  const isTie = ids.localRouterId === ids.remoteRouterId;
  const local = isTie ? ids.localAsNumber : ids.localRouterId;
  const remote = isTie ? ids.remoteAsNumber : ids.remoteRouterId;
  return local > remote ? 'dialled' : 'accepted';
}

/**
 * Decides when a valid OPEN has come on one connection while there is another one.
 *
 * A rival in OpenSent is judged too, which §6.8 allows as the OPEN has told us who is there: both
 * ends then choose the same connection, whichever OPEN comes first.
 *
 * @param fresh the connection the OPEN came on
 * @param rival the other connection
 * @returns the one to drop
 */
export function resolveCollision(
  fresh: { readonly origin: Origin },
  rival: { readonly origin: Origin; readonly state: SessionState },
  ids: CollisionIds,
): 'fresh' | 'rival' {
  if (rival.state === 'Established') return 'fresh';
  if (rival.state !== 'OpenSent' && rival.state !== 'OpenConfirm') return 'rival';
  return survivingOrigin(ids) === fresh.origin ? 'rival' : 'fresh';
}
