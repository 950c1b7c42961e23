/**
 * Datastore snapshot to configuration, through the view, the templates and the schema.
 *
 * An object that cannot be used is left out and reported; the rest applies (FAM-5). A policy that
 * cannot be used rejects everything instead, because a missing one would let everything pass.
 */
import { checkConfig } from '../config/check.ts';
import type { ConfigIssue } from '../config/issues.ts';
import type { Config } from '../config/model.ts';
import { formatPath } from '../config/parse.ts';
import type { Snapshot } from '../datastore/snapshot.ts';
import { buildView } from './build-view.ts';
import {
  assembleData,
  assembleText,
  type Piece,
  renderPieces,
  SINGLE_SECTIONS,
} from './document.ts';
import { FragmentRenderer } from './fragments.ts';
import type { RenderFault, ViewOptions } from './options.ts';

export interface RenderResult {
  /** Undefined: nothing can be made of the snapshot; what runs should go on running. */
  readonly config: Config | undefined;
  /** The document `config` was read from; passwords are in it as they are. */
  readonly yaml: string;
  readonly faults: readonly RenderFault[];
}

export interface RenderOptions extends ViewOptions {
  /** Template texts by name; see `loadTemplates`. */
  readonly templates: ReadonlyMap<string, string>;
}

/** Renders once. */
export function renderConfig(snapshot: Snapshot, options: RenderOptions): RenderResult {
  return new ConfigRenderer(options).render(snapshot);
}

/** Renders again and again, doing only what a change of the snapshot asks for. */
export class ConfigRenderer {
  readonly #options: ViewOptions;
  readonly #fragments: FragmentRenderer;

  constructor(options: RenderOptions) {
    this.#options = options;
    this.#fragments = new FragmentRenderer(options.templates);
  }

  render(snapshot: Snapshot): RenderResult {
    const { view, faults } = buildView(snapshot, this.#options);
    if (!view) return { config: undefined, yaml: '', faults };
    const pieces = renderPieces(view, this.#fragments);
    this.#fragments.endRound();
    const result = settle(pieces);
    return { ...result, faults: [...faults, ...result.faults] };
  }
}

/** Leaves out pieces until what remains is a configuration. Each round takes at least one away. */
function settle(all: readonly Piece[]): RenderResult {
  const faults: RenderFault[] = [];
  let pieces = all.flatMap((piece) => {
    if (piece.fragment.fault) faults.push({ object: piece.object, ...piece.fragment.fault });
    return piece.fragment.fault ? replacement(piece) : [piece];
  });
  for (;;) {
    const { data, origins } = assembleData(pieces);
    const outcome = checkConfig(data);
    const yaml = assembleText(pieces);
    if ('config' in outcome) return { config: outcome.config, yaml, faults };
    const spoilt = new Set<Piece>();
    for (const issue of outcome.issues) {
      const piece = origins.get(issue.path.slice(0, 2).join(' '));
      if (piece) spoilt.add(piece);
      faults.push(faultOf(issue, piece));
    }
    const isLost = outcome.issues.some(({ path }) => SINGLE_SECTIONS.includes(String(path[0])));
    if (isLost || spoilt.size === 0) return { config: undefined, yaml, faults };
    pieces = pieces.flatMap((piece) => (spoilt.has(piece) ? replacement(piece) : [piece]));
  }
}

function faultOf({ path, reason }: ConfigIssue, piece: Piece | undefined): RenderFault {
  return {
    object: piece?.object ?? String(path[0] ?? ''),
    template: piece && `${piece.template}.yaml.liquid`,
    line: undefined,
    column: undefined,
    path: formatPath(path),
    reason,
  };
}

/** Nothing, or for a policy one that lets nothing pass. */
function replacement(piece: Piece): Piece[] {
  if (piece.section !== 'policies') return [];
  const rules = [{ name: 'policy in error', action: 'reject' }];
  const text = `  ${JSON.stringify(piece.name)}: ${JSON.stringify(rules)}\n`;
  const fragment = { text, value: { [piece.name]: rules }, fault: undefined };
  return [{ ...piece, fragment }];
}
