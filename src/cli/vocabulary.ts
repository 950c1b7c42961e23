/** The fixed words of commands: what they are resolved by, and what a shell completes. */

export const VIEW_NAMES = [
  'neighbors',
  'neighbor',
  'rib',
  'adj-in',
  'adj-out',
  'fib',
  'blocks',
  'quarantine',
  'config',
  'version',
] as const;

export const MONITOR_TOPICS = ['routes', 'neighbors', 'fib', 'config'] as const;

export const ORIGINATE_ACTIONS = ['add', 'remove', 'list'] as const;

export const RECORD_SUBJECTS = ['table', 'save'] as const;

export const TEMPLATE_ACTIONS = ['list', 'show', 'diff', 'test'] as const;

export const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export const SHELLS = ['bash', 'zsh'] as const;
