/**
 * Compiles rule lists into something that can be asked about a route.
 *
 * A policy is immutable. It answers with the same attributes object when nothing was set, so callers
 * can compare by identity. What it asks about prefixes comes to one number: one answer per attribute set,
 * source and number serves every route that has them.
 */
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import type { Family } from '../net/family.ts';
import { matchesAnyGlob } from '../net/glob.ts';
import { compileActions, type RouteChanger } from './actions.ts';
import { compileMatch, holds, prefixIndexOf, type RouteTest } from './match.ts';
import type { PolicyMatch, PolicyRule } from './model.ts';
import type { PrefixIndex } from './prefix-index.ts';
import type { PolicySession, RouteFacts } from './route-facts.ts';

export type { PolicySession, RouteFacts } from './route-facts.ts';

export interface PolicyVerdict {
  readonly accepted: boolean;
  /** The route's own object when no rule changed it. */
  readonly attributes: PathAttributes;
  /** What export does to the next hop; undefined leaves it to the session's setting. */
  readonly nextHop: 'self' | 'keep' | undefined;
  /** What rules made of the weight; undefined leaves it to the neighbour's. */
  readonly weight: number | undefined;
  /** Name of the rule that decided; empty when none did and the route passed at the end. */
  readonly rule: string;
  /** Place of that rule in the list that was compiled, −1 when none decided. */
  readonly place: number;
}

interface CompiledRule {
  readonly rule: PolicyRule;
  readonly place: number;
  readonly tests: readonly RouteTest[];
  readonly change: RouteChanger;
}

/** A compiled list of rules for one direction of sessions of one kind. */
export class Policy {
  /** True when every route passes unchanged. */
  readonly isEmpty: boolean;
  readonly #prefixes: PrefixIndex | undefined;
  readonly #rules: readonly CompiledRule[];

  private constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
    this.isEmpty = rules.length === 0;
    this.#prefixes = prefixIndexOf(rules.map(({ rule }) => rule.match));
  }

  /** @param rules all lists of a session and direction, concatenated in order */
  static compile(rules: readonly PolicyRule[], session: PolicySession): Policy {
    const compiled: CompiledRule[] = [];
    rules.forEach((rule, place) => {
      const tests = compileMatch(rule.match, session);
      if (tests) compiled.push({ rule, place, tests, change: compileActions(rule.set, session) });
    });
    return new Policy(compiled);
  }

  /**
   * What the verdict depends on beside attribute set and source: routes with the same number get the same;
   * 0 where no rule names the prefix. −1: it may be kept for no other route.
   *
   * @param bytes holds the prefix's address octets; borrowed
   */
  prefixClass(family: Family, bytes: Uint8Array, bits: number): number {
    return this.#prefixes ? this.#prefixes.find(family, bytes, 0, bits) : -1;
  }

  /** The first rule that accepts or rejects ends the run; the end of the list accepts. */
  evaluate(facts: RouteFacts): PolicyVerdict {
    let route = facts;
    let nextHop: PolicyVerdict['nextHop'];
    let weight: number | undefined;
    for (const { rule, place, tests, change } of this.#rules) {
      if (!holds(tests, route)) continue;
      const { name, action } = rule;
      if (action === 'reject') return rejected(facts, name, place);
      const attributes = change(route.attributes, facts.family);
      nextHop = nextHopRule(rule, facts) ?? nextHop;
      weight = rule.set.weight ?? weight;
      if (action === 'accept') {
        return { accepted: true, attributes, nextHop, weight, rule: name, place };
      }
      if (attributes !== route.attributes) route = { ...route, attributes };
    }
    return { accepted: true, attributes: route.attributes, nextHop, weight, rule: '', place: -1 };
  }
}

function rejected({ attributes }: RouteFacts, rule: string, place: number): PolicyVerdict {
  return { accepted: false, attributes, nextHop: undefined, weight: undefined, rule, place };
}

/** A next hop that a rule put in is kept, whatever the session's setting. */
function nextHopRule({ set: { nextHop } }: PolicyRule, { family }: RouteFacts) {
  if (!(nextHop instanceof Uint8Array)) return nextHop;
  const isOfFamily = (nextHop.length === 4) === (family === 'ipv4-unicast');
  return isOfFamily ? 'keep' : undefined;
}

/**
 * What of a session the rules depend on, as text: sessions with equal texts share a compiled policy,
 * and with it the routes worked out for a group of peers.
 */
export function sessionKey(rules: readonly PolicyRule[], session: PolicySession): string {
  const named = rules
    .flatMap(({ match }) => neighborGlobs(match))
    .map((globs) => (matchesAnyGlob(globs, session.name) ? '1' : '0'));
  const usesOwnAs = rules.some(({ set }) => set.prependOwn !== undefined);
  return [session.peerType, named.join(''), usesOwnAs ? session.localAsNumber : ''].join(' ');
}

function neighborGlobs({ neighbors, not }: PolicyMatch): (readonly string[])[] {
  return [...(neighbors ? [neighbors] : []), ...(not ? neighborGlobs(not) : [])];
}
