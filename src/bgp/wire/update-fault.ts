/** Faults of an UPDATE message as values, each with the consequence RFC 7606 §2 gives it. */
import { UPDATE_ERROR, UPDATE_MALFORMED_ATTRIBUTE_LIST } from './constants.ts';

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

const STRENGTH: Readonly<Record<FaultAction, number>> = {
  'attribute-discard': 1,
  'treat-as-withdraw': 2,
  'afi-safi-disable': 3,
  'session-reset': 4,
};

const NO_DATA = new Uint8Array(0);

/** An UPDATE Message Error (code 3); `data` is kept, not copied. */
export function updateFault(
  action: FaultAction,
  subcode: number,
  reason: string,
  data: Uint8Array = NO_DATA,
): UpdateFault {
  return { action, code: UPDATE_ERROR, subcode, data, reason };
}

/** The attributes run past Total Path Attribute Length (RFC 7606 §4). */
export function overrunFault(): UpdateFault {
  const reason = 'an attribute runs past the attribute section';
  return updateFault('treat-as-withdraw', UPDATE_MALFORMED_ATTRIBUTE_LIST, reason);
}

/** The stronger of two faults; the first when they are equal. */
export function strongerFault(
  a: UpdateFault | undefined,
  b: UpdateFault | undefined,
): UpdateFault | undefined {
  if (!a || !b) return a ?? b;
  return STRENGTH[b.action] > STRENGTH[a.action] ? b : a;
}

/** Tells a fault from a decoded value. */
export function isUpdateFault(value: object): value is UpdateFault {
  return 'action' in value;
}
