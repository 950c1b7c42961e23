/** Sees what goes over the connections of a session, message by message; for recordings. */
import type { WireOptions } from '../wire/wire-options.ts';

export interface MessageTap {
  /**
   * One or several whole messages at `[at, end)`; borrowed until the return.
   *
   * @param terms what both OPENs agreed on; undefined before
   */
  message(
    bytes: Uint8Array,
    at: number,
    end: number,
    isSent: boolean,
    terms: WireOptions | undefined,
  ): void;
}

/** Where a session looks for its tap, so that one can be put in and taken out while it is up. */
export interface TapSocket {
  current: MessageTap | undefined;
}
