/** `catbird check`: validates a configuration file without applying it. */
import { parseArgs } from 'node:util';
import { readConfigFile } from '../../run/config-file.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';

/** Prints every fault; exit code 1 when there is one. */
export async function check(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({ args, options: { config: { type: 'string' } } });
  if (values.config === undefined) throw new UsageError('usage: catbird check --config FILE');
  const { config, faults } = await readConfigFile(values.config);
  if (!config) {
    io.stderr.write(`${faults.join('\n')}\n`);
    return EXIT_NO;
  }
  const { neighbors, neighborRanges, blocks } = config;
  io.stdout.write(
    `${values.config}: valid (${neighbors.length} neighbors, ${neighborRanges.length} ranges, ${blocks.length} blocks)\n`,
  );
  return EXIT_DONE;
}
