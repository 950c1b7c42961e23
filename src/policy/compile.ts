/**
 * Compiles rule lists into something that can be asked about a route.
 *
 * A policy is immutable. It answers with the same attributes object when nothing was set, so callers
 * can compare by identity, and it says whether its verdict depends on the prefix: if not, one answer
 * per attribute set and source serves every route that carries them.
 */
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { matchesAnyGlob } from '../net/glob.ts';
import { compileActions, type RouteChanger } from './actions.ts';
import { compileMatch, dependsOnPrefix, holds, type RouteTest } from './match.ts';
import type { PolicyMatch, PolicyRule } from './model.ts';
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
  /** False: the verdict may be kept per attribute set and source. */
  readonly dependsOnPrefix: boolean;
  readonly #rules: readonly CompiledRule[];

  private constructor(rules: readonly CompiledRule[]) {
    this.#rules = rules;
    this.isEmpty = rules.length === 0;
    this.dependsOnPrefix = rules.some(({ rule }) => dependsOnPrefix(rule.match));
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
