/** A datastore rendered through the templates, as a configuration source. */
import type { ConfigRenderer } from '../config-templates/render.ts';
import { sameData } from '../config-templates/same-data.ts';
import type { TemplateFile, TemplateSource } from '../config-templates/template-source.ts';
import type { Datastore } from '../datastore/datastore.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import type { Clock } from '../runtime/clock.ts';
import { configMapTemplates, missingConfigMap } from './config-map-templates.ts';
import type { ConfigDelivery, ConfigSource } from './config-source.ts';
import { describeFaults } from './rendering.ts';
import { inSlices } from './slices.ts';

export interface DatastoreSourceParts {
  readonly datastore: Datastore;
  readonly renderer: ConfigRenderer;
  /** Users' own templates; undefined where nobody has named any. */
  readonly templates: TemplateSource | undefined;
  /** `namespace/name` of a ConfigMap with more of them, which those above come before. */
  readonly configMap?: string | undefined;
  readonly clock: Clock;
}

/**
 * Delivers after each snapshot and each change of templates; until the own node exists there is nothing
 * to run (calico-datastore §9).
 *
 * Rendering takes its time in slices. What comes meanwhile is rendered next, the newest only.
 */
export class DatastoreSource implements ConfigSource {
  readonly #parts: DatastoreSourceParts;
  #latest: Snapshot | undefined;
  #files: readonly TemplateFile[] = [];
  #inForce: readonly TemplateFile[] = [];
  #templateFaults: readonly string[] = [];
  #isStale = false;
  /** When the oldest change came in that is yet to be rendered. */
  #changedAt: number | undefined;
  #rendering: Promise<void> | undefined;
  #onDelivery: (delivery: ConfigDelivery) => void = () => {};

  constructor(parts: DatastoreSourceParts) {
    this.#parts = parts;
  }

  async start(onDelivery: (delivery: ConfigDelivery) => void): Promise<void> {
    const { datastore, templates } = this.#parts;
    this.#onDelivery = onDelivery;
    await templates?.start(({ files, faults }) => {
      this.#files = files;
      this.#templateFaults = faults;
      this.reload();
    });
    await datastore.start((snapshot) => {
      this.#latest = snapshot;
      this.reload();
    });
    await this.#rendering;
  }

  /** The datastore is followed anyway; this renders its latest snapshot again. */
  reload(): void {
    this.#changedAt ??= this.#parts.clock.now();
    this.#isStale = true;
    this.#rendering ??= this.#renderAll();
  }

  contactAgeMs(): number {
    return this.#parts.datastore.contactAgeMs?.() ?? 0;
  }

  async stop(): Promise<void> {
    this.#onDelivery = () => {};
    await this.#parts.templates?.stop();
    await this.#parts.datastore.stop();
  }

  async #renderAll(): Promise<void> {
    await undefined; // so that all that comes in this turn is one rendering
    while (this.#isStale && this.#latest) {
      this.#isStale = false;
      const changedAt = this.#changedAt ?? this.#parts.clock.now();
      this.#changedAt = undefined;
      await this.#render(this.#latest, changedAt);
    }
    this.#rendering = undefined;
  }

  /** Of two files with one name the last counts. */
  #setTemplates(snapshot: Snapshot): void {
    const { renderer, configMap } = this.#parts;
    const files = [...configMapTemplates(snapshot, configMap), ...this.#files];
    if (sameData(files, this.#inForce)) return;
    this.#inForce = files;
    renderer.setTemplates(files);
  }

  async #render(snapshot: Snapshot, changedAt: number): Promise<void> {
    const { renderer, clock } = this.#parts;
    try {
      this.#setTemplates(snapshot);
      const result = await inSlices(renderer.steps(snapshot), clock);
      const missing = missingConfigMap(snapshot, this.#parts.configMap);
      const faults = [...this.#templateFaults, ...missing, ...describeFaults(snapshot, result)];
      const { config, notes, templates } = result;
      const isOutage = snapshot.faults.some((fault) => fault.isOutage);
      const mesh = snapshot.bgpConfigurations.get('default')?.nodeToNodeMeshEnabled;
      const isMeshOff = mesh === false || config?.router.clusterId !== undefined;
      this.#onDelivery({ config, faults, notes, templates, isOutage, isMeshOff, changedAt });
    } catch (error) {
      // A mistake of ours on the configuration's side takes no session down (START-8).
      const reason = error instanceof Error ? error.stack : String(error);
      this.#onDelivery({
        config: undefined,
        faults: [`internal error while rendering: ${reason}`],
      });
    }
  }
}
