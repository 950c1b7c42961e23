/**
 * Datastore snapshot to configuration, through the view, the templates and the schema.
 *
 * A template that gives nothing usable for an object makes way for the one before it, down to the
 * shipped one; an object that cannot be used at all is left out and reported, the rest applies (FAM-5). A
 * policy that cannot be used rejects everything instead, because a missing one would let everything pass.
 */
import { assembledSteps } from '../config/check.ts';
import { CheckedEntries } from '../config/checked-entries.ts';
import type { ConfigIssue } from '../config/issues.ts';
import type { Config } from '../config/model.ts';
import { formatPath } from '../config/parse.ts';
import { finish, STRIDE } from '../config/steps.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import { viewSteps } from './build-view.ts';
import { assembleData, assembleText, originOf, requestsOf, SINGLE_SECTIONS } from './document.ts';
import { Fragments, type Piece } from './fragments.ts';
import type { RenderFault, ViewOptions } from './options.ts';
import { dropsEveryPeer } from './override-checks.ts';
import { RejectionCount, reportOn, type TemplateReport } from './template-report.ts';
import { TemplateSet, type TemplateVersion } from './template-set.ts';
import type { TemplateFile } from './template-source.ts';
import type { NodeView } from './view.ts';
import { ViewMemo } from './view-memo.ts';

export interface RenderResult {
  /** Undefined: nothing can be made of the snapshot; what runs should go on running. */
  readonly config: Config | undefined;
  readonly faults: readonly RenderFault[];
  /** Choices nobody made, for the log: what, and why. */
  readonly notes: readonly string[];
  /** What became of users' templates. */
  readonly templates: TemplateReport;
  /** The document `config` was read from; passwords are in it as they are. */
  yaml(): string;
}

export interface RenderOptions extends ViewOptions {
  /** Texts of the shipped templates by name; see `loadTemplates`. */
  readonly templates: ReadonlyMap<string, string>;
  /** Users' own; {@link ConfigRenderer.setTemplates} changes them. */
  readonly overrides?: readonly TemplateFile[];
}

/** Renders once. */
export function renderConfig(snapshot: Snapshot, options: RenderOptions): RenderResult {
  return new ConfigRenderer(options).render(snapshot);
}

/** Rounds in which single pieces make way for others, before all overrides do. */
const MAX_ROUNDS = 5;

/** Renders again and again, doing only what a change of the snapshot asks for. */
export class ConfigRenderer {
  readonly #options: ViewOptions;
  readonly #templates: TemplateSet;
  readonly #memo = new ViewMemo();
  readonly #entries = new CheckedEntries();
  readonly #fragments: Fragments;
  readonly #rejections = new RejectionCount();

  constructor(options: RenderOptions) {
    this.#options = options;
    this.#templates = new TemplateSet(options.templates);
    this.#fragments = new Fragments(this.#templates, this.#entries);
    this.setTemplates(options.overrides ?? []);
  }

  /** Takes over users' templates; they count from the next rendering on. */
  setTemplates(files: readonly TemplateFile[]): void {
    this.#templates.setFiles(files);
  }

  render(snapshot: Snapshot): RenderResult {
    return finish(this.steps(snapshot));
  }

  /** Renders in small steps: whoever asks for the next one may let others have their turn first. */
  *steps(snapshot: Snapshot): Generator<void, RenderResult> {
    const { view, faults } = yield* viewSteps(snapshot, this.#options, this.#memo);
    const pieces: Piece[] = [];
    this.#fragments.beginRound(view?.node ?? {});
    for (const request of view ? requestsOf(view, this.#templates.slots) : []) {
      const { made } = this.#fragments;
      pieces.push(this.#fragments.render(request));
      if (this.#fragments.made !== made || pieces.length % STRIDE === 0) yield;
    }
    const { config, lost } = view ? yield* this.#settle(pieces) : NOTHING;
    if (view) this.#fragments.endRound(pieces);
    const inPieces = pieces.flatMap((piece) => piece.faults);
    const told = [...this.#templates.faults, ...inPieces, ...lost];
    const templates = reportOn(this.#templates, told, this.#rejections);
    const yaml = () => assembleText(pieces);
    const notes = view ? notesOn(view) : [];
    return { config, yaml, faults: [...faults, ...told], notes, templates };
  }

  /** Lets pieces take their next choice, until what remains is a configuration. */
  *#settle(pieces: readonly Piece[]): Generator<void, Settled> {
    const lost: RenderFault[] = [];
    for (let round = 1; ; round++) {
      if (round > MAX_ROUNDS) this.#fragments.reject(this.#usersVersions(pieces), pieces);
      if (dropsEveryPeer(pieces)) this.#rejectDroppers(pieces, lost);
      const data = assembleData(pieces);
      if (SINGLE_SECTIONS.some((section) => data[section] === undefined)) return { lost };
      yield;
      const outcome = yield* assembledSteps(data, this.#entries);
      yield;
      if ('config' in outcome) return { config: outcome.config, lost };
      if (!this.#demote(outcome.issues, pieces, lost)) return { lost };
    }
  }

  /** @returns false when no piece is to blame */
  #demote(issues: readonly ConfigIssue[], pieces: readonly Piece[], lost: RenderFault[]): boolean {
    const spoilt = new Map<Piece, ConfigIssue>();
    for (const issue of issues) {
      const [section, key] = issue.path;
      const piece = originOf(pieces, String(section), key);
      if (!piece) lost.push(documentFault(issue));
      else if (!spoilt.has(piece)) spoilt.set(piece, issue);
    }
    for (const [piece, { path, reason }] of spoilt) {
      this.#fragments.demote(piece, reason, formatPath(path));
    }
    return spoilt.size > 0;
  }

  #usersVersions(pieces: readonly Piece[]): Set<TemplateVersion> {
    const versions = pieces.flatMap(({ fragment }) => fragment?.version ?? []);
    return new Set(versions.filter(({ isShipped }) => !isShipped));
  }

  /** An override that takes out every session makes way as a whole. */
  #rejectDroppers(pieces: readonly Piece[], lost: RenderFault[]): void {
    const sessions = pieces.filter(({ request }) => request.template === 'neighbor');
    const versions = this.#usersVersions(sessions);
    this.#fragments.reject(versions, pieces);
    for (const { place } of versions) {
      const reason = `drops every peer, all ${sessions.length} of them; the template before it is in force`;
      const where = { template: place, line: 1, column: undefined, path: 'neighbors' };
      lost.push({ object: 'template neighbor', ...where, reason });
    }
  }
}

function notesOn({ clusterRoutes: { mode, reason } }: NodeView): string[] {
  return [`programClusterRoutes is ${mode}: ${reason}`];
}

interface Settled {
  readonly config?: Config;
  /** Faults that belong to no piece. */
  readonly lost: readonly RenderFault[];
}

const NOTHING: Settled = { lost: [] };

function documentFault({ path, reason }: ConfigIssue): RenderFault {
  const nowhere = { template: undefined, line: undefined, column: undefined };
  return { object: String(path[0] ?? ''), ...nowhere, path: formatPath(path), reason };
}
