/** Where servers are: the endpoints as written, or as DNS says, one after the other (calico-datastore.md §1.3). */
import { resolveSrv } from 'node:dns/promises';
import type { Random } from '../../runtime/random.ts';
import { settingsError } from '../settings/environment.ts';
import type { EtcdSettings } from '../settings/settings.ts';

export interface Endpoint {
  /** `10.0.0.1:2379`, `[fd00::1]:2379`. */
  readonly address: string;
  readonly isSecure: boolean;
}

const DEFAULT_PORT = 2379;

/** Reads `https://HOST:PORT`; without a scheme the presence of certificates decides. @throws CatbirdError */
export function parseEndpoint(text: string, hasCertificates: boolean): Endpoint {
  const parts = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s:/[\]@]+)(?::(\d{1,5}))?\/?$/.exec(
    text,
  );
  if (!parts) throw settingsError(`'${text}' is no endpoint of etcd; write https://HOST:2379`);
  const [, scheme, host, port = DEFAULT_PORT] = parts;
  const isSecure = scheme === undefined ? hasCertificates : scheme === 'https';
  return { address: `${host}:${port}`, isSecure };
}

export type ResolveSrv = typeof resolveSrv;

/** Hands out endpoints in turn, beginning anywhere, so that many nodes share the servers. */
export class EndpointRing {
  readonly #fixed: readonly Endpoint[];
  readonly #discoverySrv: string | undefined;
  readonly #random: Random;
  readonly #resolve: ResolveSrv;
  #round: readonly Endpoint[] = [];
  #left = 0;

  /** @throws CatbirdError CATBIRD_DATASTORE_SETTINGS for what is no endpoint */
  constructor(settings: EtcdSettings, random: Random, resolve: ResolveSrv = resolveSrv) {
    const hasCertificates = Boolean(settings.ca || settings.client);
    this.#fixed = settings.endpoints.map((text) => parseEndpoint(text, hasCertificates));
    this.#discoverySrv = settings.discoverySrv;
    this.#random = random;
    this.#resolve = resolve;
  }

  /** True when every endpoint of this round has been handed out. */
  get isRoundOver(): boolean {
    return this.#left === 0;
  }

  /** The next endpoint; a new round asks DNS again. @throws Error when DNS knows none */
  async next(): Promise<Endpoint> {
    if (this.#left === 0) {
      this.#round = this.#discoverySrv
        ? await this.#discover(this.#discoverySrv)
        : this.#shuffled();
      this.#left = this.#round.length;
    }
    return this.#round[this.#round.length - this.#left--]!;
  }

  #shuffled(): readonly Endpoint[] {
    const start = Math.floor(this.#random.uniform() * this.#fixed.length);
    return [...this.#fixed.slice(start), ...this.#fixed.slice(0, start)];
  }

  /** Both services may exist, with and without TLS. */
  async #discover(domain: string): Promise<readonly Endpoint[]> {
    const services = [
      { name: `_etcd-client-ssl._tcp.${domain}`, isSecure: true },
      { name: `_etcd-client._tcp.${domain}`, isSecure: false },
    ];
    const found = await Promise.allSettled(services.map(({ name }) => this.#resolve(name)));
    const endpoints = found.flatMap((outcome, index) => {
      if (outcome.status === 'rejected') return [];
      const records = [...outcome.value].sort(
        (a, b) => a.priority - b.priority || b.weight - a.weight,
      );
      const { isSecure } = services[index]!;
      return records.map(({ name, port }) => ({ address: `${name}:${port}`, isSecure }));
    });
    if (endpoints.length > 0) return endpoints;
    const [refusal] = found.filter((outcome) => outcome.status === 'rejected');
    const why = refusal ? `: ${(refusal.reason as Error).message}` : '';
    throw new Error(`no SRV records of etcd-client below ${domain}${why}`);
  }
}
