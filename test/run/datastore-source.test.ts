import t from 'tap';
import { loadTemplates } from '../../src/config-templates/load.ts';
import { ConfigRenderer } from '../../src/config-templates/render.ts';
import type { TemplateFiles } from '../../src/config-templates/template-source.ts';
import type { Snapshot } from '../../src/datastore/snapshot.ts';
import type { ConfigDelivery } from '../../src/run/config-source.ts';
import { DatastoreSource } from '../../src/run/datastore-source.ts';
import { inSlices } from '../../src/run/slices.ts';
import { matchesSelector, NODES, OWN, overrides, snapshot } from '../config-templates/support.ts';

/** A clock on which every look at the time takes a millisecond. */
function slowClock() {
  const turns: (() => void)[] = [];
  let now = 0;
  return {
    turns,
    now: () => now++,
    wallTime: () => 0,
    setTimer: () => ({ cancel() {} }),
    defer: (run: () => void) => {
      turns.push(run);
      setImmediate(run);
    },
  };
}

/** A source over a datastore and templates that the test plays. */
async function open(first: Snapshot, templates: TemplateFiles = { files: [], faults: [] }) {
  const clock = slowClock();
  const deliveries: ConfigDelivery[] = [];
  let send: (snapshot: Snapshot) => void = () => {};
  let sendTemplates: (files: TemplateFiles) => void = () => {};
  const source = new DatastoreSource({
    clock,
    configMap: 'kube-system/mine',
    renderer: new ConfigRenderer({ node: OWN, matchesSelector, templates: loadTemplates() }),
    datastore: {
      start: async (onSnapshot) => {
        send = onSnapshot;
        onSnapshot(first);
      },
      stop: async () => {},
    },
    templates: {
      start: async (onFiles) => {
        sendTemplates = onFiles;
        onFiles(templates);
      },
      stop: async () => {},
    },
  });
  await source.start((delivery) => deliveries.push(delivery));
  const settle = async () => {
    const { length } = deliveries;
    while (deliveries.length === length) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    source,
    clock,
    deliveries,
    settle,
    send: (s: Snapshot) => send(s),
    sendTemplates: (f: TemplateFiles) => sendTemplates(f),
  };
}

const TIMERS = overrides({
  neighbor: `{% layout 'neighbor' %}{% block timers %}\n    holdTime: 9{% endblock %}`,
});

t.test('the first configuration is there when the source has started', async (t) => {
  const { deliveries } = await open(snapshot({}), { files: TIMERS, faults: ['a file is lost'] });
  t.match(deliveries, [
    { config: { neighbors: [{ holdTimeSec: 9 }, {}] }, faults: ['a file is lost'] },
  ]);
});

t.test(
  'rendering lets others have their turn, and ends with the newest snapshot (RECONF-14)',
  async (t) => {
    const { clock, deliveries, settle, send } = await open(snapshot({ nodes: NODES.slice(0, 1) }));
    const many = Array.from({ length: 40 }, (_, i) => ({
      name: `n${i}`,
      ipv4Address: `10.0.1.${i}/16`,
    }));
    clock.turns.length = 0;
    send(snapshot({ nodes: [...NODES, ...many] }));
    while (clock.turns.length < 3) await new Promise((resolve) => setImmediate(resolve));
    send(snapshot({ nodes: NODES }));
    send(snapshot({ nodes: NODES.slice(0, 2) }));
    await settle();
    if (deliveries.length < 3) await settle();
    t.same(
      deliveries.map(({ config }) => config?.neighbors.length),
      [0, 42, 1],
    );
  },
);

t.test('a change of templates alone renders again', async (t) => {
  const { deliveries, settle, sendTemplates } = await open(snapshot({}));
  sendTemplates({ files: TIMERS, faults: [] });
  await settle();
  t.match(deliveries, [
    { config: { neighbors: [{ holdTimeSec: 240 }, {}] } },
    {
      config: { neighbors: [{ holdTimeSec: 9 }, {}] },
      templates: { overrides: [{ name: 'neighbor' }] },
    },
  ]);
});

t.test('templates of the ConfigMap count, those of files before them', async (t) => {
  const key = 'neighbor.yaml.liquid';
  const data = (seconds: number) => ({
    [key]: TIMERS[0]!.text.replace('9', String(seconds)),
    'readme.md': 'not one',
  });
  const withMap = (seconds: number) => {
    const map = { namespace: 'kube-system', name: 'mine', data: data(seconds) };
    return { ...snapshot({}), configMaps: new Map([['kube-system/mine', map]]) };
  };
  const { deliveries, settle, send, sendTemplates } = await open(withMap(30));
  send(withMap(60));
  await settle();
  sendTemplates({ files: TIMERS, faults: [] });
  await settle();
  const times = deliveries.map(({ config }) => config?.neighbors[0]?.holdTimeSec);
  t.same(times, [30, 60, 9]);
  t.match(deliveries[0]?.templates?.overrides, [{ place: `ConfigMap/kube-system/mine: ${key}` }]);
});

t.test('what goes wrong inside is a fault, and what runs goes on (START-8)', async (t) => {
  const { deliveries, settle, send } = await open(snapshot({}));
  send({ ...snapshot({}), bgpPeers: null as never });
  await settle();
  t.match(deliveries[1], { config: undefined, faults: [/internal error while rendering/] });
  send(snapshot({ nodes: NODES.slice(0, 2) }));
  await settle();
  t.equal(deliveries[2]?.config?.neighbors.length, 1);
});

t.test('nothing is delivered after the source has stopped', async (t) => {
  const { source, deliveries, send } = await open(snapshot({}));
  send(snapshot({ nodes: [] }));
  await source.stop();
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(deliveries.length, 1);
});

t.test('slices end when their time is over', async (t) => {
  const clock = slowClock();
  function* steps(): Generator<void, string> {
    for (let i = 0; i < 100; i++) yield;
    return 'done';
  }
  t.equal(await inSlices(steps(), clock), 'done');
  t.ok(clock.turns.length >= 5);
});
