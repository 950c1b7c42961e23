/** Dense ids of the routing tables, branded so that they cannot be mixed up. */

declare const prefixId: unique symbol;
declare const attrsId: unique symbol;
declare const peerId: unique symbol;
declare const pathId: unique symbol;
declare const nextHopId: unique symbol;

/** Index of an interned prefix in one family's `PrefixTable`; freed and reused. 0 is "none". */
export type PrefixId = number & { readonly [prefixId]: true };
/** Index of one immutable attribute set in `AttributeStore`; reference counted. 0 is "none". */
export type AttrsId = number & { readonly [attrsId]: true };
/** Dense index of a route source: a peer, or one of the local sources. 0 is "none". */
export type PeerId = number & { readonly [peerId]: true };
/** Row in a `PathTable`. 0 is "none". */
export type PathId = number & { readonly [pathId]: true };
/** Index in `NextHopTable`. 0 is "none". */
export type NextHopId = number & { readonly [nextHopId]: true };
