/** `catbird plan`: what applying a configuration would do to the running daemon. */
import { parseArgs } from 'node:util';
import { DATASTORE_FLAGS } from '../../run/options.ts';
import { readPlanned } from '../../run/planned-config.ts';
import { apiPath, postCommand } from '../client.ts';
import { type CommandIo, EXIT_DONE, EXIT_NO, UsageError } from '../command.ts';

interface Some {
  readonly count: number;
  readonly prefixes: readonly string[];
}

interface SessionRow {
  readonly name: string;
  readonly address: string;
  readonly impact?: string;
  readonly why?: readonly { readonly key: string; readonly from: unknown; readonly to: unknown }[];
  readonly policies?: readonly string[];
}

interface Plan {
  readonly changes: boolean;
  readonly sessions: Readonly<Record<'added' | 'removed' | 'restarted' | 'changed', SessionRow[]>>;
  readonly router: NonNullable<SessionRow['why']>;
  readonly fib: NonNullable<SessionRow['why']>;
  readonly needsRestart: readonly string[];
  readonly local: { readonly added: readonly string[]; readonly removed: readonly string[] };
  readonly routes: Readonly<Record<string, { readonly announced: Some; readonly withdrawn: Some }>>;
  readonly kernel: { readonly installed: Some; readonly removed: Some };
  readonly diff: readonly string[];
}

/** Prints the plan; 1 when the configuration is not valid. */
export async function plan(args: string[], io: CommandIo): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...DATASTORE_FLAGS,
      config: { type: 'string' },
      api: { type: 'string' },
      diff: { type: 'boolean', default: false },
      output: { type: 'string', short: 'o', default: 'table' },
    },
  });
  const { output, diff } = values;
  if (output !== 'json' && output !== 'table')
    throw new UsageError(`-o takes json or table, not '${output}'`);
  const { document, faults } = await readPlanned(values, io.env);
  for (const fault of faults) io.stderr.write(`catbird: ${fault}\n`);
  if (document === undefined) return EXIT_NO;
  const socket = apiPath(values.api as string | undefined, io.env);
  const { diff: lines, ...answer } = (await postCommand(socket, '/v1/plan', document)) as Plan;
  const shown = diff ? { ...answer, diff: lines } : answer;
  if (output === 'json') io.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
  else
    for (const line of [...describe(answer), ...(diff ? ['', ...lines] : [])])
      io.stdout.write(`${line}\n`);
  return EXIT_DONE;
}

function describe(answer: Omit<Plan, 'diff'>): string[] {
  if (!answer.changes) return ['nothing would change'];
  const { router, fib, sessions, local, kernel, routes, needsRestart } = answer;
  return [
    ...router.map((key) => `router.${keyText(key)}`),
    ...fib.map((key) => `fib.${keyText(key)}`),
    ...Object.entries(sessions).flatMap(([what, rows]) =>
      rows.map((row) => sessionLine(what, row)),
    ),
    ...local.added.map((prefix) => `own route added      ${prefix}`),
    ...local.removed.map((prefix) => `own route removed    ${prefix}`),
    ...Object.entries(routes).flatMap(([name, { announced, withdrawn }]) => [
      ...someLine(`announced to ${name}`, announced),
      ...someLine(`withdrawn from ${name}`, withdrawn),
    ]),
    ...someLine('kernel: installed', kernel.installed),
    ...someLine('kernel: removed', kernel.removed),
    ...needsRestart.map((key) => `takes effect at the next start: ${key}`),
  ];
}

function sessionLine(what: string, { name, address, impact, why = [], policies = [] }: SessionRow) {
  const keys = why.map(keyText);
  const reasons = [...keys, ...policies.map((policy) => `policy ${policy}`)].join(', ');
  const label = impact ? `${what} (${impact})` : what;
  return `session ${label.padEnd(18)} ${name} ${address}${reasons ? `: ${reasons}` : ''}`;
}

function keyText({ key, from, to }: NonNullable<SessionRow['why']>[number]): string {
  return `${key} ${JSON.stringify(from)} -> ${JSON.stringify(to)}`;
}

function someLine(what: string, { count, prefixes }: Some): string[] {
  if (count === 0) return [];
  const more = count > prefixes.length ? ', ...' : '';
  return [`${what}: ${count} (${prefixes.join(', ')}${more})`];
}
