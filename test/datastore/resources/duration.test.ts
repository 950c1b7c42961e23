import t from 'tap';
import { parseDurationSec } from '../../../src/datastore/resources/duration.ts';

const DURATIONS: readonly (readonly [text: string, seconds: number | undefined])[] = [
  ['90s', 90],
  ['2m0s', 120],
  ['1h2m3.5s', 3724],
  ['1h2m3.4s', 3723],
  ['500ms', 1],
  ['499ms', 0],
  ['1500000us', 2],
  ['1µs', 0],
  ['.5m', 30],
  ['+1s', 1],
  ['0', 0],
  ['0s', 0],
  ['90', undefined],
  ['', undefined],
  ['+', undefined],
  ['-1s', undefined],
  ['1 s', undefined],
  ['1d', undefined],
  ['1s2', undefined],
];

t.test('Go durations, rounded to whole seconds', async (t) => {
  for (const [text, seconds] of DURATIONS) t.equal(parseDurationSec(text), seconds, text);
});
