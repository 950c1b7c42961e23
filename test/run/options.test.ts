import t from 'tap';
import { parseRunOptions } from '../../src/run/options.ts';

const SOURCE = ['--config', 'catbird.yaml'];

function levelOf(words: readonly string[], severity?: string): string | undefined {
  const env = severity === undefined ? {} : { BGP_LOGSEVERITYSCREEN: severity };
  return parseRunOptions([...SOURCE, ...words], env, false).logLevel;
}

t.test(
  'the log severity of the environment is one of ours, or does not count (LOG-3)',
  async (t) => {
    const severities = [
      'Trace',
      'Debug',
      'INFO',
      'Warning',
      'error',
      'Fatal',
      'none',
      '',
      undefined,
    ];
    t.same(
      severities.map((severity) => levelOf([], severity)),
      ['trace', 'debug', 'info', 'warn', 'error', 'error', undefined, undefined, undefined],
    );
  },
);

t.test('the flag wins over the environment, and must name a level', async (t) => {
  t.equal(levelOf(['--log-level', 'silent'], 'Debug'), 'silent');
  t.throws(() => levelOf(['--log-level', 'loud']), {
    code: 'CATBIRD_USAGE',
    message: /takes error, warn, info, debug, trace, silent, not 'loud'/,
  });
});
