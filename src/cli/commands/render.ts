/** `catbird render`: what the templates make of a datastore for one node. */
import { parseArgs } from 'node:util';
import { DATASTORE_FLAGS, readDatastoreOptions } from '../../run/options.ts';
import { renderOnce } from '../../run/render-once.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';

/** Prints the effective configuration on stdout and every fault on stderr; 1 when something is to be mended. */
export async function render(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...DATASTORE_FLAGS,
      output: { type: 'string', short: 'o', default: 'yaml' },
      'show-secrets': { type: 'boolean', default: false },
    },
  });
  const { output } = values;
  if (output !== 'json' && output !== 'yaml')
    throw new UsageError(`-o takes json or yaml, not '${output}'`);
  const { document, faults, isSound } = await renderOnce({
    ...readDatastoreOptions(values, io.env),
    format: output,
    showSecrets: values['show-secrets'],
  });
  for (const fault of faults) io.stderr.write(`catbird: ${fault}\n`);
  io.stdout.write(document ?? '');
  return isSound ? EXIT_DONE : EXIT_NO;
}
