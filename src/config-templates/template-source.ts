/** Where users' own templates come from, as a port: a directory, a ConfigMap, keys in etcd. */

/** One template as its user wrote it. */
export interface TemplateFile {
  /** `neighbor`, `policies.no-default`: the file's name without `.yaml.liquid`. */
  readonly name: string;
  readonly text: string;
  /** For faults: the file, the key, `ConfigMap/ns/name: key`. */
  readonly place: string;
}

export interface TemplateFiles {
  readonly files: readonly TemplateFile[];
  /** What could not be read, one sentence each; what was read of it before is still in `files`. */
  readonly faults: readonly string[];
}

export interface TemplateSource {
  /** Delivers what is there before it resolves, then all of it after each change. */
  start(onFiles: (files: TemplateFiles) => void): Promise<void>;
  stop(): Promise<void>;
}

/** Ending of template files. */
export const TEMPLATE_SUFFIX = '.yaml.liquid';
