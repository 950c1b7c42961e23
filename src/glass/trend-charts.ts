/** Which charts there are, and what each shows of the samples. */
import type { TrendSample } from '../api/views.ts';
import { count, milliseconds } from './words.ts';

export interface Series {
  readonly name: string;
  /** Null where there was nothing to measure. */
  value(sample: TrendSample): number | null;
}

export interface ChartPlan {
  readonly title: string;
  /** One or two. */
  readonly series: readonly Series[];
  format(value: number): string;
  /** The axis ends here at least. */
  readonly least: number;
  /** Single events rather than something that goes on. */
  readonly isBars: boolean;
}

export const TREND_CHARTS: readonly ChartPlan[] = [
  {
    title: 'UPDATE messages per second',
    series: [
      { name: 'received', value: (sample) => sample.updatesReceived },
      { name: 'sent', value: (sample) => sample.updatesSent },
    ],
    format: (value) => `${count(value)}/s`,
    least: 1,
    isBars: false,
  },
  {
    title: 'Convergence',
    series: [
      { name: 'UPDATE to kernel', value: (sample) => sample.updateToKernelMs },
      { name: 'change to wire', value: (sample) => sample.changeToWireMs },
    ],
    format: milliseconds,
    least: 10,
    isBars: true,
  },
  {
    title: 'Sessions up',
    series: [
      { name: 'up', value: (sample) => sample.established },
      { name: 'configured', value: (sample) => sample.sessions },
    ],
    format: count,
    least: 2,
    isBars: false,
  },
  {
    title: 'Best paths',
    series: [{ name: 'best paths', value: (sample) => sample.bestPaths }],
    format: count,
    least: 10,
    isBars: false,
  },
  {
    title: 'Kernel routes changed by others',
    series: [{ name: 'changed', value: (sample) => sample.drifted }],
    format: count,
    least: 2,
    isBars: true,
  },
  {
    title: 'Kernel routes refused',
    series: [{ name: 'refused', value: (sample) => sample.refused }],
    format: count,
    least: 2,
    isBars: false,
  },
];
