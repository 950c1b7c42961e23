/** A link on which only the test speaks. */
import type { Discovery, RouterHeard } from '../../src/runtime/discovery.ts';

export class MemoryDiscovery implements Discovery {
  zones: ReadonlySet<string> = new Set();
  /** Speaks as a router on an interface. */
  hear: RouterHeard = () => undefined;

  follow(zones: ReadonlySet<string>, heard: RouterHeard): undefined {
    this.zones = zones;
    this.hear = heard;
  }

  close(): void {
    this.zones = new Set();
  }
}
