/**
 * What a user's template may not mean, though the schema accepts it: outcomes that are nearly always
 * a mistake, and take a node off the network or announce everything.
 */
import type { FragmentRequest, Piece } from './fragments.ts';
import type { PolicyView } from './view.ts';

export interface MeaningFault {
  readonly path: string;
  readonly reason: string;
}

/** Looks at the output for one object. */
export function meaningFault(request: FragmentRequest, value: unknown): MeaningFault | undefined {
  if (request.template === 'policy') return policyFault(request.part as PolicyView, value);
  const isSingle = ['router', 'fib', 'log'].includes(request.template);
  if (!isSingle || (typeof value === 'object' && value !== null)) return undefined;
  return { path: '', reason: `leaves ${request.section} empty` };
}

/** Sessions name their policies: one that is missing, or lets all or nothing pass, hits every one of them. */
function policyFault({ name, rules }: PolicyView, value: unknown): MeaningFault | undefined {
  const made = (value as Record<string, unknown> | null)?.[name];
  const path = `policies.${name}`;
  if (!Array.isArray(made)) return { path, reason: `does not make the policy ${name}` };
  const ends = rules.at(-1)?.action === 'reject' && rules.at(-1)?.match === undefined;
  if (ends && !made.some(isFinal)) {
    return { path, reason: 'would let everything pass: no rule rejects or accepts what is left' };
  }
  if (rejectsAll(made[0]) && !rejectsAll(rules[0])) {
    return { path: `${path}[0]`, reason: 'would reject every route' };
  }
  return undefined;
}

/** A rule that decides on whatever comes by. */
function isFinal(rule: unknown): boolean {
  const { match, action } = rule as { match?: object; action?: string };
  return action !== 'next' && Object.keys(match ?? {}).length === 0;
}

function rejectsAll(rule: unknown): boolean {
  return rule !== undefined && isFinal(rule) && (rule as { action: string }).action === 'reject';
}

/** Looks at all sessions together: an override that leaves none of several drops every peer. */
export function dropsEveryPeer(pieces: readonly Piece[]): boolean {
  let isOverridden = false;
  for (const { request, fragment } of pieces) {
    if (request.template !== 'neighbor') continue;
    if (!isEmpty(fragment?.value)) return false;
    isOverridden ||= fragment?.version.isShipped === false;
  }
  return isOverridden;
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
