/** A datastore rendered through the templates, as a configuration source. */
import type { ConfigRenderer } from '../config-templates/render.ts';
import type { Datastore } from '../datastore/datastore.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import type { ConfigDelivery, ConfigSource } from './config-source.ts';
import { describeFaults } from './rendering.ts';

/** Delivers once per snapshot; until the own node exists there is nothing to run (calico-datastore §9). */
export class DatastoreSource implements ConfigSource {
  readonly #datastore: Datastore;
  readonly #renderer: ConfigRenderer;
  #latest: Snapshot | undefined;
  #onDelivery: (delivery: ConfigDelivery) => void = () => {};

  constructor(datastore: Datastore, renderer: ConfigRenderer) {
    this.#datastore = datastore;
    this.#renderer = renderer;
  }

  async start(onDelivery: (delivery: ConfigDelivery) => void): Promise<void> {
    this.#onDelivery = onDelivery;
    await this.#datastore.start((snapshot) => this.#render(snapshot));
  }

  /** The datastore is followed anyway; this renders its latest snapshot again. */
  reload(): void {
    if (this.#latest) this.#render(this.#latest);
  }

  async stop(): Promise<void> {
    this.#onDelivery = () => {};
    await this.#datastore.stop();
  }

  #render(snapshot: Snapshot): void {
    this.#latest = snapshot;
    const result = this.#renderer.render(snapshot);
    this.#onDelivery({ config: result.config, faults: describeFaults(snapshot, result) });
  }
}
