/**
 * What etcd is to an API server: objects under one counter of versions, and the history of changes from
 * which watches are served until it is compacted.
 */
import type { ApiObject, ApiResource } from './api-resources.ts';

export interface StoreEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly version: number;
  readonly plural: string;
  readonly object: ApiObject;
}

export class ObjectStore {
  #version = 100;
  #compacted = 0;
  readonly #objects = new Map<string, Map<string, ApiObject>>();
  #history: StoreEvent[] = [];
  readonly #listeners = new Set<(event: StoreEvent) => void>();

  get version(): number {
    return this.#version;
  }

  /** Watches can begin at no version before this one. */
  get compacted(): number {
    return this.#compacted;
  }

  /** In order of their keys, as etcd keeps them. */
  list(plural: string): ApiObject[] {
    const objects = [...(this.#objects.get(plural) ?? [])];
    return objects.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  put(resource: ApiResource, object: ApiObject): void {
    const { plural } = resource;
    const objects = this.#objects.get(plural) ?? new Map<string, ApiObject>();
    this.#objects.set(plural, objects);
    const key = keyOf(object);
    const before = objects.get(key);
    const stored = this.#complete(resource, object, before);
    objects.set(key, stored);
    this.#record({ type: before ? 'MODIFIED' : 'ADDED', plural, object: stored });
  }

  delete(plural: string, object: ApiObject): void {
    const objects = this.#objects.get(plural);
    const known = objects?.get(keyOf(object));
    if (!known) return;
    objects!.delete(keyOf(object));
    this.#version++;
    const metadata = { ...known.metadata, resourceVersion: String(this.#version) };
    this.#version--;
    this.#record({ type: 'DELETED', plural, object: { ...known, metadata } });
  }

  /** Moves the version without a change that anyone watches. */
  tick(count = 1): void {
    this.#version += count;
  }

  /** Forgets the history: watches from before must list again. */
  compact(): void {
    this.#history = [];
    this.#compacted = this.#version;
  }

  since(version: number, plural: string): StoreEvent[] {
    return this.#history.filter((event) => event.plural === plural && event.version > version);
  }

  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #complete(resource: ApiResource, object: ApiObject, before: ApiObject | undefined): ApiObject {
    const { kind, apiVersion, isBuiltIn, defaults } = resource;
    const spec = { ...defaults, ...(object['spec'] as object | undefined) };
    return {
      ...object,
      kind,
      apiVersion,
      metadata: {
        ...object.metadata,
        uid: before?.metadata['uid'] ?? `uid-${this.#version + 1}`,
        creationTimestamp: '2026-01-09T08:00:00Z',
        resourceVersion: String(this.#version + 1),
        managedFields: [{ manager: 'kubectl', operation: 'Update', fieldsV1: { 'f:spec': {} } }],
      },
      ...((!isBuiltIn || 'spec' in object) && { spec }),
    };
  }

  #record(event: Omit<StoreEvent, 'version'>): void {
    this.#version++;
    const recorded = { ...event, version: this.#version };
    this.#history.push(recorded);
    for (const listener of this.#listeners) listener(recorded);
  }
}

export function keyOf({ metadata: { namespace, name } }: ApiObject): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}
