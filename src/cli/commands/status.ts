/** `catbird status`: how the router is, and what is not as it should be. */
import { parseArgs } from 'node:util';
import type { StatusReason, StatusView } from '../../api/views.ts';
import { apiPath, getDocument } from '../client.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';
import { type Column, formatTable } from '../table.ts';
import { formatDuration } from './show-columns.ts';

const COLUMNS: readonly Column<StatusReason>[] = [
  { title: 'CODE', text: ({ code }) => code },
  { title: 'OBJECT', text: ({ object }) => object ?? '-' },
  { title: 'WHY', text: ({ text }) => text },
];

/** With `--why-not-ready` exit code 1 says that the router is not. */
export async function status(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      api: { type: 'string' },
      output: { type: 'string', short: 'o', default: 'table' },
      'why-not-ready': { type: 'boolean', default: false },
    },
  });
  if (values.output !== 'json' && values.output !== 'table') {
    throw new UsageError(`-o takes json or table, not '${values.output}'`);
  }
  const asksReady = values['why-not-ready'];
  const answer = (await getDocument(apiPath(values.api, io.env), '/v1/status')) as StatusView;
  if (values.output === 'json') io.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else io.stdout.write(asksReady ? formatReadiness(answer) : formatStatus(answer));
  return asksReady && !answer.isReady ? EXIT_NO : EXIT_DONE;
}

function formatStatus(answer: StatusView): string {
  const { state, node, version, asNumber, routerId, uptimeSec, sessions, reasons } = answer;
  const { established, total } = sessions;
  const identity = `node ${node}, AS ${asNumber}, router id ${routerId}, Catbird ${version}`;
  const up = `up ${formatDuration(uptimeSec)}; ${established} of ${total} sessions Established`;
  return `${state}\n${identity}, ${up}\n${formatReasons(reasons)}`;
}

function formatReadiness({ isReady, readiness, reasons }: StatusView): string {
  const verdict = `${isReady ? 'ready' : 'not ready'}: ${readiness.join('; ')}\n`;
  return isReady ? verdict : verdict + formatReasons(reasons);
}

function formatReasons(reasons: readonly StatusReason[]): string {
  return reasons.length === 0 ? '' : `\n${formatTable(COLUMNS, reasons)}`;
}
