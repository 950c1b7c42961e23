/**
 * An API server with a large cluster, in a process of its own, so that its work is not counted.
 *
 * Started with fork: the first message says how many objects of each kind; answers `{ url, caFile }`. Every
 * other message is an object to put; answered when it is there.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ApiObject } from '../../test/support/kubernetes/api-resources.ts';
import { ApiServer } from '../../test/support/kubernetes/api-server.ts';
import { largeCluster } from './large-cluster.ts';

export interface ApiPlace {
  readonly url: string;
  readonly caFile: string;
}

/** The server from outside. */
export class ApiProcess {
  readonly place: ApiPlace;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, place: ApiPlace) {
    this.#child = child;
    this.place = place;
  }

  static async start(count: number): Promise<ApiProcess> {
    const child = fork(fileURLToPath(import.meta.url));
    child.send(count);
    const [place] = (await once(child, 'message')) as [ApiPlace];
    return new ApiProcess(child, place);
  }

  async put(object: ApiObject): Promise<void> {
    this.#child.send(object);
    await once(this.#child, 'message');
  }

  end(): void {
    this.#child.disconnect();
  }
}

async function serve(): Promise<void> {
  const [count] = (await once(process, 'message')) as [number];
  const server = await ApiServer.start();
  for (const object of largeCluster(count)) server.put(object);
  process.on('message', (object: ApiObject) => {
    server.put(object);
    process.send!('done');
  });
  process.on('disconnect', () => void server.dispose());
  process.send!({ url: server.url, caFile: server.authority.caFile } satisfies ApiPlace);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await serve();
