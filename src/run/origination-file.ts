/**
 * What other agents have us announce, on disk, so that a restart takes nothing back. Written a moment after a
 * change, for agents renew their leases all the time, and at the end.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatCommunity, formatWords } from '../config/community-text.ts';
import type { Broker, Origination } from '../daemon/broker.ts';
import { readOrder } from '../daemon/broker-order.ts';
import { formatPrefix } from '../net/text.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import { replaceFile } from './replace-file.ts';

const FORMAT = 1;
const WRITE_DELAY_MS = 1000;
/** A thousand times what owners usually have. */
const LARGEST_BYTES = 64 * 1024 * 1024;

/** As it stands in the file: texts, and times in ms since 1970. */
interface StoredRoute {
  readonly owner: string;
  readonly prefix: string;
  readonly communities: readonly string[];
  readonly localPref?: number | undefined;
  readonly med?: number | undefined;
  readonly leaseSec: number;
  readonly since: number;
  readonly expiresAt: number;
}

/** See the head of the file. */
export class OriginationFile {
  readonly #directory: string;
  readonly path: string;

  /** @param origin names the daemon; each has a file of its own */
  constructor(directory: string, origin: string) {
    this.#directory = directory;
    const name = createHash('sha256').update(origin).digest('hex').slice(0, 16);
    this.path = join(directory, `originated-${name}.json`);
  }

  /** @returns undefined when there is none. @throws Error when it cannot be used */
  async load(clock: Clock): Promise<Origination[]> {
    const bytes = await readFile(this.path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return undefined;
    });
    if (bytes === undefined) return [];
    if (bytes.length > LARGEST_BYTES) throw new Error('it is too large');
    const { format, routes } = JSON.parse(bytes.toString('utf8')) as {
      format: number;
      routes: readonly StoredRoute[];
    };
    if (format !== FORMAT) throw new Error('it is of another version of Catbird');
    return routes.map((route) => fromStored(route, clock));
  }

  /** @throws Error when it cannot be written */
  async save(routes: readonly Origination[], clock: Clock): Promise<void> {
    const stored = { format: FORMAT, routes: routes.map((route) => toStored(route, clock)) };
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    await replaceFile(this.path, `${JSON.stringify(stored)}\n`);
  }
}

/**
 * Restores what the file holds, and keeps the file up to date from then on.
 *
 * @returns what ends that, with a last write
 */
export async function keepOriginations(
  broker: Pick<Broker, 'restore' | 'list' | 'changed'>,
  file: Pick<OriginationFile, 'load' | 'save' | 'path'>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<{ stop(): Promise<void> }> {
  const { path } = file;
  const fails = (message: string) => (error: unknown) =>
    log.warn({ path, reason: error instanceof Error ? error.message : String(error) }, message);
  const stored = await file.load(clock).catch(fails('stored originations cannot be used'));
  broker.restore(stored ?? []);
  let timer: { cancel(): void } | undefined;
  let writing = Promise.resolve();
  let isTold = false; // a disk that is full is for long, and agents renew their leases all the time
  const write = () => {
    timer = undefined;
    writing = writing
      .then(() => file.save(broker.list(), clock))
      .then(() => {
        isTold = false;
      })
      .catch((error: unknown) => {
        if (!isTold) fails('originations could not be stored')(error);
        isTold = true;
      });
  };
  broker.changed = () => {
    timer ??= clock.setTimer(WRITE_DELAY_MS, write);
  };
  return {
    async stop() {
      broker.changed = () => {};
      const isPending = timer !== undefined;
      timer?.cancel();
      if (isPending) write();
      await writing;
    },
  };
}

function toStored(route: Origination, clock: Clock): StoredRoute {
  const offset = clock.wallTime() - clock.now();
  return {
    owner: route.owner,
    prefix: formatPrefix(route.prefix),
    communities: [
      ...route.communities.map(formatCommunity),
      ...route.largeCommunities.map(formatWords),
    ],
    localPref: route.localPref,
    med: route.med,
    leaseSec: route.leaseSec,
    since: Math.round(route.since + offset),
    expiresAt: Math.round(route.expiresAt + offset),
  };
}

/** A wall clock that was set back gives no lease more time than it ever had. */
function fromStored(stored: StoredRoute, clock: Clock): Origination {
  const { owner, prefix, communities, localPref, med, leaseSec } = stored;
  const order = { owner, all: false, prefixes: [prefix], communities, localPref, med, leaseSec };
  const [route] = readOrder(order).routes;
  const now = clock.now();
  const offset = clock.wallTime() - now;
  const expiresAt = Math.min(stored.expiresAt - offset, now + leaseSec * 1000);
  if (typeof owner !== 'string' || !Number.isFinite(expiresAt)) throw new Error('it is damaged');
  return { ...route!, owner, leaseSec, since: Math.min(stored.since - offset, now), expiresAt };
}
