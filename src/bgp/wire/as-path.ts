/** AS_PATH (RFC 4271 §4.3 b, RFC 6793, RFC 5065). Contract; the codec lives beside it. */

export interface AsPathSegment {
  /** AS_SET, AS_SEQUENCE, AS_CONFED_SEQUENCE or AS_CONFED_SET, wire values 1 to 4. */
  readonly type: number;
  /** In wire order. */
  readonly asns: Uint32Array;
}

export interface AsPath {
  readonly segments: readonly AsPathSegment[];
}
