/** Where the running daemon's configuration comes from: a file, or a datastore through the templates. */
import type { Config } from '../config/model.ts';
import type { TemplateReport } from '../config-templates/template-report.ts';

export interface ConfigDelivery {
  /** undefined: nothing usable; the running configuration stays. */
  readonly config: Config | undefined;
  /** Everything wrong with it, one sentence each, naming file or object. */
  readonly faults: readonly string[];
  /** Choices nobody made, and why: worth a line in the log when they change. */
  readonly notes?: readonly string[];
  /** What became of users' templates, where there may be any. */
  readonly templates?: TemplateReport;
}

export interface ConfigSource {
  /** Delivers the first configuration before it resolves, then one after each change. */
  start(onDelivery: (delivery: ConfigDelivery) => void): Promise<void>;
  /** Reads again at once (SIGHUP). */
  reload(): void;
  stop(): Promise<void>;
}
