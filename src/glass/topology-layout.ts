/**
 * Where everything of the picture stands, in pixels: the router in the middle, those above it in the network
 * above, its equals and clients below. Where it is narrow all stand below each other.
 *
 * Few sessions of a group are drawn with their names, many as a field of shapes.
 */

/** Above the router; the others are below it. */
const ABOVE: readonly string[] = ['external', 'internal'];

const GAP = 16;
const PADDING = 12;
/** Height of the head of a group. */
export const TITLE = 44;
const CHIP_WIDTH = 148;
const CHIP_HEIGHT = 28;
const CHIP_GAP = 8;
/** Between two shapes of a field. */
const PITCH = 13;
const ROUTER_WIDTH = 220;
const ROUTER_HEIGHT = 48;
const LINK = 56;
const NARROW = 640;
/** So many have their names in the picture. */
const MOST_CHIPS = 12;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Rect extends Point {
  readonly width: number;
  readonly height: number;
}

export interface GroupBox extends Rect {
  readonly name: string;
  /** One for each member, or none where they are a field. */
  readonly chips: readonly Rect[];
  /** Centres of the shapes of a field, one for each member. */
  readonly dots: readonly Point[];
}

export interface TopologyLayout {
  readonly height: number;
  readonly router: Rect;
  readonly boxes: readonly GroupBox[];
  /** From the router to each box, as the `d` of a path. */
  readonly links: readonly string[];
}

interface GroupSize {
  readonly name: string;
  readonly count: number;
}

/** @param width all there is */
export function layOut(groups: readonly GroupSize[], width: number): TopologyLayout {
  return width < NARROW ? stacked(groups, width) : layered(groups, width);
}

function layered(groups: readonly GroupSize[], width: number): TopologyLayout {
  const above = row(
    groups.filter(({ name }) => ABOVE.includes(name)),
    width,
    0,
  );
  const top = above.length > 0 ? bottomOf(above) + LINK : 0;
  const router = routerAt((width - ROUTER_WIDTH) / 2, top, ROUTER_WIDTH);
  const end = top + ROUTER_HEIGHT;
  const below = row(
    groups.filter(({ name }) => !ABOVE.includes(name)),
    width,
    end + LINK,
  );
  // Boxes of a row are of different heights: those above end, those below begin, on one line.
  const raised = above.map((box) => moved(box, top - LINK - box.height - box.y));
  const boxes = [...raised, ...below];
  const links = boxes.map((box) => curve(router, box));
  return { height: Math.max(end, bottomOf(boxes)), router, boxes, links };
}

function row(groups: readonly GroupSize[], width: number, y: number): GroupBox[] {
  const each = (width - GAP * (groups.length - 1)) / groups.length;
  return groups.map((group, i) => boxOf(group, { x: i * (each + GAP), y }, each));
}

function stacked(groups: readonly GroupSize[], width: number): TopologyLayout {
  const router = routerAt(0, 0, width);
  const boxes: GroupBox[] = [];
  let y = ROUTER_HEIGHT + GAP;
  for (const group of groups) {
    const box = boxOf(group, { x: GAP, y }, width - GAP);
    boxes.push(box);
    y += box.height + GAP;
  }
  // Side by side in the margin, the one that goes farthest outermost.
  const links = boxes.map((box, i) => {
    const x = GAP - 3 - i * 2.8;
    return `M${x} ${ROUTER_HEIGHT}V${box.y + TITLE / 2}H${GAP}`;
  });
  return { height: Math.max(y - GAP, ROUTER_HEIGHT), router, boxes, links };
}

function routerAt(x: number, y: number, width: number): Rect {
  return { x, y, width, height: ROUTER_HEIGHT };
}

function boxOf({ name, count }: GroupSize, { x, y }: Point, width: number): GroupBox {
  const inner = width - 2 * PADDING;
  const from = { x: x + PADDING, y: y + TITLE };
  if (count <= MOST_CHIPS) {
    const columns = Math.max(1, Math.floor((inner + CHIP_GAP) / (CHIP_WIDTH + CHIP_GAP)));
    const chipWidth = columns === 1 ? inner : (inner + CHIP_GAP) / columns - CHIP_GAP;
    const chips = cells(count, columns, from, chipWidth + CHIP_GAP, CHIP_HEIGHT + CHIP_GAP).map(
      (at) => ({ ...at, width: chipWidth, height: CHIP_HEIGHT }),
    );
    const rows = Math.ceil(count / columns);
    const height = TITLE + rows * (CHIP_HEIGHT + CHIP_GAP) - CHIP_GAP + PADDING;
    return { name, x, y, width, height, chips, dots: [] };
  }
  const columns = Math.max(1, Math.floor(inner / PITCH));
  const centre = { x: from.x + PITCH / 2, y: from.y + PITCH / 2 };
  const dots = cells(count, columns, centre, PITCH, PITCH);
  const height = TITLE + Math.ceil(count / columns) * PITCH + PADDING;
  return { name, x, y, width, height, chips: [], dots };
}

function cells(count: number, columns: number, from: Point, dx: number, dy: number): Point[] {
  return Array.from({ length: count }, (_, i) => {
    return { x: from.x + (i % columns) * dx, y: from.y + Math.floor(i / columns) * dy };
  });
}

function moved(box: GroupBox, dy: number): GroupBox {
  const shift = <T extends Point>(point: T): T => ({ ...point, y: point.y + dy });
  return { ...shift(box), chips: box.chips.map(shift), dots: box.dots.map(shift) };
}

function bottomOf(boxes: readonly Rect[]): number {
  return Math.max(0, ...boxes.map(({ y, height }) => y + height));
}

function curve(router: Rect, box: Rect): string {
  const isAbove = box.y < router.y;
  const from = { x: router.x + router.width / 2, y: router.y + (isAbove ? 0 : router.height) };
  const to = { x: box.x + box.width / 2, y: box.y + (isAbove ? box.height : 0) };
  const middle = (from.y + to.y) / 2;
  return `M${from.x} ${from.y}C${from.x} ${middle} ${to.x} ${middle} ${to.x} ${to.y}`;
}
