/**
 * An UPDATE as plain objects, for the CLI, the API and tests. It sits on `walkUpdate`, so it sees what the
 * tables see.
 */
import type { Family } from '../../net/family.ts';
import { addressSize } from '../../net/family.ts';
import { makePrefix } from '../../net/prefix.ts';
import { formatPrefix } from '../../net/text.ts';
import { decodePathAttributes } from './decode-path-attributes.ts';
import type { PathAttributes } from './path-attributes.ts';
import { walkUpdate } from './update.ts';
import { isUpdateFault, strongerFault, type UpdateFault } from './update-fault.ts';
import type { UpdateSink } from './update-sink.ts';
import type { WireOptions } from './wire-options.ts';

/** One prefix of an UPDATE. */
export interface DecodedPrefix {
  readonly family: Family;
  /** `address/length`. */
  readonly prefix: string;
  /** 0 without Add-Path. */
  readonly pathId: number;
}

/** Prefixes that share attributes. */
export interface DecodedGroup {
  readonly family: Family;
  readonly attributes: PathAttributes;
  readonly prefixes: readonly DecodedPrefix[];
}

export interface DecodedUpdate {
  readonly endOfRib: Family | undefined;
  /** Also what a `treat-as-withdraw` fault turned into withdrawals. */
  readonly withdrawn: readonly DecodedPrefix[];
  /** At most two: of MP_REACH_NLRI and of the classic field. */
  readonly reachable: readonly DecodedGroup[];
  /** The strongest fault of the message. */
  readonly fault: UpdateFault | undefined;
}

/** Decodes the whole message at `[at, end)`; parameters as {@link walkUpdate}. Own copies of everything. */
export function decodeUpdate(
  bytes: Uint8Array,
  at: number,
  end: number,
  options: WireOptions,
): DecodedUpdate {
  const collector = new Collector(options);
  const fault = walkUpdate(bytes, at, end, options, collector);
  const { endedFamily, withdrawn, reachable, discarded } = collector;
  return { endOfRib: endedFamily, withdrawn, reachable, fault: strongerFault(fault, discarded) };
}

class Collector implements UpdateSink {
  endedFamily: Family | undefined;
  readonly withdrawn: DecodedPrefix[] = [];
  readonly reachable: (DecodedGroup & { readonly prefixes: DecodedPrefix[] })[] = [];
  /** First fault that cost an attribute only. */
  discarded: UpdateFault | undefined;
  readonly #options: WireOptions;

  constructor(options: WireOptions) {
    this.#options = options;
  }

  withdraw(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    this.withdrawn.push(decodePrefix(family, pathId, bytes, at, bits));
  }

  attributes(
    family: Family,
    bytes: Uint8Array,
    at: number,
    end: number,
    nextHop: Uint8Array | undefined,
  ): UpdateFault | undefined {
    const attributes = decodePathAttributes(
      bytes,
      at,
      end,
      family,
      nextHop,
      this.#options,
      (fault) => {
        this.discarded ??= fault;
      },
    );
    if (isUpdateFault(attributes)) return attributes;
    this.reachable.push({ family, attributes, prefixes: [] });
    return undefined;
  }

  reach(family: Family, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    this.reachable.at(-1)!.prefixes.push(decodePrefix(family, pathId, bytes, at, bits));
  }

  endOfRib(family: Family): void {
    this.endedFamily = family;
  }
}

function decodePrefix(
  family: Family,
  pathId: number,
  bytes: Uint8Array,
  at: number,
  bits: number,
): DecodedPrefix {
  const address = new Uint8Array(addressSize(family));
  address.set(bytes.subarray(at, at + ((bits + 7) >> 3)));
  return { family, prefix: formatPrefix(makePrefix(address, bits)), pathId };
}
