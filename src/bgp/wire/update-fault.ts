/** Faults of an UPDATE message as values, each with the consequence RFC 7606 §2 gives it. */

/** From mildest to strongest; when several apply the strongest wins (RFC 7606 §3 h). */
export type FaultAction =
  | 'attribute-discard'
  | 'treat-as-withdraw'
  | 'afi-safi-disable'
  | 'session-reset';

export interface UpdateFault {
  readonly action: FaultAction;
  /** NOTIFICATION code and subcode this fault has, or would have before RFC 7606. */
  readonly code: number;
  readonly subcode: number;
  /** Data field of that NOTIFICATION; own copy. */
  readonly data: Uint8Array;
  /** One sentence for operators, naming the attribute. */
  readonly reason: string;
}
