/**
 * Credentials from a program of the cluster's operator (`exec` in a kubeconfig), as kubectl runs it:
 * it prints an ExecCredential with a token or a client certificate and possibly its end of life.
 */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../runtime/clock.ts';
import type { ExecPlugin } from './connection.ts';

/** What a plugin printed. */
export interface ExecCredential {
  readonly token: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
  /** Wall clock, ms. */
  readonly expiresAt: number | undefined;
}

/** The `spec.cluster` a plugin may ask for. */
export interface ClusterInfo {
  readonly server: string;
  readonly 'tls-server-name'?: string;
  readonly 'insecure-skip-tls-verify'?: boolean;
  /** Base64. */
  readonly 'certificate-authority-data'?: string;
}

const TIMEOUT_MS = 60_000;
const MAX_OUTPUT_BYTES = 1024 * 1024;
/** A credential is renewed this long before its end, or when a tenth of its life is left. */
const MARGIN_MS = 30_000;
/** A plugin that failed is left alone this long. */
const PAUSE_MS = 2_000;

const word = z
  .string()
  .nullish()
  .transform((value) => value || undefined);

const outputSchema = z.object({
  kind: z.literal('ExecCredential'),
  apiVersion: z.string(),
  status: z.object({
    token: word,
    clientCertificateData: word,
    clientKeyData: word,
    expirationTimestamp: word,
  }),
});

export class ExecCredentials {
  readonly #plugin: ExecPlugin;
  readonly #cluster: () => Promise<ClusterInfo>;
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  #current: { readonly credential: ExecCredential; readonly renewAt: number } | undefined;
  #running: Promise<ExecCredential> | undefined;
  #failure: { readonly error: Error; readonly until: number } | undefined;

  constructor(
    plugin: ExecPlugin,
    ports: { readonly clock: Clock; readonly cluster: () => Promise<ClusterInfo> },
  ) {
    this.#plugin = plugin;
    this.#clock = ports.clock;
    this.#cluster = ports.cluster;
  }

  /** A credential that is still good; many askers make one run. @throws Error saying what went wrong */
  async read(): Promise<ExecCredential> {
    if (this.#current && this.#clock.wallTime() < this.#current.renewAt) {
      return this.#current.credential;
    }
    if (this.#failure && this.#clock.now() < this.#failure.until) throw this.#failure.error;
    this.#running ??= this.#renew().finally(() => {
      this.#running = undefined;
    });
    return await this.#running;
  }

  /** The server refused it. */
  distrust(): void {
    this.#current = undefined;
  }

  close(): void {
    this.#abort.abort();
  }

  async #renew(): Promise<ExecCredential> {
    try {
      const output = await this.#run(await this.#requestText());
      const credential = readCredential(output, this.#plugin);
      const renewAt = renewalOf(credential, this.#clock.wallTime());
      this.#current = { credential, renewAt };
      this.#failure = undefined;
      return credential;
    } catch (cause) {
      const error = new Error(describe(this.#plugin, cause), { cause });
      this.#failure = { error, until: this.#clock.now() + PAUSE_MS };
      throw error;
    }
  }

  async #requestText(): Promise<string> {
    const { apiVersion, providesClusterInfo } = this.#plugin;
    const cluster = providesClusterInfo ? await this.#cluster() : undefined;
    const spec = { interactive: false, ...(cluster && { cluster }) };
    return JSON.stringify({ kind: 'ExecCredential', apiVersion, spec });
  }

  #run(request: string): Promise<string> {
    const { command, args, env } = this.#plugin;
    const own = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    const options = {
      env: { ...process.env, ...own, KUBERNETES_EXEC_INFO: request },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
      maxBuffer: MAX_OUTPUT_BYTES,
      signal: this.#abort.signal,
    } as const;
    return new Promise((resolve, reject) => {
      const child = execFile(command, [...args], options, (error, stdout) => {
        if (error) reject(error);
        else resolve(stdout);
      });
      child.stdin?.on('error', () => undefined); // a plugin need not read
      child.stdin?.end();
    });
  }
}

function readCredential(output: string, plugin: ExecPlugin): ExecCredential {
  const { apiVersion, status } = outputSchema.parse(parseJson(output));
  if (apiVersion !== plugin.apiVersion) {
    throw new Error(`it answers in ${apiVersion} where ${plugin.apiVersion} is configured`);
  }
  const { token, clientCertificateData: certificate, clientKeyData: key } = status;
  if (!token && !certificate) throw new Error('it printed neither a token nor a certificate');
  if ((certificate === undefined) !== (key === undefined)) {
    throw new Error('it printed one of certificate and key');
  }
  return { token, certificate, key, expiresAt: expiryOf(status.expirationTimestamp, certificate) };
}

function parseJson(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    throw new Error('its output is no JSON'); // never quoted: it may hold a token
  }
}

/** The earlier of what the plugin says and what the certificate says. */
function expiryOf(timestamp: string | undefined, certificate: string | undefined) {
  const ends = [timestamp && Date.parse(timestamp), certificate && notAfter(certificate)];
  const known = ends.filter((end): end is number => Number.isFinite(end));
  return known.length > 0 ? Math.min(...known) : undefined;
}

function notAfter(certificate: string): number {
  try {
    return Date.parse(new X509Certificate(certificate).validTo);
  } catch {
    return Number.NaN; // TLS will say what is wrong with it
  }
}

function renewalOf({ expiresAt }: ExecCredential, now: number): number {
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY;
  return expiresAt - Math.min(MARGIN_MS, (expiresAt - now) / 10);
}

function describe({ command, installHint }: ExecPlugin, cause: unknown): string {
  const { code } = cause as { code?: unknown };
  if (code === 'ENOENT') {
    const hint = installHint ? ` (${installHint.trim()})` : '';
    return `the exec plugin ${command} is not installed${hint}`;
  }
  if (typeof code === 'number') return `the exec plugin ${command} failed with code ${code}`;
  if (cause instanceof z.ZodError) return `the exec plugin ${command} printed no ExecCredential`;
  return `the exec plugin ${command}: ${cause instanceof Error ? cause.message : String(cause)}`;
}
