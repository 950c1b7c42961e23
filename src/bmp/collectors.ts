/** The collectors of a configuration: those that stay as they are keep their connections. */
import type { BmpCollectorConfig } from '../config/model.ts';
import { Collector, type CollectorPorts } from './collector.ts';

export class Collectors {
  readonly #ports: CollectorPorts;
  /** By their configuration as text. */
  readonly #running = new Map<string, Collector>();

  constructor(ports: CollectorPorts) {
    this.#ports = ports;
  }

  list(): Collector[] {
    return [...this.#running.values()];
  }

  apply(configs: readonly BmpCollectorConfig[]): void {
    const wanted = new Map(configs.map((config) => [JSON.stringify(config), config]));
    for (const [key, collector] of this.#running) {
      if (!wanted.has(key)) this.#end(key, collector);
    }
    for (const [key, config] of wanted) {
      if (this.#running.has(key)) continue;
      const collector = new Collector(config, this.#ports);
      this.#running.set(key, collector);
      collector.start();
    }
  }

  stop(): void {
    for (const [key, collector] of this.#running) this.#end(key, collector);
  }

  #end(key: string, collector: Collector): void {
    collector.stop();
    this.#running.delete(key);
  }
}
