/** Where the running daemon's configuration comes from: a file, or a datastore through the templates. */
import type { Config } from '../config/model.ts';
import type { TemplateReport } from '../config-templates/template-report.ts';

export interface ConfigDelivery {
  /** undefined: nothing usable; the running configuration stays. */
  readonly config: Config | undefined;
  /** Everything wrong with it, one sentence each, naming file or object. */
  readonly faults: readonly string[];
  /** When its source heard of the oldest change in it, monotonic ms; the delivery where that is the moment. */
  readonly changedAt?: number;
  /** Choices nobody made, and why: worth a line in the log when they change. */
  readonly notes?: readonly string[];
  /** What became of users' templates, where there may be any. */
  readonly templates?: TemplateReport;
  /** What runs is kept; `config` is undefined for that reason. */
  readonly isHeld?: boolean;
  /** The datastore cannot be reached; this is what was read before. */
  readonly isOutage?: boolean;
  /** The datastore says that there is no full mesh. */
  readonly isMeshOff?: boolean;
}

/** How datastore and daemon stand to each other, for `show config`. */
export interface DatastoreReport {
  /** `unreachable`: what was read before is in use; `stored`: so is what an earlier run kept on disk. */
  readonly state: 'followed' | 'unreachable' | 'stored';
  /** Since the datastore was last known to say what runs; 0 while it is followed. */
  readonly ageSec: number;
  /** Since the datastore last answered; 0 while it does. Told from the first attempt in vain. */
  readonly contactAgeSec: number;
  /** Counts configurations: the newest one, and the one that runs. They differ while one is held. */
  readonly generation: { readonly desired: number; readonly applied: number };
  readonly held: HeldReport | null;
}

/** What is not taken over: a configuration that takes away too much, or one that is none. */
export interface HeldReport {
  readonly reason: string;
  /** ISO 8601. */
  readonly since: string;
  /** Until it is applied all the same; null: when an operator says so. */
  readonly releaseInSec: number | null;
  /** False when the datastore has nothing that could be applied: the own Node is gone. */
  readonly canForce: boolean;
}

export interface ConfigSource {
  /** Delivers the first configuration before it resolves, then one after each change. */
  start(onDelivery: (delivery: ConfigDelivery) => void): Promise<void>;
  /** Reads again at once (SIGHUP). */
  reload(): void;
  /** What is to be said of the source now; undefined where there is nothing. */
  report?(): DatastoreReport;
  /**
   * Applies what is held.
   *
   * @returns why it did not, in words
   */
  release?(): string | undefined;
  /** Since the datastore last answered, ms; 0 while it does. */
  contactAgeMs?(): number;
  /** What the brake holds, for a look at it. */
  readonly heldConfig?: Config | undefined;
  stop(): Promise<void>;
}
