/** `catbird render`: what the templates make of a datastore for one node. */
import { parseArgs } from 'node:util';
import { stringify } from 'yaml';
import { printConfig } from '../../config/print.ts';
import { readDatastore } from '../../datastore/open-datastore.ts';
import { nodeName } from '../../run/options.ts';
import { describeFaults, openRenderer } from '../../run/rendering.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';

/** Prints the effective configuration on stdout and every fault on stderr; 1 when there was a fault. */
export async function render(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      datastore: { type: 'string' },
      node: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'yaml' },
      'show-secrets': { type: 'boolean', default: false },
    },
  });
  const { datastore, output } = values;
  if (datastore === undefined)
    throw new UsageError('usage: catbird render --datastore folder:DIR --node NAME');
  if (output !== 'json' && output !== 'yaml')
    throw new UsageError(`-o takes json or yaml, not '${output}'`);
  const snapshot = await readDatastore(datastore);
  const result = openRenderer(nodeName(values.node, io.env), io.env).render(snapshot);
  const faults = describeFaults(snapshot, result);
  for (const fault of faults) io.stderr.write(`catbird: ${fault}\n`);
  if (!result.config) return EXIT_NO;
  const printed = printConfig(result.config, { showSecrets: values['show-secrets'] });
  io.stdout.write(output === 'json' ? `${JSON.stringify(printed, null, 2)}\n` : stringify(printed));
  return faults.length === 0 ? EXIT_DONE : EXIT_NO;
}
