/**
 * Who we are to the API server, right now: tokens and certificates change while we run, so requests ask
 * each time, and a refusal (401) makes the next answer a fresh one.
 */
import type { Clock } from '../../runtime/clock.ts';
import type { Pem } from '../settings/settings.ts';
import type { KubeConnection } from './connection.ts';
import { type ClusterInfo, type ExecCredential, ExecCredentials } from './exec-plugin.ts';
import { FileText } from './file-text.ts';

/** What a request carries. */
export interface Identity {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  /** PEM texts. */
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly key: string | undefined;
}

type Text = { read(): Promise<string>; distrust(): void };

export class Credentials {
  readonly #connection: KubeConnection;
  readonly #ca: Text | undefined;
  readonly #certificate: Text | undefined;
  readonly #key: Text | undefined;
  readonly #token: Text | undefined;
  readonly #exec: ExecCredentials | undefined;

  constructor(connection: KubeConnection, clock: Clock) {
    const { user, ca } = connection;
    this.#connection = connection;
    this.#ca = pemText(ca, clock);
    this.#certificate = pemText(user.certificate, clock);
    this.#key = pemText(user.key, clock);
    this.#token = tokenText(user, clock);
    if (user.exec && !this.#token) {
      const cluster = () => this.#clusterInfo();
      this.#exec = new ExecCredentials(user.exec, { clock, cluster });
    }
  }

  /** @throws Error when a file or a plugin fails and there is nothing from before */
  async read(): Promise<Identity> {
    const given = await this.#exec?.read();
    return {
      headers: { ...(await this.#authorization(given)), ...this.#impersonation() },
      ca: await this.#ca?.read(),
      certificate: given?.certificate ?? (await this.#certificate?.read()),
      key: given?.key ?? (await this.#key?.read()),
    };
  }

  /** The server refused us: files are read again, plugins run again. */
  distrust(): void {
    for (const text of [this.#certificate, this.#key, this.#token]) text?.distrust();
    this.#exec?.distrust();
  }

  /** The server's certificate was refused: the CA may have been replaced. */
  distrustCa(): void {
    this.#ca?.distrust();
  }

  close(): void {
    this.#exec?.close();
  }

  async #authorization(given: ExecCredential | undefined): Promise<Record<string, string>> {
    const token = (await this.#token?.read())?.trim() || given?.token;
    if (token) return { authorization: `Bearer ${token}` };
    const { username, password } = this.#connection.user;
    if (username === undefined) return {};
    const basic = Buffer.from(`${username}:${password ?? ''}`).toString('base64');
    return { authorization: `Basic ${basic}` };
  }

  #impersonation(): Record<string, string | readonly string[]> {
    const { impersonate } = this.#connection.user;
    if (!impersonate) return {};
    const { user, uid, groups } = impersonate;
    return {
      'impersonate-user': user,
      ...(uid && { 'impersonate-uid': uid }),
      ...(groups.length > 0 && { 'impersonate-group': groups }),
    };
  }

  async #clusterInfo(): Promise<ClusterInfo> {
    const { server, serverName, skipsVerify } = this.#connection;
    const ca = await this.#ca?.read();
    return {
      server,
      ...(serverName && { 'tls-server-name': serverName }),
      ...(skipsVerify && { 'insecure-skip-tls-verify': true }),
      ...(ca && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
    };
  }
}

function pemText(source: Pem | undefined, clock: Clock): Text | undefined {
  if (!source) return undefined;
  return 'file' in source ? new FileText(source.file, clock) : fixedText(source.text);
}

function tokenText({ token, tokenFile }: KubeConnection['user'], clock: Clock): Text | undefined {
  if (tokenFile) return new FileText(tokenFile, clock);
  return token ? fixedText(token) : undefined;
}

function fixedText(text: string): Text {
  return { read: async () => text, distrust: () => undefined };
}
