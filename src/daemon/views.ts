/** The daemon's read views and administrative commands, as the API serves them. */
import type {
  DaemonCommands,
  DaemonViews,
  HeldView,
  RouteView,
  VersionView,
} from '../api/views.ts';
import type { StopReason } from '../bgp/session/session.ts';
import {
  CEASE_ADMINISTRATIVE_RESET,
  CEASE_ADMINISTRATIVE_SHUTDOWN,
} from '../bgp/wire/constants.ts';
import { checkConfig } from '../config/check.ts';
import type { Config } from '../config/model.ts';
import { formatPath } from '../config/parse.ts';
import { printConfig } from '../config/print.ts';
import { CatbirdError } from '../net/error.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import { formatIpv4Number, formatPrefix, parseAddress, parsePrefix } from '../net/text.ts';
import type { PrefixId } from '../rib/ids.ts';
import type { PathView } from '../rib/ports.ts';
import { withPasswordFiles } from '../run/password-files.ts';
import { inSlices } from '../run/slices.ts';
import type { Clock } from '../runtime/clock.ts';
import type { LeveledLog } from '../telemetry/log.ts';
import type { ReadinessRule } from '../web/readiness.ts';
import { viewAttributes } from './attribute-view.ts';
import { viewOrigination } from './broker-view.ts';
import type { Daemon } from './daemon.ts';
import { viewDiff } from './diff-view.ts';
import { explain } from './explain.ts';
import type { Forwarding } from './forwarding.ts';
import type { Neighbor } from './neighbor.ts';
import { viewHistory, viewNeighbor } from './neighbor-view.ts';
import { planSteps } from './plan.ts';
import { rankedPaths, viewPath, viewRejected } from './route-views.ts';
import { viewStatus } from './status.ts';
import { dumpTable } from './table-dump.ts';

export interface ViewContext {
  readonly daemon: Daemon;
  readonly forwarding: Forwarding;
  readonly clock: Clock;
  readonly log: LeveledLog;
  /** Fixed for the life of the process. */
  readonly process: Pick<VersionView, 'version' | 'node' | 'pid' | 'startedAt'>;
  /** Ends the process; silent when nothing is left to be told. */
  stop(reason: StopReason): void;
  /** When the router counts as ready. */
  readiness(): ReadinessRule;
  /** What is wrong with the newest configuration, one sentence each. */
  faults(): readonly string[];
  /** What became of users' templates; undefined without templates. */
  templates(): object | undefined;
  /** How datastore and daemon stand to each other; undefined for a file. */
  datastore(): { readonly held: HeldView | null } | undefined;
  /** What the brake holds; undefined when it holds nothing that could be applied. */
  heldConfig(): Config | undefined;
  /** Reads the configuration again; or applies what is held. @returns why it did not, in words */
  applyConfig(isForced: boolean): string | undefined;
}

const LOG_LEVELS = ['error', 'warn', 'info', 'debug', 'trace', 'silent'];

/** The views over a running daemon. */
export function makeViews(context: ViewContext): DaemonViews {
  const { daemon, forwarding, clock } = context;
  const { rib, neighbors } = daemon;
  const view = (neighbor: Neighbor) =>
    viewNeighbor(neighbor, rib, clock, neighbors.isLeaving(neighbor));
  return {
    version: () => ({
      ...context.process,
      routerId: formatIpv4Number(daemon.config.router.routerId),
      asNumber: daemon.config.router.asNumber,
    }),
    status: () => viewStatus(context),
    watch: (topic) => daemon.feed.watch(topic),
    neighbors: () => neighbors.list().map(view),
    neighbor: (name) => {
      const neighbor = neighbors.find(name);
      return neighbor && { ...view(neighbor), history: viewHistory(neighbor, clock) };
    },
    rib: (query) => (query === undefined ? wholeRib(context) : queryRib(context, query)),
    adjIn: (name) => {
      const neighbor = neighbors.find(name);
      return neighbor && adjIn(context, neighbor.peerId);
    },
    adjOut: (name) => {
      const neighbor = neighbors.find(name);
      return neighbor && adjOut(context, neighbor.peerId);
    },
    fib: () => forwarding.routes(),
    explain: (query, name) => {
      const only = name === undefined ? undefined : neighbors.find(name);
      if (name !== undefined && !only) return undefined;
      return explain(context, query, only, (prefix) =>
        rankedPaths(context, prefix.family, rib.views.findPrefix(prefix)),
      );
    },
    blocks: () =>
      daemon.config.blocks.map(({ cidr, state, advertise, blackhole }) => {
        const kernel = forwarding.stateOf(cidr);
        return { cidr: formatPrefix(cidr), state, advertise, blackhole, kernel };
      }),
    quarantine: (name) =>
      daemon.quarantine
        .list(name)
        .map(({ at, ...rest }) => ({ time: new Date(at).toISOString(), ...rest })),
    drain: () => {
      const { since, ...progress } = daemon.drain.progress;
      const at = clock.wallTime() - (clock.now() - since);
      return { ...progress, since: since === 0 ? null : new Date(at).toISOString() };
    },
    table: (view) => dumpTable(daemon, clock, view),
    messages: () => daemon.recording.messages(),
    originated: (owner) => [...viewOriginated(context, owner)],
    diff: () => viewDiff(context),
    config: () => ({
      ...printConfig(daemon.config),
      faults: context.faults(),
      templates: context.templates() ?? { overrides: [], rejectedTotal: 0 },
      datastore: context.datastore() ?? null,
    }),
  };
}

/** @throws CatbirdError CATBIRD_API_REQUEST with every fault of the document */
async function makePlan({ daemon, clock }: ViewContext, document: unknown): Promise<object> {
  const outcome = checkConfig(document);
  if ('issues' in outcome) {
    const faults = outcome.issues.map(({ path, reason }) => `${formatPath(path)}: ${reason}`);
    throw new CatbirdError('CATBIRD_API_REQUEST', faults.join('; '));
  }
  const config = await withPasswordFiles(outcome.config);
  return await inSlices(planSteps(daemon, config), clock);
}

/** The commands over a running daemon. */
export function makeCommands(context: ViewContext): DaemonCommands {
  const { daemon, log, stop, applyConfig } = context;
  const find = (name: string) => daemon.neighbors.find(name);
  const because = (subcode: number, text: string | undefined) =>
    text === undefined ? { subcode } : { subcode, text };
  return {
    clearNeighbor(name, text) {
      const neighbor = find(name);
      neighbor?.stop(because(CEASE_ADMINISTRATIVE_RESET, text));
      if (!neighbor?.isShutDown) neighbor?.start();
      return neighbor !== undefined;
    },
    softClearNeighbor(name, direction) {
      const neighbor = find(name);
      if (neighbor && !neighbor.softClear(direction)) {
        const reason = `the session with ${name} is not Established`;
        throw new CatbirdError('CATBIRD_API_REQUEST', reason);
      }
      return neighbor !== undefined;
    },
    shutdownNeighbor(name, text) {
      find(name)?.shutDown(because(CEASE_ADMINISTRATIVE_SHUTDOWN, text));
      return find(name) !== undefined;
    },
    enableNeighbor(name) {
      find(name)?.enable();
      return find(name) !== undefined;
    },
    applyConfig,
    plan: (document) => makePlan(context, document),
    saveRecording: () => daemon.recording.save(),
    setLogLevel(level) {
      if (!LOG_LEVELS.includes(level)) {
        throw new CatbirdError(
          'CATBIRD_API_REQUEST',
          `the log level is one of ${LOG_LEVELS.join(', ')}`,
        );
      }
      log.level = level;
    },
    drain({ waitSec, text, stops }) {
      const message = text === undefined ? {} : { text };
      const ending = { subcode: CEASE_ADMINISTRATIVE_SHUTDOWN, ...message };
      const done = stops ? { done: () => stop(ending) } : {};
      daemon.drain.start({ waitSec, ...message, ...done });
    },
    abortDrain: () => daemon.drain.abort(),
    originate: (order, caller) =>
      daemon.broker.add(order, caller).map((route) => viewOrigination(route, context.clock)),
    withdrawOriginated: (order, caller) => daemon.broker.remove(order, caller),
    stop: () => stop('silent'),
  };
}

function* viewOriginated({ daemon, clock }: ViewContext, owner: string | undefined) {
  const { views } = daemon.rib;
  for (const route of daemon.broker.list(owner)) {
    const { family } = route.prefix;
    const path = views.bestPath(family, views.findPrefix(route.prefix));
    const best = path !== 0 && views.forwardingFacts(family, path).source === 'broker';
    yield { ...viewOrigination(route, clock), best };
  }
}

function* wholeRib(context: ViewContext): Generator<RouteView> {
  const { rib } = context.daemon;
  for (const family of FAMILIES) {
    for (const prefix of rib.views.prefixIds(family)) yield* pathsOf(context, family, prefix);
  }
}

/** @throws CatbirdError when the text is neither a prefix nor an address */
function queryRib(context: ViewContext, query: string): Iterable<RouteView> {
  const { views } = context.daemon.rib;
  const prefix = parsePrefix(query);
  if (prefix) return rankedPaths(context, prefix.family, views.findPrefix(prefix));
  const address = parseAddress(query);
  if (!address) {
    throw new CatbirdError('CATBIRD_API_REQUEST', `'${query}' is neither a prefix nor an address`);
  }
  const family = address.length === 4 ? 'ipv4-unicast' : 'ipv6-unicast';
  return rankedPaths(context, family, views.lookup(address));
}

/** Collected at once: the RIB may change between two values of a generator. */
function pathsOf(context: ViewContext, family: Family, prefix: PrefixId): RouteView[] {
  if (prefix === 0) return [];
  const paths = [...context.daemon.rib.views.paths(family, prefix)];
  return paths.map((path) => viewPath(context, family, path));
}

function* adjIn(context: ViewContext, peer: PathView['peer']): Generator<RouteView> {
  for (const path of context.daemon.rib.views.adjIn(peer)) {
    const family = familyOfText(path.prefix);
    yield path.reason === 'none'
      ? viewPath(context, family, path)
      : viewRejected(context, family, path);
  }
}

function* adjOut(context: ViewContext, peer: PathView['peer']): Generator<RouteView> {
  const { views } = context.daemon.rib;
  for (const { prefix, prefixId, pathId, attrs, source } of views.adjOut(peer)) {
    const best = views.bestPath(familyOfText(prefix), prefixId);
    yield {
      prefix,
      best: pathId === 0 || pathId === best,
      valid: true,
      neighbor: views.sourceName(source),
      ...viewAttributes(views.attributes(attrs)),
      pathId,
      ageSec: 0,
      kernel: 'none',
    };
  }
}

function familyOfText(prefix: string): Family {
  return prefix.includes(':') ? 'ipv6-unicast' : 'ipv4-unicast';
}
