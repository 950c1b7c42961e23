/**
 * Calico's objects in the Kubernetes API, and the Nodes they speak of (calico-datastore.md §3).
 *
 * Told once all kinds are known. A kind the server has not, or does not let us see, counts as empty and is
 * reported, with two exceptions, without which anything done would be a guess: without Nodes and without
 * BGPConfigurations nothing is told. A BGPFilter nobody lets us read rejects everything.
 */
import type { Timer } from '../../runtime/clock.ts';
import type { ObjectSource, SourceContents } from '../object-source.ts';
import type { ReadObject } from '../read-object.ts';
import { closedFilter } from '../resources/bgp-filter.ts';
import type { Source } from '../snapshot-assembler.ts';
import { calicoResources, findLayout, type Layout, NODES } from './layout.ts';
import { OncePerTurn } from './once-per-turn.ts';
import { Reflector, type ReflectorPorts } from './reflector.ts';
import { faultOf } from './reflector-fault.ts';

export interface KubernetesSourceOptions {
  readonly node: string;
  /** Blocks are pod CIDRs of the Nodes: affinities are not looked at (§6.8). */
  readonly usePodCidr: boolean;
  /** `CALICO_API_GROUP`. */
  readonly apiGroup: string | undefined;
  /** Told of what keeps the first read from coming, once for each reason. */
  readonly onObstacle?: (reason: string) => void;
}

/** Between two looks for a Calico that is not installed, or whose layout changed; with jitter. */
const REVIEW_MS = 60_000;
/** Reasons kept so that each is told once. */
const MAX_OBSTACLES = 20;
/** Between two attempts at an API server that does not answer; with jitter. */
const RETRY_MS = 2_000;

export class KubernetesSource implements ObjectSource {
  readonly #ports: ReflectorPorts;
  readonly #options: KubernetesSourceOptions;
  readonly #stopping = new AbortController();
  readonly #change: OncePerTurn;
  readonly #nodes: Reflector;
  #layout: Layout | undefined;
  #calico: readonly Reflector[] = [];
  readonly #obstacles = new Set<string>();
  #discovery: Timer | undefined;
  #onContents: (contents: SourceContents) => void = () => {};
  #onComplete: () => void = () => {};

  constructor(ports: ReflectorPorts, options: KubernetesSourceOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#change = new OncePerTurn(ports.clock, () => this.#tell());
    this.#nodes = new Reflector(NODES, ports, () => this.#change.ask());
  }

  async start(onContents: (contents: SourceContents) => void): Promise<void> {
    this.#onContents = onContents;
    const complete = new Promise<void>((resolve) => {
      this.#onComplete = resolve;
    });
    this.#nodes.start();
    void this.#discover(); // its failures are reported, and tried again
    await complete;
  }

  async stop(): Promise<void> {
    this.#onContents = () => {};
    this.#stopping.abort();
    this.#discovery?.cancel();
    this.#onComplete();
    await Promise.all([this.#nodes, ...this.#calico].map((reflector) => reflector.stop()));
    this.#ports.api.close();
  }

  contactAgeMs(): number {
    return Math.max(...[this.#nodes, ...this.#calico].map(({ contactAgeMs }) => contactAgeMs));
  }

  /** Finds the layout, and again as long as there is nothing in it. */
  async #discover(): Promise<void> {
    const { api, random } = this.#ports;
    const jitter = 0.75 + random.uniform() / 2;
    try {
      this.#use(await findLayout(api, this.#options.apiGroup, this.#stopping.signal));
      this.#scheduleDiscovery(REVIEW_MS * jitter);
    } catch (error) {
      if (this.#stopping.signal.aborted) return;
      if (this.#layout === undefined)
        this.#report(`/apis: not read yet: ${(error as Error).message}`);
      this.#scheduleDiscovery(RETRY_MS * jitter);
    }
  }

  #scheduleDiscovery(delayMs: number): void {
    if (this.#stopping.signal.aborted) return;
    this.#discovery = this.#ports.clock.setTimer(delayMs, () => {
      const isNeeded = this.#calico.every(({ standing }) => standing === 'absent');
      if (isNeeded) void this.#discover();
      else this.#scheduleDiscovery(REVIEW_MS);
    });
  }

  /** What was told from another layout stays until this one is read. */
  #use(layout: Layout): void {
    if (this.#stopping.signal.aborted) return;
    if (layout === this.#layout) {
      for (const reflector of this.#calico) reflector.retry();
      return;
    }
    for (const reflector of this.#calico) void reflector.stop(); // never fails
    this.#layout = layout;
    this.#calico = calicoResources(layout, this.#options).map(
      (resource) => new Reflector(resource, this.#ports, () => this.#change.ask()),
    );
    for (const reflector of this.#calico) reflector.start();
  }

  #tell(): void {
    const reflectors = [...this.#calico, this.#nodes];
    const missing = this.#layout ? reflectors.filter(isMissing) : [this.#nodes];
    if (missing.length > 0) {
      const places = missing.filter(({ problem }) => problem !== undefined);
      const [first] = places;
      if (first) this.#report(`${first.resource.path}: ${first.problem}`);
      return;
    }
    const closed = closedFilters(this.#calico);
    this.#onContents({
      sources: [...reflectors.flatMap(({ sources }) => sources), ...closed],
      faults: reflectors.flatMap(faultOf),
    });
    this.#onComplete();
  }

  #report(reason: string): void {
    if (this.#obstacles.has(reason)) return;
    if (this.#obstacles.size >= MAX_OBSTACLES) this.#obstacles.clear();
    this.#obstacles.add(reason);
    this.#options.onObstacle?.(reason);
  }
}

/** Nothing can be told without it. */
function isMissing({ standing, resource: { kind } }: Reflector): boolean {
  if (standing === 'starting') return true;
  return standing === 'forbidden' && (kind === 'Node' || kind === 'BGPConfiguration');
}

/**
 * Peers skip a filter that does not exist (FILT-3); one we are not allowed to see may exist, so what is
 * referred to by a peer rejects everything.
 */
function closedFilters(reflectors: readonly Reflector[]): Source[] {
  const ofKind = (kind: string) => reflectors.find(({ resource }) => resource.kind === kind);
  const filters = ofKind('BGPFilter');
  if (filters?.standing !== 'forbidden') return [];
  const peers = ofKind('BGPPeer')?.sources ?? [];
  const names = peers.flatMap(({ reading }) => reading.objects.flatMap(filterNames));
  return [...new Set(names)].map((name) => ({
    file: `${filters.resource.path}/${name}`,
    lineOffset: 0,
    reading: { objects: [closedFilterObject(name)], faults: [] },
  }));
}

function filterNames({ value }: ReadObject): readonly string[] {
  return value && 'filters' in value ? value.filters : [];
}

function closedFilterObject(name: string): ReadObject {
  return {
    collection: 'bgpFilters',
    key: name,
    label: `BGPFilter/${name}`,
    value: closedFilter(name),
    standIn: undefined,
    place: undefined,
  };
}
