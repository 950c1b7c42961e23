/**
 * Compiles rule lists once per content: peers with the same rules share a policy, and rules that were
 * read again unchanged are recognised as the same.
 */
import { Policy, type PolicySession, sessionKey } from '../policy/compile.ts';
import type { PolicyRule } from '../policy/model.ts';
import type { RibPeer } from './ports.ts';

/** Beyond these the caches start over: then equal rules are no longer known as equal, nothing worse. */
const MAXIMUM_RULES = 65_536;
const MAXIMUM_POLICIES = 1024;

export class PolicyCache {
  /** Number of a rule's content; rules are frozen, so the object stands for its content. */
  readonly #numberOf = new WeakMap<PolicyRule, number>();
  readonly #numbers = new Map<string, number>();
  readonly #policies = new Map<string, Policy>();
  #nextNumber = 0;

  /** A text that two rule lists share only when they do the same on both peers' sessions. */
  keyOf(rules: readonly PolicyRule[], peer: RibPeer): string {
    const numbers = rules.map((rule) => this.#number(rule));
    return `${sessionKey(rules, sessionOf(peer))} ${numbers.join(',')}`;
  }

  get(rules: readonly PolicyRule[], peer: RibPeer): Policy {
    const key = this.keyOf(rules, peer);
    let policy = this.#policies.get(key);
    if (!policy) {
      if (this.#policies.size >= MAXIMUM_POLICIES) this.#policies.clear();
      policy = Policy.compile(rules, sessionOf(peer));
      this.#policies.set(key, policy);
    }
    return policy;
  }

  #number(rule: PolicyRule): number {
    const known = this.#numberOf.get(rule);
    if (known !== undefined) return known;
    const content = JSON.stringify(rule);
    if (this.#numbers.size >= MAXIMUM_RULES) this.#numbers.clear();
    const number = this.#numbers.get(content) ?? this.#nextNumber++;
    this.#numbers.set(content, number);
    this.#numberOf.set(rule, number);
    return number;
  }
}

function sessionOf({ name, isInternal, localAsNumber }: RibPeer): PolicySession {
  return { peerType: isInternal ? 'internal' : 'external', name, localAsNumber };
}
