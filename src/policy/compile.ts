/**
 * Compiles rule lists into something that can be asked about a route.
 *
 * A policy is immutable. It answers with the same attributes object when nothing was set, so callers
 * can compare by identity, and it says whether its verdict depends on the prefix: if not, one answer
 * per attribute set and source serves every route that carries them.
 */
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';
import { applyActions } from './actions.ts';
import { compileMatch, dependsOnPrefix, type RouteTest } from './match.ts';
import type { PolicyRule } from './model.ts';
import type { RouteFacts } from './route-facts.ts';

export type { RouteFacts } from './route-facts.ts';

export interface PolicyVerdict {
  readonly accepted: boolean;
  /** The route's own object when no rule changed it. */
  readonly attributes: PathAttributes;
  /** Name of the rule that decided; empty when none did and the route passed at the end. */
  readonly rule: string;
}

interface CompiledRule {
  readonly rule: PolicyRule;
  readonly tests: readonly RouteTest[];
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
  static compile(rules: readonly PolicyRule[], peerType: 'internal' | 'external'): Policy {
    const compiled: CompiledRule[] = [];
    for (const rule of rules) {
      const tests = compileMatch(rule.match, peerType);
      if (tests) compiled.push({ rule, tests });
    }
    return new Policy(compiled);
  }

  /** The first rule that accepts or rejects ends the run; the end of the list accepts. */
  evaluate(facts: RouteFacts): PolicyVerdict {
    let route = facts;
    for (const { rule, tests } of this.#rules) {
      if (!tests.every((test) => test(route))) continue;
      if (rule.action === 'reject') {
        return { accepted: false, attributes: facts.attributes, rule: rule.name };
      }
      const attributes = applyActions(route.attributes, rule.set);
      if (rule.action === 'accept') return { accepted: true, attributes, rule: rule.name };
      if (attributes !== route.attributes) route = { ...route, attributes };
    }
    return { accepted: true, attributes: route.attributes, rule: '' };
  }
}
