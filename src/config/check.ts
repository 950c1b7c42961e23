/** Checks a document of any origin and makes a `Config` of it. */
import { assembleConfig } from './assemble.ts';
import { checkAcrossKeys } from './checks.ts';
import { type ConfigIssue, issuesOf } from './issues.ts';
import type { Config } from './model.ts';
import { documentSchema } from './schema.ts';

/**
 * Turns plain data into a configuration.
 *
 * @param document what YAML or JSON holds
 * @returns the frozen configuration, or every issue, in no particular order
 */
export function checkConfig(
  document: unknown,
): { readonly config: Config } | { readonly issues: readonly ConfigIssue[] } {
  const parsed = documentSchema.safeParse(document);
  const across = checkAcrossKeys(document);
  if (parsed.success && across.length === 0) return { config: assembleConfig(parsed.data) };
  const own = parsed.success ? [] : issuesOf(parsed.error, document);
  return { issues: [...own, ...across] };
}
