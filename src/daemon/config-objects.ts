/** Which object of the datastore a part of the configuration was made of. */
import type { Config } from '../config/model.ts';
import { containsPrefix, type Prefix } from '../net/prefix.ts';
import { formatPrefix } from '../net/text.ts';
import type { PolicyVerdict } from '../policy/compile.ts';
import { placeOfRule } from './rib-peer.ts';

/** Something of the configuration that covers a prefix. */
export interface Coverage {
  readonly text: string;
  readonly object: string;
}

/** Blocks, originated routes and pools that contain a prefix, the longest of each first. */
export function coverageOf(config: Config, prefix: Prefix): Coverage[] {
  return [
    ...covering(config, 'blocks', prefix),
    ...covering(config, 'originate', prefix),
    ...covering(config, 'pools', prefix).slice(0, 1),
  ];
}

function covering(
  config: Config,
  section: 'blocks' | 'originate' | 'pools',
  prefix: Prefix,
): Coverage[] {
  const entries: readonly { readonly cidr: Prefix; readonly source: string | undefined }[] =
    config[section];
  return entries
    .filter(({ cidr }) => cidr.family === prefix.family && containsPrefix(cidr, prefix))
    .sort((a, b) => b.cidr.length - a.cidr.length)
    .map((entry) => {
      const key = `${section} ${formatPrefix(entry.cidr)}`;
      const said = { ...entry, cidr: undefined, source: undefined, via: undefined };
      return { text: `${key}: ${words(said)}`, object: entry.source ?? key };
    });
}

function words(entry: object): string {
  const known = Object.entries(entry).filter(([, value]) => value !== undefined);
  return known.map(([key, value]) => `${key} ${value}`).join(', ');
}

/** A rule of a session, and whom to ask about it. */
export interface RuleStory {
  readonly text: string;
  readonly object: string | null;
}

/**
 * @param names policies of the session in one direction
 * @param decided the rule's name, and its index in the concatenation of their rules
 * @param prefix what the rule was asked about: without an object of its own, that of what covers it counts
 */
export function ruleStory(
  config: Config,
  names: readonly string[],
  decided: Pick<PolicyVerdict, 'rule' | 'place'>,
  prefix: Prefix,
): RuleStory {
  const { policy, rule } = placeOfRule(names, config, decided.place);
  // Rules that stand in no policy: there is none (RFC 8212), or the router is drained.
  if (policy === null) return { text: `rule '${decided.rule}', which is ours`, object: null };
  const found = config.policies[policy]?.[rule - 1];
  const text = `rule ${rule} '${found?.name}' of policy ${policy}`;
  const covered = coverageOf(config, prefix)[0]?.object;
  return { text, object: found?.source ?? covered ?? `policies ${policy}` };
}
