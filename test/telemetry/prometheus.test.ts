import t from 'tap';
import { PrometheusMetrics } from '../../src/telemetry/prometheus.ts';

t.test('values are read anew for each answer, and labels are escaped', async (t) => {
  const metrics = new PrometheusMetrics();
  let sent = 3;
  metrics.add({
    definitions: [
      { name: 'sent_total', kind: 'counter', help: 'Sent', labels: ['to'] },
      { name: 'up', kind: 'gauge', help: 'Up' },
    ],
    read(put) {
      put('sent_total', sent, { to: 'a"\n\\b' });
      if (sent < 5) put('up', 1);
    },
  });
  t.match(await metrics.text(), 'sent_total{to="a\\"\\n\\\\b"} 3\n');
  t.match(await metrics.text(), /^up 1$/m, 'once more the same, not twice as much');
  sent = 5;
  const text = await metrics.text();
  t.match(text, 'sent_total{to="a\\"\\n\\\\b"} 5\n');
  t.notMatch(text, /^up 1$/m, 'what nobody says any more is gone');
});

t.test('durations are observed in milliseconds and told in seconds', async (t) => {
  const metrics = new PrometheusMetrics();
  const observe = metrics.histogram({ name: 'took_seconds', help: 'Took', buckets: [0.1, 1] });
  observe(50);
  observe(500);
  t.match(
    await metrics.text(),
    /took_seconds_bucket\{le="0.1"\} 1\ntook_seconds_bucket\{le="1"\} 2\n/,
  );
  t.match(await metrics.text(), 'took_seconds_sum 0.55\n');
});
