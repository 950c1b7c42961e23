/** What a codec must know about the session a message belongs to; part of `NegotiatedSession`. */
import type { Family } from '../../net/family.ts';

export interface WireOptions {
  /** Octets per AS number in AS_PATH and AGGREGATOR: 4 when both sides have RFC 6793, else 2. */
  readonly asWidth: 2 | 4;
  /** Families whose NLRI carry path identifiers in messages we *receive* (RFC 7911). */
  readonly addPathReceive: readonly Family[];
  /** Families whose NLRI carry path identifiers in messages we *send*. */
  readonly addPathSend: readonly Family[];
  /** 4096, or 65535 with RFC 8654. */
  readonly maximumMessageSize: number;
  /** IPv4 prefixes in MP_REACH_NLRI may have IPv6 next hops (RFC 8950). False when absent. */
  readonly hasExtendedNextHop?: boolean;
  /** Received routes without OTC get one with this AS (RFC 9234 §5); none when absent. */
  readonly onlyToCustomer?: number | undefined;
  /** Internal sessions may carry LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST (RFC 7606 §7.5, §7.9, §7.10). */
  readonly isInternal: boolean;
  /**
   * AS 0 in AS_PATH and AGGREGATOR passes instead of being malformed (RFC 7607): for internal sessions,
   * whose routes were judged at the border of the AS. False when absent.
   */
  readonly toleratesAsZero?: boolean;
}
