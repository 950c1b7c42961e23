/**
 * Kubeconfig files: what kubectl reads to know a cluster, merged the way kubectl merges them.
 *
 * The first file that names a cluster, a user, a context or the current context decides it. Paths in a
 * file are relative to that file. Nothing here opens a connection or runs a plugin.
 */
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { CatbirdError } from '../../net/error.ts';
import type { Pem } from '../settings/settings.ts';
import type { ExecPlugin, KubeUser, PartialConnection } from './connection.ts';

/** One file as it was read. */
export interface KubeConfigFile {
  readonly path: string;
  readonly text: string;
}

const word = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const clusterSchema = z.object({
  server: word,
  'tls-server-name': word,
  'insecure-skip-tls-verify': z.boolean().nullish(),
  'certificate-authority': word,
  'certificate-authority-data': word,
  'proxy-url': word,
});

const execSchema = z.object({
  apiVersion: word,
  command: z.string(),
  args: z.array(z.string()).nullish(),
  env: z.array(z.object({ name: z.string(), value: z.string() })).nullish(),
  interactiveMode: word,
  provideClusterInfo: z.boolean().nullish(),
  installHint: word,
});

const userSchema = z.object({
  'client-certificate': word,
  'client-certificate-data': word,
  'client-key': word,
  'client-key-data': word,
  token: word,
  tokenFile: word,
  username: word,
  password: word,
  as: word,
  'as-uid': word,
  'as-groups': z.array(z.string()).nullish(),
  exec: execSchema.nullish(),
  'auth-provider': z.object({ name: word }).nullish(),
});

const contextSchema = z.object({ cluster: word, user: word });

function named<T extends z.ZodRawShape>(shape: T) {
  return z
    .array(z.object({ name: z.coerce.string(), ...shape }))
    .nullish()
    .transform((entries) => entries ?? []);
}

const fileSchema = z.object({
  kind: z.literal('Config').nullish(),
  'current-context': word,
  clusters: named({ cluster: clusterSchema.nullish() }),
  users: named({ user: userSchema.nullish() }),
  contexts: named({ context: contextSchema.nullish() }),
});

type ClusterEntry = z.infer<typeof clusterSchema> & { readonly folder: string };
type UserEntry = z.infer<typeof userSchema> & { readonly folder: string };
type ContextEntry = z.infer<typeof contextSchema>;

/** All files as one. */
export interface KubeConfig {
  readonly currentContext: string | undefined;
  readonly clusters: ReadonlyMap<string, ClusterEntry>;
  readonly users: ReadonlyMap<string, UserEntry>;
  readonly contexts: ReadonlyMap<string, ContextEntry>;
  /** For messages. */
  readonly paths: readonly string[];
}

/** @throws CatbirdError CATBIRD_KUBECONFIG_INVALID naming the file and what is wrong in it */
export function mergeKubeConfigs(files: readonly KubeConfigFile[]): KubeConfig {
  const clusters = new Map<string, ClusterEntry>();
  const users = new Map<string, UserEntry>();
  const contexts = new Map<string, ContextEntry>();
  let currentContext: string | undefined;
  for (const file of files) {
    const content = readFile(file);
    const folder = dirname(file.path);
    currentContext ??= content['current-context'];
    for (const { name, cluster } of content.clusters) {
      if (cluster) addOnce(clusters, name, { ...cluster, folder });
    }
    for (const { name, user } of content.users) {
      addOnce(users, name, { ...userSchema.parse(user ?? {}), folder });
    }
    for (const { name, context } of content.contexts) {
      if (context) addOnce(contexts, name, context);
    }
  }
  return { currentContext, clusters, users, contexts, paths: files.map(({ path }) => path) };
}

function readFile({ path, text }: KubeConfigFile): z.infer<typeof fileSchema> {
  let value: unknown;
  try {
    value = parse(text) ?? {};
  } catch (cause) {
    throw invalid(`${path} is no YAML: ${firstLine(cause)}`, cause);
  }
  const result = fileSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw invalid(`${path}: ${issue?.path.join('.') || 'the file'}: ${issue?.message}`, undefined);
}

function addOnce<T>(into: Map<string, T>, name: string, value: T): void {
  if (!into.has(name)) into.set(name, value);
}

/**
 * What a context says about the cluster and who we are there.
 *
 * @param contextName overrides the current context
 * @returns undefined when the files name no context at all
 * @throws CatbirdError CATBIRD_KUBECONFIG_INVALID for names that lead nowhere
 */
export function connectionOf(
  config: KubeConfig,
  contextName: string | undefined,
): PartialConnection | undefined {
  const name = contextName ?? config.currentContext;
  if (name === undefined) return undefined;
  const context = config.contexts.get(name);
  if (!context) throw missing(config, 'context', name);
  const cluster = context.cluster === undefined ? undefined : config.clusters.get(context.cluster);
  if (context.cluster !== undefined && !cluster) throw missing(config, 'cluster', context.cluster);
  const user = context.user === undefined ? undefined : config.users.get(context.user);
  if (context.user !== undefined && !user) throw missing(config, 'user', context.user);
  return { ...(cluster && clusterPart(cluster)), user: user ? userPart(user) : {} };
}

function clusterPart(cluster: ClusterEntry): PartialConnection {
  if (cluster['proxy-url'] !== undefined) {
    throw invalid(
      'proxy-url is not supported: Catbird talks to the API server directly',
      undefined,
    );
  }
  return {
    server: cluster.server,
    serverName: cluster['tls-server-name'],
    skipsVerify: cluster['insecure-skip-tls-verify'] ?? false,
    ca: pem(cluster['certificate-authority-data'], cluster['certificate-authority'], cluster),
  };
}

function userPart(user: UserEntry): KubeUser {
  const provider = user['auth-provider'];
  if (provider) {
    const name = provider.name ?? '';
    throw invalid(`the auth-provider ${name} is not supported; use an exec plugin`, undefined);
  }
  return {
    certificate: pem(user['client-certificate-data'], user['client-certificate'], user),
    key: pem(user['client-key-data'], user['client-key'], user),
    token: user.token,
    tokenFile: user.tokenFile && resolve(user.folder, user.tokenFile),
    username: user.username,
    password: user.password,
    impersonate: impersonation(user),
    exec: user.exec ? execPart(user.exec, user.folder) : undefined,
  };
}

function impersonation(user: UserEntry): KubeUser['impersonate'] {
  if (user.as === undefined) return undefined;
  return { user: user.as, uid: user['as-uid'], groups: user['as-groups'] ?? [] };
}

const EXEC_VERSIONS: readonly string[] = [
  'client.authentication.k8s.io/v1',
  'client.authentication.k8s.io/v1beta1',
];

function execPart(exec: z.infer<typeof execSchema>, folder: string): ExecPlugin {
  const { apiVersion, command } = exec;
  if (apiVersion === undefined || !EXEC_VERSIONS.includes(apiVersion)) {
    const given = apiVersion ?? 'nothing';
    throw invalid(
      `exec plugin ${command}: apiVersion is ${given}; known are ${EXEC_VERSIONS.join(', ')}`,
      undefined,
    );
  }
  if (exec.interactiveMode === 'Always') {
    throw invalid(`exec plugin ${command} wants a terminal, which a daemon has not`, undefined);
  }
  return {
    apiVersion,
    command: command.includes('/') ? resolve(folder, command) : command,
    args: exec.args ?? [],
    env: exec.env ?? [],
    providesClusterInfo: exec.provideClusterInfo ?? false,
    installHint: exec.installHint,
  };
}

/** Inline data wins over a file, as in kubectl. */
function pem(
  data: string | undefined,
  file: string | undefined,
  { folder }: { readonly folder: string },
): Pem | undefined {
  if (data !== undefined) return { text: Buffer.from(data, 'base64').toString('utf8') };
  return file === undefined ? undefined : { file: resolve(folder, file) };
}

function missing({ paths }: KubeConfig, what: string, name: string): CatbirdError {
  return invalid(`no ${what} "${name}" in ${paths.join(', ')}`, undefined);
}

function invalid(reason: string, cause: unknown): CatbirdError {
  return new CatbirdError(
    'CATBIRD_KUBECONFIG_INVALID',
    `The kubeconfig cannot be used: ${reason}.`,
    cause === undefined ? undefined : { cause },
  );
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n')[0] ?? '';
}
