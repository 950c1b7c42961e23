/**
 * A real etcd on loopback, with a folder and ports of its own, that tests may stop, freeze and start again;
 * and a writer that speaks to it over its HTTP gateway, not over the code under test.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Test } from 'tap';
import { inside } from '../../lab/support/shell.ts';
import { eventually } from '../../lab/support/wait.ts';
import { chooseDatastore } from '../../src/datastore/settings/choose.ts';
import type { EtcdSettings } from '../../src/datastore/settings/settings.ts';

/** For tap's `skip`. */
export const noEtcd: string | false =
  spawnSync('etcd', ['--version']).error === undefined ? false : 'not installed: etcd-server';

export interface EtcdOptions {
  /** Servers and clients show certificates to each other. */
  readonly isSecure?: boolean;
  /** More words for etcd. */
  readonly words?: readonly string[];
  readonly host?: string;
  /** Runs in this network namespace; the test writes through a unix socket then. */
  readonly namespace?: string;
}

/** A test, or whatever else ends. */
export type Ending = Pick<Test, 'teardown'>;

/** Starts an etcd that ends with the test. */
export async function startEtcd(t: Ending, options: EtcdOptions = {}): Promise<EtcdServer> {
  const [server] = await startEtcdCluster(t, 1, options);
  return server!;
}

/** Starts the members of one cluster. */
export async function startEtcdCluster(
  t: Ending,
  size: number,
  options: EtcdOptions = {},
): Promise<EtcdServer[]> {
  const directory = mkdtempSync(join(tmpdir(), `catbird-etcd-${process.pid}-`));
  const ports = options.namespace ? DEFAULT_PORTS : await freePorts(2 * size, options.host);
  const servers = Array.from({ length: size }, (_, index) => {
    return new EtcdServer({ directory, index, ports, options });
  });
  t.teardown(() => {
    for (const server of servers) server.kill();
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  });
  for (const server of servers) server.spawn();
  await Promise.all(servers.map((server) => server.ready()));
  return servers;
}

interface Membership {
  readonly directory: string;
  readonly index: number;
  /** A client and a peer port for each member. */
  readonly ports: readonly number[];
  readonly options: EtcdOptions;
}

export class EtcdServer {
  readonly url: string;
  readonly #membership: Membership;
  readonly #certificates: Certificates | undefined;
  #child: ChildProcess | undefined;
  #token: string | undefined;

  constructor(membership: Membership) {
    this.#membership = membership;
    const { isSecure, host = LOOPBACK } = membership.options;
    this.#certificates = isSecure ? certificates(membership.directory) : undefined;
    this.url = `${isSecure ? 'https' : 'http'}://${host}:${membership.ports[2 * membership.index]}`;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Settings as the environment of calico-node would give them, for a node. */
  settings(node: string, env: Readonly<Record<string, string>> = {}): EtcdSettings {
    return chooseDatastore({ ...this.environment(), ...env }, node) as EtcdSettings;
  }

  environment(): Record<string, string> {
    const files = this.#certificates;
    return {
      ETCD_ENDPOINTS: this.url,
      ...(files && {
        ETCD_CA_CERT_FILE: files.ca,
        ETCD_CERT_FILE: files.cert,
        ETCD_KEY_FILE: files.key,
      }),
    };
  }

  spawn(): void {
    const { directory, index } = this.#membership;
    const log = openSync(join(directory, `etcd${index}.log`), 'a');
    const env = { PATH: process.env['PATH'] };
    const { namespace } = this.#membership.options;
    const argv = ['etcd', ...this.#words()];
    if (this.#socketPath) rmSync(this.#socketPath, { force: true }); // of an etcd that was killed
    const [command, ...words] = namespace ? inside(namespace, argv) : argv;
    this.#child = spawn(command!, words, { cwd: directory, env, stdio: ['ignore', log, log] });
  }

  /** Waits until it takes writes. */
  async ready(): Promise<void> {
    const { directory, index } = this.#membership;
    await eventually('etcd is ready', 30, async () => {
      const { exitCode } = this.#child!;
      if (exitCode !== null) {
        throw new Error(`etcd ended: ${readFileSync(join(directory, `etcd${index}.log`), 'utf8')}`);
      }
      await this.#post('kv/range', { key: base64('health') }).catch((error: Error) => {
        if (!/user name is empty|auth/.test(error.message)) throw error;
      });
    });
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.#child!;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }

  /** Stops and starts it on the same data. */
  async restart(): Promise<void> {
    await this.stop('SIGKILL');
    this.spawn();
    await this.ready();
  }

  /** It goes on being there and says nothing. */
  freeze(): void {
    this.#child!.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child!.kill('SIGCONT');
  }

  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** @returns the revision of the change */
  async put(key: string, value: string | object): Promise<number> {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return revisionOf(await this.#post('kv/put', { key: base64(key), value: base64(text) }));
  }

  async delete(key: string): Promise<number> {
    return revisionOf(await this.#post('kv/deleterange', { key: base64(key) }));
  }

  /** Deletes everything below a prefix. */
  async deleteAll(prefix: string): Promise<number> {
    const end = `${prefix.slice(0, -1)}0`;
    return revisionOf(
      await this.#post('kv/deleterange', { key: base64(prefix), range_end: base64(end) }),
    );
  }

  async compact(revision: number): Promise<void> {
    await this.#post('kv/compaction', { revision: String(revision), physical: true });
  }

  async revision(): Promise<number> {
    return revisionOf(await this.#post('kv/range', { key: base64('none') }));
  }

  /** Makes the user root with this password, and from then on everybody needs one. */
  async enableAuthentication(password: string): Promise<void> {
    await this.#post('auth/user/add', { name: 'root', password });
    await this.#post('auth/role/add', { name: 'root' });
    await this.#post('auth/user/grant', { user: 'root', role: 'root' });
    await this.#post('auth/enable', {});
    await this.logIn(password);
  }

  async logIn(password: string): Promise<void> {
    this.#token = undefined;
    const answer = await this.#post('auth/authenticate', { name: 'root', password });
    this.#token = String(answer['token']);
  }

  async addUser(name: string, password: string): Promise<void> {
    await this.#post('auth/user/add', { name, password });
    await this.#post('auth/user/grant', { user: name, role: 'root' });
  }

  #words(): string[] {
    const { directory, index, ports, options } = this.#membership;
    const { host = LOOPBACK, words = [] } = options;
    const peerUrl = (member: number) => `http://${host}:${ports[2 * member + 1]}`;
    const members = ports.slice(0, ports.length / 2).map((_, member) => member);
    const files = this.#certificates;
    return [
      ['--name', `m${index}`, '--data-dir', join(directory, `data${index}`)],
      ['--listen-client-urls', [this.url, ...this.#socketUrls()].join()],
      ['--advertise-client-urls', this.url],
      ['--listen-peer-urls', peerUrl(index), '--initial-advertise-peer-urls', peerUrl(index)],
      ['--initial-cluster', members.map((member) => `m${member}=${peerUrl(member)}`).join(',')],
      ['--heartbeat-interval', '50', '--election-timeout', '500'],
      files ? ['--cert-file', files.cert, '--key-file', files.key] : [],
      files ? ['--client-cert-auth', '--trusted-ca-file', files.ca] : [],
      words,
    ].flat();
  }

  get #socketPath(): string | undefined {
    const { directory, index, options } = this.#membership;
    return options.namespace && join(directory, `gateway:${index}`);
  }

  #socketUrls(): string[] {
    // What looks like host and port is a name in the working directory.
    return this.#socketPath === undefined ? [] : [`unix://${basename(this.#socketPath)}`];
  }

  async #post(path: string, body: object): Promise<Record<string, unknown>> {
    const text = JSON.stringify(body);
    const headers = {
      'content-length': String(Buffer.byteLength(text)),
      ...(this.#token && { authorization: this.#token }),
    };
    const files = this.#certificates;
    const tls = files && {
      ca: readFileSync(files.ca),
      cert: readFileSync(files.cert),
      key: readFileSync(files.key),
    };
    const request = files ? requestHttps : requestHttp;
    const socketPath = this.#socketPath;
    const call = request(`${this.url}/v3/${path}`, {
      method: 'POST',
      headers,
      ...tls,
      ...(socketPath && { socketPath }),
      agent: false,
    });
    call.setTimeout(5000, () => call.destroy(new Error('no answer')));
    call.end(text);
    const [response] = await once(call, 'response');
    let answer = '';
    for await (const chunk of response) answer += chunk;
    const parsed = JSON.parse(answer);
    if (parsed.error) throw new Error(parsed.error);
    return parsed;
  }
}

const LOOPBACK = '127.0.0.1';
/** A namespace of its own has them free. */
const DEFAULT_PORTS = [2379, 2380];

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function revisionOf(answer: Record<string, unknown>): number {
  return Number((answer['header'] as { revision: string }).revision);
}

async function freePorts(count: number, host = LOOPBACK): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, host));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority, and one certificate for servers and clients alike; made once per folder. */
function certificates(directory: string): Certificates {
  const path = (name: string) => join(directory, name);
  const files = { ca: path('ca.crt'), cert: path('node.crt'), key: path('node.key') };
  const openssl = (words: string) => {
    execFileSync('openssl', words.split(' '), { cwd: directory, stdio: 'pipe' });
  };
  const newKey = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
  writeFileSync(path('ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
  openssl(`req -x509 ${newKey} -keyout ca.key -out ca.crt -subj /CN=authority -days 2`);
  openssl(`req ${newKey} -keyout node.key -out node.csr -subj /CN=node`);
  openssl(
    'x509 -req -in node.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile ext -days 2 -out node.crt',
  );
  return files;
}
