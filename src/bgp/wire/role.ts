/** Roles of the two ends of an external session (RFC 9234 §3, §4). */

/** What the local AS is to the neighbour; `rs` is a route server. */
export type Role = 'provider' | 'rs' | 'rs-client' | 'customer' | 'peer';

/** By the number in the capability (RFC 9234 §4.1). */
const ROLES: readonly Role[] = ['provider', 'rs', 'rs-client', 'customer', 'peer'];

const COUNTERPARTS: Readonly<Record<Role, Role>> = {
  provider: 'customer',
  rs: 'rs-client',
  'rs-client': 'rs',
  customer: 'provider',
  peer: 'peer',
};

export function roleNumber(role: Role): number {
  return ROLES.indexOf(role);
}

/** The role with this number; undefined for unassigned numbers. */
export function roleOf(number: number): Role | undefined {
  return ROLES[number];
}

/** The only role the other end may have (RFC 9234 §4.2, table 2). */
export function counterpart(role: Role): Role {
  return COUNTERPARTS[role];
}
