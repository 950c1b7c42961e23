/** `catbird diff`: what the newest configuration says against what runs. */
import { parseArgs } from 'node:util';
import type { DiffView } from '../../api/views.ts';
import { apiPath, getDocument } from '../client.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';

/** Exit code 1 says that something is left to be done. */
export async function diff(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      api: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'table' },
    },
  });
  const { api, output } = values;
  if (output !== 'json' && output !== 'table')
    throw new UsageError(`-o takes json or table, not '${output}'`);
  const answer = (await getDocument(apiPath(api, io.env), '/v1/diff')) as DiffView;
  const text = output === 'json' ? JSON.stringify(answer, null, 2) : describe(answer).join('\n');
  io.stdout.write(`${text}\n`);
  return answer.isInForce ? EXIT_DONE : EXIT_NO;
}

function describe(answer: DiffView): string[] {
  const { isInForce, held, changes, faults, needsRestart, leaving } = answer;
  if (isInForce) return ['the newest configuration is in force'];
  return [
    ...(held ? heldLines(held) : []),
    ...changes.map((line) => `  ${line}`),
    ...faults.map((fault) => `fault: ${fault}`),
    ...needsRestart.map(({ key, from, to }) => {
      return `waits for a restart: ${key} ${JSON.stringify(from)} -> ${JSON.stringify(to)}`;
    }),
    ...leaving.map(({ name, address }) => `leaving: ${name} ${address}`),
  ];
}

function heldLines({ reason, since, releaseInSec, canForce }: NonNullable<DiffView['held']>) {
  const wait = releaseInSec === null ? [] : [`in ${releaseInSec} s it is applied`];
  const force = canForce ? 'catbird apply --force applies it now' : 'there is nothing to apply';
  return [`held since ${since}: ${reason}; ${[...wait, force].join('; ')}`];
}
