/**
 * Templates that are keys of etcd, followed by a running daemon: an override counts at once, a faulty one is told by
 * file, line, object and reason in every place an operator looks, while what was good stays.
 */
import t from 'tap';
import { catbird, startCatbird } from '../../lab/support/catbird.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { getDocument } from '../../src/cli/client.ts';
import { etcdEntry } from '../support/etcd-objects.ts';
import { startEtcd } from '../support/etcd-server.ts';

const PREFIX = '/mine';
const KEY = `${PREFIX}/neighbor.yaml.liquid`;

const calico = (kind: string, name: string, spec: object) => ({
  kind,
  apiVersion: 'projectcalico.org/v3',
  metadata: { name },
  spec,
});

const timers = (seconds: number) =>
  `{% layout 'neighbor' %}{% block timers %}\n    holdTime: ${seconds}{% endblock %}`;

const obstacle = obstacleTo(['etcd'], catbird) ?? false;

t.test('a faulty override is told and does no harm', { skip: obstacle }, async (t) => {
  const holds = (claim: string) => void t.pass(claim);
  const lab = new Laboratory({ ...SILENT, holds });
  t.teardown(() => lab.dispose());
  const host = lab.network.addHost('a', '10.66.1.1/24');
  const etcd = await startEtcd(t, { namespace: host });
  const objects = [
    calico('Node', 'a', { bgp: { ipv4Address: '10.66.1.1/24' } }),
    calico('BGPPeer', 'tor', { peerIP: '10.66.1.9', asNumber: 64700 }),
  ];
  for (const { key, value } of objects.map((object) => etcdEntry(object)!))
    await etcd.put(key, value);
  await etcd.put(KEY, timers(9));
  const where = ['--etcd-endpoints', 'http://127.0.0.1:2379', '--templates-etcd-prefix', PREFIX];
  const source = ['--datastore', 'etcd', '--node', 'a', ...where, '--http', '127.0.0.1:9179'];
  const { socket } = startCatbird(lab, 'a', host, source);

  interface Shown {
    readonly neighbors: readonly { readonly holdTime?: number }[];
    readonly templates: { readonly rejectedTotal: number };
  }
  const shown = async () => (await getDocument(socket, '/v1/config')) as Shown;
  const untilHoldTime = (seconds: number | undefined) =>
    lab.expect(`the hold time is ${seconds ?? 'the usual'}`, 20, async () => {
      const { holdTime } = (await shown()).neighbors[0] ?? {};
      if (holdTime !== seconds) throw new Error(`it is ${holdTime}`);
    });
  const metric = (name: string) => {
    const script = `fetch('http://127.0.0.1:9179/metrics').then((r) => r.text()).then(console.log)`;
    const text = lab.run(host, [process.execPath, '-e', script]);
    return Number(new RegExp(`^${name} (.+)$`, 'm').exec(text)?.[1]);
  };

  try {
    await untilHoldTime(9);
    await etcd.put(KEY, timers(12));
    await untilHoldTime(12);
    t.equal(metric('catbird_config_faults'), 0);

    await etcd.put(KEY, timers(2));
    await lab.expect('the fault is in show config', 20, async () => {
      const text = JSON.stringify(await shown());
      if (!/etcd key neighbor\.yaml\.liquid:2.*BGPPeer\/tor.*holdTime/.test(text))
        throw new Error(text.slice(0, 2000));
    });
    const { templates, neighbors } = await shown();
    t.match(templates, { rejectedTotal: 1 });
    t.match(neighbors, [{ holdTime: 12 }], 'what was good stays');
    t.equal(metric('catbird_template_rejections_total'), 1);
    t.ok(metric('catbird_config_faults') > 0);

    await etcd.delete(KEY);
    await untilHoldTime(undefined);
    t.equal(metric('catbird_config_faults'), 0);
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});
