/** Configurations for the tests of this folder. */
import type { Config } from '../../src/config/model.ts';
import { type ConfigFault, formatFault, parseConfig } from '../../src/config/parse.ts';

export const ROUTER = 'router: { asNumber: 64512, routerId: 10.0.0.1 }';

/** Parses text that is known to be right. */
export function config(text: string): Config {
  const outcome = parseConfig(text, 'test.yaml');
  if ('config' in outcome) return outcome.config;
  throw new Error(outcome.faults.map(formatFault).join('\n'));
}

/** Parses text that is known to be wrong. */
export function faults(text: string): readonly ConfigFault[] {
  const outcome = parseConfig(text, 'test.yaml');
  return 'faults' in outcome ? outcome.faults : [];
}

/** `line:column: path: reason` of every fault. */
export function faultLines(text: string): string[] {
  return faults(text).map((fault) => formatFault(fault).replace('test.yaml:', ''));
}
