/** Opens HTTP on its TCP port: probes and metrics of one process. */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CatbirdError } from '../net/error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { WebPage } from '../web/page.ts';
import { createWebServer } from '../web/server.ts';
import type { WebOptions } from './web-options.ts';

/**
 * Listens and serves the pages.
 *
 * @throws CatbirdError CATBIRD_HTTP_LISTEN when the address or port cannot be had
 */
export async function openWeb(
  options: WebOptions,
  pages: readonly WebPage[],
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<Server> {
  const { host, port, names: hosts } = options;
  const onFault = (path: string, error: unknown) =>
    log.error({ path, stack: error instanceof Error ? error.stack : String(error) }, 'page failed');
  const server = createWebServer({ pages, hosts, clock, onFault });
  await listen(server, port, host);
  server.on('error', (error) => log.error({ reason: error.message }, 'HTTP server'));
  const bound = server.address() as AddressInfo;
  log.info({ address: bound.address, port: bound.port }, 'HTTP listens');
  return server;
}

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (cause: NodeJS.ErrnoException) => {
      const place = `${host ?? 'any address'}, port ${port}`;
      const reason = `cannot listen for HTTP on ${place} (${cause.code}); choose another --http`;
      reject(new CatbirdError('CATBIRD_HTTP_LISTEN', reason, { cause }));
    };
    server.once('error', failed);
    server.listen({ port, host }, () => {
      server.off('error', failed);
      resolve();
    });
  });
}
