import fc from 'fast-check';
import t from 'tap';
import { parseConfig } from '../../src/config/parse.ts';
import { printConfig } from '../../src/config/print.ts';
import type { RenderResult } from '../../src/config-templates/render.ts';
import { faultTexts, NODES, overrides, render, renderer, snapshot } from './support.ts';

const CLUSTER = { nodes: NODES, pools: [{ name: 'a' }], blocks: [{}] };
const TIMERS = (seconds: unknown) =>
  `{% layout 'neighbor' %}\n{% block timers %}\n    holdTime: ${seconds}\n{% endblock %}\n`;

const holdTimes = ({ config }: RenderResult) => config?.neighbors.map((one) => one.holdTimeSec);
const names = ({ config }: RenderResult) => config?.neighbors.map(({ name }) => name);
const places = ({ faults }: RenderResult) =>
  faults.map(({ template, line }) => `${template?.split('/').at(-1)}:${line}`);

t.test('one block of a template is overridden, the rest stays', async (t) => {
  const result = render(CLUSTER, {}, { neighbor: TIMERS(9) });
  t.same(result.faults, []);
  t.same(holdTimes(result), [9, 9]);
  t.match(result.config?.neighbors[0], { name: 'Mesh_10_0_0_2', sourceAddress: {} });
  t.match(result.templates.overrides, [{ name: 'neighbor', state: 'in force', kind: 'override' }]);
  t.same(parseConfig(result.yaml(), 'rendered'), { config: result.config });
});

t.test('a block can keep what it replaces, with block.super', async (t) => {
  const neighbor = `{% layout 'neighbor' %}{% block import %}{{ block.super }}
    maximumPrefixes: { limit: 10 }{% endblock %}`;
  const { config, faults } = render(CLUSTER, {}, { neighbor });
  t.same(faults, []);
  t.match(config?.neighbors[0], { import: [], maximumPrefixes: { limit: 10 } });
});

t.test('templates decide by labels of both ends', async (t) => {
  const neighbor = `{% layout 'neighbor' %}{% block timers %}
    holdTime: {% if neighbor.peerNode.labels.rack == node.labels.rack %}30{% else %}90{% endif %}
{% endblock %}`;
  const racks = ['one', 'one', 'two'];
  const nodes = NODES.map((node, i) => ({ ...node, labels: { rack: racks[i]! } }));
  t.same(holdTimes(render({ nodes }, {}, { neighbor })), [30, 90]);
  t.same(names(render({ nodes }, {}, { neighbor })), ['Mesh_10_0_0_2', 'Mesh_10_0_0_10']);
});

t.test('an added template makes entries of its section', async (t) => {
  const templates = {
    'policies.no-default': `  no-default:\n    - { match: { prefixes: [0.0.0.0/0] }, action: reject }\n`,
    'neighborRanges.lab': `  - { prefix: 192.0.2.0/24, asNumber: {{ router.asNumber }} }\n`,
    neighbor: `{% layout 'neighbor' %}{% block import %}
    import: {{ neighbor.import | unshift: 'no-default' }}{% endblock %}`,
  };
  const { config, faults, templates: report } = render(CLUSTER, {}, templates);
  t.same(faults, []);
  t.match(config?.policies['no-default'], [{ action: 'reject' }]);
  t.match(config?.neighborRanges, [{ asNumber: 64512 }]);
  t.same(config?.neighbors[0]?.import, ['no-default']);
  t.equal(report.overrides.filter(({ kind }) => kind === 'addition').length, 2);
});

const BROKEN: Readonly<Record<string, readonly [string, RegExp, number]>> = {
  syntax: [`{% layout 'neighbor' %}\n{% block timers %}`, /not closed/, 2],
  'unknown tag': ['\n{% include "x" %}', /tag "include" not found/, 2],
  'unknown name': [
    `{% layout 'neighbor' %}{% block timers %}\n    holdTime: {{ neighbor.hold }}{% endblock %}`,
    /undefined variable: neighbor.hold/,
    2,
  ],
  'unknown filter': ['\n\n  - name: {{ neighbor.name | shout }}', /undefined filter: shout/, 3],
  'unknown layout': [`\n{% layout 'neighbour' %}`, /no shipped template "neighbour"/, 2],
  'no YAML': ['  - name: {{ neighbor.name }}\n    address: {{ neighbor.address }\n', /./, 2],
  'bad YAML': [
    '  - name: {{ neighbor.name }}\n   address: {{ neighbor.address }}\n',
    /of what the template makes/,
    2,
  ],
  schema: [TIMERS(2), /a hold time is 0/, 3],
  'unknown key': [
    `{% layout 'neighbor' %}{% block extra %}\n    holdtime: 9{% endblock %}`,
    /no such key; did you mean holdTime/,
    2,
  ],
  'a rule across keys': [
    `{% layout 'neighbor' %}{% block timers %}\n    holdTime: 9\n    keepaliveTime: 9{% endblock %}`,
    /shorter than the hold time/,
    3,
  ],
  'a policy there is not': [
    `{% layout 'neighbor' %}{% block import %}\n    import: [nowhere]{% endblock %}`,
    /there is no policy called nowhere/,
    2,
  ],
  'drops every peer': [
    '{% comment %} none {% endcomment %}\n',
    /drops every peer, all 2 of them/,
    1,
  ],
  'one name for all': [
    `{% layout 'neighbor' %}\n{% block transport %}{{ block.super }}\n    name: same\n{% endblock %}`,
    /this key is given twice/,
    3,
  ],
};

for (const [what, [neighbor, reason, line]] of Object.entries(BROKEN)) {
  t.test(
    `faulty override, ${what}: told with file and line, the shipped template is in force`,
    async (t) => {
      const result = render(CLUSTER, {}, { neighbor });
      t.same(result.config, render(CLUSTER).config);
      t.match(result.faults[0], { template: '/etc/catbird/templates/neighbor.yaml.liquid', line });
      t.match(faultTexts(result.faults)[0], reason);
      t.match(faultTexts(result.faults).at(-1), /in force/);
      t.match(result.templates, {
        overrides: [{ state: /rejected|partly/ }],
        rejectedTotal: /[1-9]/,
      });
    },
  );
}

t.test('a faulty override takes out only the objects it is faulty for', async (t) => {
  const neighbor = TIMERS(`{% if neighbor.address == '10.0.0.2' %}2{% else %}9{% endif %}`);
  const result = render(CLUSTER, {}, { neighbor });
  t.same(holdTimes(result), [240, 9]);
  t.match(faultTexts(result.faults), [
    /^Node\/node-b .*hold time.*the shipped template is in force/,
  ]);
  t.match(result.templates.overrides, [{ state: 'partly', faults: 1 }]);
});

t.test('the version before stays in force, for new objects too', async (t) => {
  const daemon = renderer({}, { neighbor: TIMERS(9) });
  t.same(holdTimes(daemon.render(snapshot({ nodes: NODES.slice(0, 2) }))), [9]);
  for (const broken of [TIMERS(2), '{% if %}', '', '  - {{ neighbor.nme }}']) {
    daemon.setTemplates(overrides({ neighbor: broken }));
    const result = daemon.render(snapshot(CLUSTER));
    t.same(holdTimes(result), [9, 9], broken);
    t.match(faultTexts(result.faults).at(-1), /before (stays|it is) in force/);
    t.match(result.templates.overrides, [{ state: /rejected|partly/ }]);
  }
  daemon.setTemplates(overrides({ neighbor: TIMERS(12) }));
  const mended = daemon.render(snapshot(CLUSTER));
  t.same([holdTimes(mended), mended.faults], [[12, 12], []]);
  daemon.setTemplates([]);
  t.same(holdTimes(daemon.render(snapshot(CLUSTER))), [240, 240]);
});

t.test('the last good result stays where a change of the object spoils it', async (t) => {
  const neighbor = `{% layout 'neighbor' %}{% block timers %}
    holdTime: {{ neighbor.keepaliveTime | times: 3 }}{% endblock %}`;
  const peer = { name: 'tor', peerIP: '192.0.2.1', asNumber: 65001 };
  const nodes = NODES.slice(0, 1);
  const daemon = renderer({}, { neighbor });
  t.same(
    holdTimes(daemon.render(snapshot({ nodes, peers: [{ ...peer, keepaliveTimeSec: 10 }] }))),
    [30],
  );
  const spoilt = daemon.render(snapshot({ nodes, peers: [{ ...peer, keepaliveTimeSec: 65_000 }] }));
  t.same(holdTimes(spoilt), [30]);
  t.match(faultTexts(spoilt.faults), [/BGPPeer\/tor .*its last good result stays in force/]);
});

t.test('everything else keeps updating beside a faulty override', async (t) => {
  const daemon = renderer({}, { neighbor: '{% if %}' });
  daemon.render(snapshot(CLUSTER));
  const nodes = [...NODES, { name: 'node-d', ipv4Address: '10.0.0.4/24' }];
  const result = daemon.render(snapshot({ ...CLUSTER, nodes, pools: [] }));
  t.same([result.config?.neighbors.length, result.config?.pools], [3, []]);
});

t.test('rejections are counted when they begin, not as long as they last', async (t) => {
  const daemon = renderer({}, { neighbor: TIMERS(2) });
  const count = () => daemon.render(snapshot(CLUSTER)).templates.rejectedTotal;
  t.same([count(), count()], [2, 2]);
  daemon.setTemplates(overrides({ neighbor: TIMERS(9) }));
  t.equal(count(), 2);
  daemon.setTemplates(overrides({ neighbor: TIMERS(1) }));
  t.equal(count(), 4);
});

t.test('a fault that lies with others goes away with them', async (t) => {
  const neighbor = `{% layout 'neighbor' %}{% block import %}\n    import: [mine]{% endblock %}`;
  const daemon = renderer({}, { neighbor });
  t.match(faultTexts(daemon.render(snapshot(CLUSTER)).faults)[0], /no policy called mine/);
  daemon.setTemplates(overrides({ neighbor, 'policies.mine': '  mine: [{ action: accept }]' }));
  const result = daemon.render(snapshot(CLUSTER));
  t.same(result.faults, []);
  t.same(result.config?.neighbors[0]?.import, ['mine']);
});

t.test('an override that drops every peer is seen again when it would no longer', async (t) => {
  const neighbor = `{% if neighbor.kind == 'global' %}{% layout 'neighbor' %}{% endif %}`;
  const dropMesh = `{% unless neighbor.kind == 'mesh' %}  - name: {{ neighbor.name }}
    address: {{ neighbor.address }}
    asNumber: {{ neighbor.asNumber }}
{% endunless %}`;
  t.match(render(CLUSTER, {}, { neighbor }).faults, [{}]);
  const daemon = renderer({}, { neighbor: dropMesh });
  const first = daemon.render(snapshot(CLUSTER));
  t.match(first.faults, [{ reason: /drops every peer/ }]);
  t.match(daemon.render(snapshot(CLUSTER)).faults, [{ reason: /drops every peer/ }]);
  const peers = [{ name: 'tor', peerIP: '192.0.2.1', asNumber: 65001 }];
  const second = daemon.render(snapshot({ ...CLUSTER, peers }));
  t.same([names(second), second.faults], [['Global_192_0_2_1'], []]);
});

t.test('policies may not be lost, opened to all or closed to all', async (t) => {
  const reasons = (policy: string) => faultTexts(render(CLUSTER, {}, { policy }).faults);
  t.match(reasons('  other: []')[0], /does not make the policy calico-priority-ipv4/);
  t.match(
    reasons('  {{ policy.name }}: []').at(-1),
    /calico-export-ipv4 .*would let everything pass/,
  );
  t.match(reasons('  {{ policy.name }}: [{ action: reject }]')[0], /would reject every route/);
  const same = render(CLUSTER, {}, { policy: '  {{ policy.name }}: []' }).config?.policies;
  t.same(same?.['calico-export-ipv4'], render(CLUSTER).config?.policies['calico-export-ipv4']);
});

t.test('an unknown template name is a fault with a suggestion', async (t) => {
  const { faults, templates } = render(CLUSTER, {}, { neigbor: '', 'policy.x': '' });
  t.match(faultTexts(faults), [
    /no template neigbor to override; did you mean neighbor\?/,
    /SECTION.NAME/,
  ]);
  t.match(templates.overrides, [{ state: 'rejected' }, { state: 'rejected' }]);
});

t.test('a template cannot run long, grow large or loop without end', async (t) => {
  const hogs = [
    '{% for i in (1..1000000000) %}x{% endfor %}',
    '{% for i in (1..30000) %}{% for j in (1..30000) %}{% assign q = 1 %}{% endfor %}{% endfor %}',
    '{% assign a = "xxxxxxxx" %}{% for i in (1..60) %}{% assign a = a | append: a %}{% endfor %}',
    '{% for i in (1..90000) %}xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n{% endfor %}',
    '  - &a [x, x, x, x, x, x]\n  - &b [*a, *a, *a, *a, *a, *a]\n  - &c [*b, *b, *b, *b, *b, *b]\n  - [*c, *c, *c, *c, *c, *c]\n',
  ];
  for (const neighbor of hogs) {
    const result = render(CLUSTER, {}, { neighbor });
    t.same(result.config, render(CLUSTER).config, neighbor.slice(0, 40));
    t.ok(result.faults.length > 0);
    t.same([...new Set(places(result))], ['neighbor.yaml.liquid:1']);
  }
});

t.test('no value becomes structure, by whatever way it is written', async (t) => {
  const ways = [
    '{{ v }}',
    '{% echo v %}',
    '{% cycle v, v %}',
    '{% capture c %}{{ v }}{% endcapture %}{{ c }}',
    '{% liquid echo v %}',
  ];
  const evil = '"\n    holdTime: 9\n    x: "';
  for (const way of ways) {
    const neighbor = `{% assign v = neighbor.password %}${TIMERS(240)}{% block extra %}\n    passwordFile: ${way}{% endblock %}`;
    const data = new Map([['k', new TextEncoder().encode(evil)]]);
    const peers = [
      { name: 'tor', peerIP: '192.0.2.1', asNumber: 65001, password: { name: 's', key: 'k' } },
    ];
    const secrets = [{ namespace: 'kube-system', name: 's', data }];
    const text = neighbor.replace("{% layout 'neighbor' %}", "{% layout 'neighbor' %}");
    const { config, faults } = render(
      { nodes: NODES.slice(0, 1), peers, secrets },
      {},
      { neighbor: text },
    );
    // Password and passwordFile exclude each other: what matters is that it was read as one value.
    t.equal(config?.neighbors[0]?.holdTimeSec, 240);
    t.match(faults[0]?.reason, /give password or passwordFile, not both/, way);
  }
});

t.test(
  'property: whatever an override is, the outcome is a configuration with all its peers',
  async (t) => {
    const shipped = render(CLUSTER).config!;
    const piece = fc.constantFrom(
      "{% layout 'neighbor' %}",
      '{% block timers %}',
      '{% block export %}',
      '{% endblock %}',
      '{{ neighbor.name }}',
      '{{ neighbor }}',
      '{{ node }}',
      '{% if neighbor.passive %}',
      '{% endif %}',
      '\n',
      '    holdTime: ',
      '  - ',
      '9',
      '{',
      '}',
      '[',
      ']',
      ': ',
      '{% for x in neighbor.export %}',
      '{% endfor %}',
      'name: ',
      '&a ',
      '*a',
      '"',
      '\t',
      '{{ x }}',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (neighbor) => {
        const { config, faults, yaml } = render(CLUSTER, {}, { neighbor });
        if (!config || config.neighbors.length === 0) return false;
        const isSame = JSON.stringify(printConfig(config)) === JSON.stringify(printConfig(shipped));
        return (isSame || faults.length < 2) && 'config' in parseConfig(yaml(), 'rendered');
      }),
      { numRuns: 300 },
    );
    t.pass();
  },
);
