/**
 * A small chart over the last minutes. It is drawn for the width it has; pointer and arrow keys read single
 * samples, and who cannot see it is told the same in words.
 */
import type { TrendSample, TrendsView } from '../api/views.ts';
import { h, refill, s } from './dom.ts';
import type { ChartPlan, Series } from './trend-charts.ts';

const HEIGHT = 132;
const LEFT = 8;
const RIGHT = 8;
const TOP = 18;
const BOTTOM = 20;
const BASE = HEIGHT - BOTTOM;
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowDown: -1,
  ArrowUp: 1,
  PageDown: -12,
  PageUp: 12,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** See the head of the file. */
export class Chart {
  readonly element: HTMLElement;
  readonly #plan: ChartPlan;
  readonly #svg = s('svg', { class: 'chart', height: HEIGHT, tabindex: 0, role: 'slider' });
  readonly #readout = h('p', { class: 'readout' });
  #samples: readonly TrendSample[] = [];
  /** So many samples fill the width. */
  #slots = 1;
  #intervalSec = 1;
  #width = 0;
  #cursor: number | undefined;

  constructor(plan: ChartPlan) {
    this.#plan = plan;
    this.#svg.setAttribute('aria-label', plan.title);
    const legend = plan.series.map(({ name }, i) => h('span', { class: `key series${i}` }, name));
    this.element = h(
      'figure',
      {},
      h('figcaption', {}, plan.title, h('span', { class: 'legend' }, ...legend)),
      this.#svg,
      this.#readout,
    );
    new ResizeObserver(([entry]) => this.#resize(entry!.contentRect.width)).observe(this.element);
    this.#svg.addEventListener('pointermove', ({ offsetX }) => this.#point(offsetX));
    this.#svg.addEventListener('pointerleave', () => this.#move(undefined));
    this.#svg.addEventListener('blur', () => this.#move(undefined));
    this.#svg.addEventListener('keydown', (event) => this.#press(event));
  }

  show({ samples, intervalSec }: TrendsView): void {
    this.#samples = samples;
    this.#intervalSec = intervalSec;
    this.#slots = Math.max(60, samples.length);
    this.#draw();
  }

  #resize(width: number): void {
    if (width === this.#width) return;
    this.#width = width;
    this.#draw();
  }

  #point(x: number): void {
    const shift = this.#slots - this.#samples.length;
    this.#move(Math.round(((x - LEFT) / this.#inner) * (this.#slots - 1)) - shift);
  }

  #press(event: KeyboardEvent): void {
    const step = STEPS[event.key];
    if (step === undefined || this.#samples.length === 0) return;
    event.preventDefault();
    this.#move((this.#cursor ?? this.#samples.length - 1) + step);
  }

  #move(to: number | undefined): void {
    const last = this.#samples.length - 1;
    this.#cursor = to === undefined || last < 0 ? undefined : Math.min(last, Math.max(0, to));
    this.#draw();
  }

  get #inner(): number {
    return this.#width - LEFT - RIGHT;
  }

  #draw(): void {
    if (this.#width === 0) return;
    const { series, format, least } = this.#plan;
    const values = series.flatMap(({ value }) => this.#samples.map((sample) => value(sample) ?? 0));
    const top = roundUp(Math.max(least, ...values));
    this.#svg.setAttribute('viewBox', `0 0 ${this.#width} ${HEIGHT}`);
    this.#svg.setAttribute('width', String(this.#width));
    refill(this.#svg, [
      ...this.#grid(format(top)),
      ...series.toReversed().map((each) => this.#plot(each, series.indexOf(each), top)),
      this.#cursor !== undefined && this.#hair(this.#cursor),
    ]);
    this.#tell();
  }

  #grid(top: string): SVGElement[] {
    const right = this.#width - RIGHT;
    const lines = [TOP, (TOP + BASE) / 2, BASE].map((y) =>
      s('line', { class: 'grid', x1: LEFT, x2: right, y1: y, y2: y }),
    );
    const minutes = Math.round((this.#slots * this.#intervalSec) / 60);
    return [
      ...lines,
      s('text', { x: LEFT, y: TOP - 5 }, top),
      s('text', { x: LEFT, y: HEIGHT - 5 }, `${minutes} min ago`),
      s('text', { x: right, y: HEIGHT - 5, class: 'end' }, 'now'),
    ];
  }

  #plot({ value }: Series, index: number, top: number): SVGElement {
    const y = (v: number) => BASE - (v / top) * (BASE - TOP);
    const points = this.#samples.map((sample, i) => ({ x: this.#x(i), value: value(sample) }));
    const real = points.filter((point) => point.value !== null);
    if (this.#plan.isBars) {
      const d = real
        .filter((point) => point.value! > 0)
        .map(
          (point) =>
            `M${fixed(point.x + index * 2)} ${BASE}V${fixed(Math.min(y(point.value!), BASE - 2))}`,
        );
      return s('path', { class: `bars series${index}`, d: d.join('') });
    }
    const d = real.map(({ x, value: v }, i) => `${i === 0 ? 'M' : 'L'}${fixed(x)} ${fixed(y(v!))}`);
    return s('path', { class: `line series${index}`, d: d.join('') });
  }

  #hair(index: number): SVGElement {
    const x = fixed(this.#x(index));
    return s('line', { class: 'hair', x1: x, x2: x, y1: TOP, y2: BASE });
  }

  /** The newest sample stands at the right edge. */
  #x(index: number): number {
    const slot = this.#slots - this.#samples.length + index;
    return LEFT + (slot / (this.#slots - 1)) * this.#inner;
  }

  #tell(): void {
    const last = this.#samples.length - 1;
    const index = this.#cursor ?? last;
    const sample = this.#samples[index];
    const words = sample ? this.#wordsOf(sample) : 'no samples yet; there is one every 5 s';
    const when = sample && this.#cursor !== undefined ? timeOf(sample) : 'now';
    const text = sample ? `${when}: ${words}` : words;
    this.#readout.textContent = text;
    const attributes = {
      'aria-valuemin': 0,
      'aria-valuemax': Math.max(0, last),
      'aria-valuenow': Math.max(0, index),
      'aria-valuetext': text,
    };
    for (const [name, value] of Object.entries(attributes)) {
      this.#svg.setAttribute(name, String(value));
    }
  }

  #wordsOf(sample: TrendSample): string {
    const { series, format } = this.#plan;
    return series
      .map(({ name, value }) => {
        const v = value(sample);
        return `${name} ${v === null ? '–' : format(v)}`;
      })
      .join(', ');
  }
}

function timeOf({ time }: TrendSample): string {
  return new Date(time).toLocaleTimeString('en-GB');
}

/** To one, two or five times a power of ten. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((each) => each * power).find((each) => each >= value)!;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
