/**
 * The hot door for UPDATE messages: what the walker calls while it reads one message.
 *
 * The walker checks the whole message's structure (RFC 7606 §3, §5.3: lengths, prefix syntax) before
 * its first call, so a sink never sees half of a broken message. Calls come in this order: `withdraw`*,
 * then per reachable group `attributes` once followed by `reach`*. When `attributes` answers
 * `treat-as-withdraw`, that group's prefixes arrive through `withdraw` instead.
 */
import type { Family } from '../../net/family.ts';
import type { UpdateFault } from './update-fault.ts';

export interface UpdateSink {
  /**
   * One unreachable prefix.
   *
   * @param pathId the Add-Path identifier (RFC 7911), 0 without Add-Path
   * @param bytes the message; borrowed, not kept
   * @param at offset of the first prefix octet (behind the length octet)
   * @param bits prefix length in bits; bits behind it may be set and must be ignored
   */
  withdraw(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void;

  /**
   * The path attributes of the `reach` calls that follow, still encoded: a sequence of attributes
   * without MP_REACH_NLRI and MP_UNREACH_NLRI. For a group from MP_REACH_NLRI, `nextHop` is its
   * next hop (borrowed); for the classic NLRI field it is undefined and NEXT_HOP is among the attributes.
   *
   * Encoded rather than decoded, so that a sink can answer from a cache keyed by these bytes
   * before anyone parses them.
   *
   * @returns undefined when fine; otherwise the fault with its consequence
   */
  attributes(
    family: Family,
    bytes: Uint8Array,
    at: number,
    end: number,
    nextHop: Uint8Array | undefined,
  ): UpdateFault | undefined;

  /** One reachable prefix with the attributes of the last `attributes` call. Parameters as `withdraw`. */
  reach(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void;

  /** End-of-RIB for a family (RFC 4724 §2). */
  endOfRib(family: Family): void;
}
