/** Log-log plots as one SVG document, side by side. */

export interface Series {
  readonly name: string;
  /** Pairs of positive numbers, from left to right. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Plot {
  readonly title: string;
  /** Of the horizontal axis. */
  readonly unit: string;
  readonly series: readonly Series[];
}

const WIDTH = 360;
const HEIGHT = 280;
const MARGIN = { left: 52, right: 16, top: 28, bottom: 40 };
const COLORS = ['#c0392b', '#2471a3', '#1e8449', '#b7950b', '#7d3c98', '#616a6b'];

/** Draws two plots a row. */
export function drawPlots(plots: readonly Plot[]): string {
  const rows = Math.ceil(plots.length / 2);
  const size = `width="${2 * WIDTH}" height="${rows * HEIGHT}"`;
  const panels = plots.map((plot, i) => {
    const at = `translate(${(i % 2) * WIDTH},${Math.floor(i / 2) * HEIGHT})`;
    return `<g transform="${at}">\n${panel(plot)}\n</g>`;
  });
  const style = 'font-family="sans-serif" font-size="11" fill="#222"';
  const ground = '<rect width="100%" height="100%" fill="white"/>';
  const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${style}>`;
  return `${[head, ground, ...panels, '</svg>'].join('\n')}\n`;
}

interface Axis {
  /** Exponents of ten. */
  readonly from: number;
  readonly to: number;
}

function panel({ title, unit, series }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const x = axisOver(points.map((point) => point[0]));
  const y = axisOver(points.map((point) => point[1]));
  const place = ([at, value]: readonly [number, number]): [number, number] => [
    MARGIN.left + share(x, at) * (WIDTH - MARGIN.left - MARGIN.right),
    HEIGHT - MARGIN.bottom - share(y, value) * (HEIGHT - MARGIN.top - MARGIN.bottom),
  ];
  const name = text(WIDTH / 2, 16, title, 'middle');
  const below = text(WIDTH / 2, HEIGHT - 6, unit, 'middle');
  const lines = series.map((each, i) => lineOf(each, i, place));
  return [name, below, ...grid(x, y, place), ...lines].join('\n');
}

function axisOver(values: readonly number[]): Axis {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  return { from, to: Math.max(to, from + 1) };
}

function share({ from, to }: Axis, value: number): number {
  return (Math.log10(value) - from) / (to - from);
}

type Place = (point: readonly [number, number]) => [number, number];

/** A line and a label for every power of ten. */
function grid(x: Axis, y: Axis, place: Place): string[] {
  const powers = ({ from, to }: Axis) =>
    Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  const [left, bottom] = place([10 ** x.from, 10 ** y.from]);
  const [right, top] = place([10 ** x.to, 10 ** y.to]);
  const upright = powers(x).flatMap((power) => {
    const [at] = place([power, 1]);
    return [segment(at, bottom, at, top), text(at, bottom + 14, label(power), 'middle')];
  });
  const level = powers(y).flatMap((power) => {
    const [, at] = place([1, power]);
    return [segment(left, at, right, at), text(left - 6, at + 4, label(power), 'end')];
  });
  return [...upright, ...level];
}

function lineOf({ name, points }: Series, i: number, place: Place): string {
  const color = COLORS[i % COLORS.length]!;
  const places = points.map(place);
  const path = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  const dots = places.map(
    ([x, y]) => `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="2.5" fill="${color}"/>`,
  );
  const key = `<text x="${MARGIN.left + 8}" y="${MARGIN.top + 12 + 13 * i}" fill="${color}">${name}</text>`;
  const line = `<polyline points="${path}" fill="none" stroke="${color}" stroke-width="1.5"/>`;
  return [line, ...dots, key].join('\n');
}

function segment(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1));
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="#ddd"/>`;
}

function text(x: number, y: number, content: string, anchor: 'middle' | 'end'): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${content}</text>`;
}

function label(power: number): string {
  return power >= 1e6 ? `${power / 1e6}M` : power >= 1000 ? `${power / 1000}k` : `${power}`;
}
