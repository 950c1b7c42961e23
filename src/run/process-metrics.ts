/** Metrics of the process: what it is, what it costs, and where its configuration stands. */

import {
  counter,
  gauge,
  type MetricDefinition,
  type MetricGroup,
  type PutSample,
} from '../telemetry/metric.ts';
import type { ConfigProgress } from './config-progress.ts';
import type { DatastoreReport } from './config-source.ts';

const STATES: readonly DatastoreReport['state'][] = ['followed', 'unreachable', 'stored'];

export interface ProcessFacts {
  readonly version: string;
  readonly startedAtSec: number;
  readonly progress: ConfigProgress;
  /** Undefined where a file is the source. */
  datastore(): DatastoreReport | undefined;
  isReady(): boolean;
  isRecovering(): boolean;
}

const DEFINITIONS: readonly MetricDefinition[] = [
  gauge('catbird_build_info', 'Always 1', ['version', 'node_version']),
  gauge('catbird_start_timestamp_seconds', 'When the process started, since 1970'),
  gauge('catbird_ready', '1 while /readyz says so'),
  gauge('catbird_recovering', '1 while routes of neighbors are waited for after a start (START-1)'),
  gauge('catbird_memory_bytes', 'Memory of the process', ['kind']),
  counter('catbird_cpu_seconds_total', 'Processor time of the process', ['mode']),
  gauge('catbird_config_generation', 'Configurations delivered (desired) and in force (applied)', [
    'stage',
  ]),
  gauge('catbird_config_timestamp_seconds', 'When that happened last, since 1970; 0 for never', [
    'stage',
  ]),
  gauge('catbird_datastore_state', '1 for the state: followed, unreachable or stored', ['state']),
  gauge(
    'catbird_datastore_age_seconds',
    'Since the datastore was last known to say what runs; 0 while it is followed',
  ),
  gauge('catbird_config_faults', 'What is wrong with the newest configuration'),
  gauge('catbird_config_held', '1 while what runs is kept against what the datastore says'),
  counter('catbird_template_rejections_total', 'Own templates that were refused'),
];

/** See the head of the file. */
export class ProcessMetrics implements MetricGroup {
  readonly definitions = DEFINITIONS;
  readonly #facts: ProcessFacts;

  constructor(facts: ProcessFacts) {
    this.#facts = facts;
  }

  read(put: PutSample): void {
    const { version, startedAtSec, isReady, isRecovering } = this.#facts;
    put('catbird_build_info', 1, { version, node_version: process.versions.node });
    put('catbird_start_timestamp_seconds', startedAtSec);
    put('catbird_ready', Number(isReady()));
    put('catbird_recovering', Number(isRecovering()));
    this.#readCost(put);
    this.#readProgress(put, this.#facts.datastore());
  }

  #readCost(put: PutSample): void {
    const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
    const kinds = { rss, heapUsed, heapTotal, external, arrayBuffers };
    for (const [kind, size] of Object.entries(kinds)) put('catbird_memory_bytes', size, { kind });
    const { user, system } = process.cpuUsage();
    put('catbird_cpu_seconds_total', user / 1e6, { mode: 'user' });
    put('catbird_cpu_seconds_total', system / 1e6, { mode: 'system' });
  }

  #readProgress(put: PutSample, datastore: DatastoreReport | undefined): void {
    const { deliveredAtSec, appliedAtSec, faults, isHeld, templateRejections } =
      this.#facts.progress;
    const { desired, applied } = datastore?.generation ?? this.#facts.progress;
    put('catbird_config_generation', desired, { stage: 'desired' });
    put('catbird_config_generation', applied, { stage: 'applied' });
    put('catbird_config_timestamp_seconds', deliveredAtSec, { stage: 'desired' });
    put('catbird_config_timestamp_seconds', appliedAtSec, { stage: 'applied' });
    if (datastore) readDatastore(put, datastore);
    put('catbird_config_faults', faults);
    put('catbird_config_held', Number(isHeld));
    put('catbird_template_rejections_total', templateRejections);
  }
}

function readDatastore(put: PutSample, { state, ageSec }: DatastoreReport): void {
  for (const each of STATES)
    put('catbird_datastore_state', Number(state === each), { state: each });
  put('catbird_datastore_age_seconds', ageSec);
}
