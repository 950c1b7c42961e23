/**
 * Services, EndpointSlices and single Secrets, followed while something refers to them: a source beside
 * Calico's own objects, wherever those are, for these are Kubernetes' own (calico-datastore.md §2).
 */
import type { Timer } from '../../runtime/clock.ts';
import type { ObjectSource, SourceContents } from '../object-source.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Demands, demandsOf } from './demands.ts';
import { configMapResource, ENDPOINT_SLICES, SERVICES, secretResource } from './layout.ts';
import { OncePerTurn } from './once-per-turn.ts';
import { Reflector, type ReflectorPorts, type Resource } from './reflector.ts';
import { faultOf } from './reflector-fault.ts';

/** A first read of passwords is waited for this long; then the session waits for it (§5). */
const SECRET_WAIT_MS = 2_000;
/** Services of an API server that takes connections and does not answer, where it is optional. */
const OPTIONAL_WAIT_MS = 5_000;

export interface DemandOptions {
  readonly secretsNamespace: string;
  readonly templatesConfigMap?: string | undefined;
  readonly advertisedClusterIps: string | undefined;
  /** An API server that does not answer is not waited for: Calico's objects come from elsewhere (§1.4). */
  readonly isOptional: boolean;
}

interface Followed {
  readonly reflector: Reflector;
  /** When a snapshot no longer waits for it; undefined: never. */
  readonly patience: Timer | undefined;
  hasTime: boolean;
}

export class DemandedObjects implements ObjectSource {
  readonly #ports: ReflectorPorts;
  readonly #options: DemandOptions;
  readonly #followed = new Map<string, Followed>();
  readonly #ending = new Set<Promise<void>>();
  readonly #change: OncePerTurn;
  #onContents: (contents: SourceContents) => void = () => {};
  #isStopped = false;

  constructor(ports: ReflectorPorts, options: DemandOptions) {
    this.#ports = ports;
    this.#change = new OncePerTurn(ports.clock, () => this.#onContents(this.#contents()));
    this.#options = options;
  }

  /** Nothing is demanded yet. */
  async start(onContents: (contents: SourceContents) => void): Promise<void> {
    this.#onContents = onContents;
    onContents(this.#contents());
  }

  onSnapshot(snapshot: Snapshot): boolean {
    if (this.#isStopped) return false;
    this.#follow(demandsOf(snapshot, this.#options.advertisedClusterIps));
    return this.#isReady();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#onContents = () => {};
    for (const [id, followed] of this.#followed) this.#drop(id, followed);
    await Promise.all(this.#ending);
    this.#ports.api.close();
  }

  /** Follows exactly what is demanded. */
  #follow(demands: Demands): void {
    const wanted = new Map<string, Resource>();
    const shared = demands.services ? [SERVICES, ENDPOINT_SLICES] : [];
    for (const resource of shared) wanted.set(resource.path, resource);
    for (const name of demands.secrets) {
      const resource = secretResource(this.#options.secretsNamespace, name);
      wanted.set(`${resource.path}/${name}`, resource);
    }
    const { secretsNamespace, templatesConfigMap } = this.#options;
    if (templatesConfigMap !== undefined) {
      const resource = configMapResource(secretsNamespace, templatesConfigMap);
      wanted.set(resource.path, resource);
    }
    for (const [id, followed] of this.#followed) if (!wanted.has(id)) this.#drop(id, followed);
    for (const [id, resource] of wanted) if (!this.#followed.has(id)) this.#add(id, resource);
  }

  /** True when all is known, or known not to come: no permission, no such resource, a slow Secret. */
  #isReady(): boolean {
    return [...this.#followed.values()].every(({ reflector, hasTime }) => {
      if (reflector.standing !== 'starting' || !hasTime) return true;
      return this.#options.isOptional && reflector.problem !== undefined;
    });
  }

  #contents(): SourceContents {
    const reflectors = [...this.#followed.values()].map(({ reflector }) => reflector);
    return {
      sources: reflectors.flatMap(({ sources }) => sources),
      faults: reflectors.flatMap(faultOf),
    };
  }

  #add(id: string, resource: Resource): void {
    const reflector = new Reflector(resource, this.#ports, () => this.#change.ask());
    const waitMs = this.#waitMs(resource);
    const runOut = () => {
      followed.hasTime = false;
      this.#change.ask();
    };
    const patience = waitMs === undefined ? waitMs : this.#ports.clock.setTimer(waitMs, runOut);
    const followed: Followed = { reflector, patience, hasTime: true };
    this.#followed.set(id, followed);
    reflector.start();
  }

  #waitMs({ kind }: Resource): number | undefined {
    if (kind === 'Secret' || kind === 'ConfigMap') return SECRET_WAIT_MS;
    return this.#options.isOptional ? OPTIONAL_WAIT_MS : undefined;
  }

  #drop(id: string, { reflector, patience }: Followed): void {
    patience?.cancel();
    this.#followed.delete(id);
    const ended = reflector.stop().then(() => void this.#ending.delete(ended));
    this.#ending.add(ended);
    this.#change.ask();
  }
}
