/** Health as a shape, so that colour is never the only thing that tells it. */
import { s } from './dom.ts';
import type { Health } from './session.ts';

/** The outline of a shape around a point, for the `d` of a path. */
export function glyphPath(health: Health, x: number, y: number, r: number): string {
  const at = (dx: number, dy: number) => `${(x + dx).toFixed(1)} ${(y + dy).toFixed(1)}`;
  switch (health) {
    case 'up':
      return `M${at(-r, 0)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case 'trying':
      return `M${at(0, -r)}L${at(r, 0)}L${at(0, r)}L${at(-r, 0)}z`;
    case 'down':
      return `M${at(-r, -r)}L${at(r, r)}M${at(-r, r)}L${at(r, -r)}`;
    case 'off':
      return `M${at(-r, 0)}L${at(r, 0)}`;
  }
}

/** One shape by itself, to stand in a line of text. */
export function glyph(health: Health): SVGElement {
  const path = s('path', { class: `glyph ${health}`, d: glyphPath(health, 6, 6, 4) });
  return s('svg', { class: 'inline', width: 12, height: 12, 'aria-hidden': 'true' }, path);
}
