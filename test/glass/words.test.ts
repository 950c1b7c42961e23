import t from 'tap';
import { linkTo, placeOf } from '../../src/glass/place.ts';
import { count, duration, milliseconds, shorten, visible } from '../../src/glass/words.ts';

t.test('numbers and times as people read them', async (t) => {
  t.same([0, 0.25, 3, 12.7, 1234567].map(count), ['0', '0.3', '3', '13', '1,234,567']);
  t.same([-1, 59, 60, 3600, 12_000, 86_400, 360_000].map(duration), [
    '0 s',
    '59 s',
    '1 min',
    '1 h',
    '3 h 20 min',
    '1 d',
    '4 d 4 h',
  ]);
  t.same([0.5, 12, 1400].map(milliseconds), ['0.5 ms', '12 ms', '1.4 s']);
  t.same([shorten('abc', 3), shorten('abcd', 3), shorten('😀😀😀', 2)], ['abc', 'ab…', '😀…']);
});

t.test('what cannot be seen is written out', async (t) => {
  t.equal(visible('a\u202Eb\u0000\u2028\u00ad'), 'a\\u{202e}b\\u{0}\\u{2028}\\u{ad}');
  t.equal(visible('<b>&amp;"'), '<b>&amp;"');
});

t.test('a place survives its address, whatever is in it', async (t) => {
  for (const name of ['rack2-tor', '10.0.0.0/8', 'a?b#c', '%', 'ü <&>', '..']) {
    const { parts, query } = placeOf(linkTo(['neighbors', name], { find: name, state: undefined }));
    t.same([parts, query.get('find'), query.has('state')], [['neighbors', name], name, false]);
  }
  t.same(placeOf('').parts, []);
  t.same(placeOf('#/neighbors/%zz').parts, ['neighbors', '%zz'], 'typed by somebody');
});
