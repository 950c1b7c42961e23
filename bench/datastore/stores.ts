/** The three datastores, real ones, with a large cluster in them. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { etcdEntry } from '../../test/support/etcd-objects.ts';
import { startEtcd } from '../../test/support/etcd-server.ts';
import type { ApiObject } from '../../test/support/kubernetes/api-resources.ts';
import { ApiProcess } from './api-process.ts';
import { calicoCluster } from './large-cluster.ts';
import { environmentOf } from './listing.ts';

/** Something ends with the store. */
export interface Store {
  readonly name: string;
  /** Where it is, as calico-node's environment says it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly words: readonly string[];
  put(object: ApiObject): Promise<void>;
  end(): void;
}

/** @param count nodes in it; of services as many, where there are any */
export const STORES: readonly ((count: number) => Promise<Store>)[] = [
  async (count) => {
    const folder = mkdtempSync(join(tmpdir(), 'catbird-bench-folder-'));
    const put = async (object: object, name: string) => {
      writeFileSync(join(folder, `.${name}`), JSON.stringify(object));
      renameSync(join(folder, `.${name}`), join(folder, `${name}.json`));
    };
    await put({ kind: 'List', apiVersion: 'v1', items: [...calicoCluster(count)] }, 'cluster');
    return {
      name: 'folder',
      environment: {},
      words: ['--datastore', `folder:${folder}`],
      put: (object) => put(object, object.metadata.name),
      end: () => rmSync(folder, { recursive: true }),
    };
  },
  async (count) => {
    const ends: (() => unknown)[] = [];
    const teardown = (end: () => unknown) => void ends.push(end);
    const etcd = await startEtcd({ teardown });
    const put = async (object: ApiObject) => {
      const { key, value } = etcdEntry(object)!;
      await etcd.put(key, value);
    };
    for (const object of calicoCluster(count)) await put(object);
    const environment = etcd.environment();
    return { name: 'etcd', environment, words: [], put, end: () => ends.map((end) => end()) };
  },
  async (count) => {
    const api = await ApiProcess.start(count);
    return {
      name: 'Kubernetes',
      environment: environmentOf(api.place),
      words: [],
      put: (object) => api.put(object),
      end: () => api.end(),
    };
  },
];
