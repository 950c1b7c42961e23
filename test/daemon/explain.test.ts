/** Each way a route can fail to be where it is looked for, and what is told about it. */
import t, { type Test } from 'tap';
import type { ExplainStep } from '../../src/api/views.ts';
import { Lab, type LabNode } from '../support/lab.ts';

const ME = '10.0.0.1';
const B = '10.0.0.2';
const C = '10.0.0.3';

interface Options {
  readonly blocks?: string;
  readonly router?: string;
  readonly policies?: string;
  readonly more?: string;
}

function config(
  address: string,
  neighbors: Readonly<Record<string, string>>,
  { blocks = '[]', router = '', policies = '{}', more = '' }: Options = {},
): string {
  const sessions = Object.entries(neighbors).map(
    ([other, rest]) =>
      `  - { name: n${other.at(-1)}, source: BGPPeer/to-${other.at(-1)}, address: ${other}, sourceAddress: ${address}, gracefulRestart: { enabled: false }, ${rest} }`,
  );
  return `
router: { asNumber: 64512, routerId: ${address}${router} }
blocks: ${blocks}
policies: ${policies}
${more}
neighbors:
${sessions.join('\n')}`;
}

const INTERNAL = 'asNumber: 64512';

/** Us, and the nodes at the other ends. */
async function run(
  texts: Readonly<Record<string, string>>,
): Promise<{ lab: Lab; me: LabNode; nodes: LabNode[] }> {
  const lab = new Lab();
  const nodes = Object.entries(texts).map(([address, text]) => lab.node(address, text));
  for (const node of nodes) await node.start();
  await lab.settle();
  return { lab, me: nodes[0]!, nodes };
}

function first(node: LabNode, query: string, neighbor?: string): ExplainStep | undefined {
  const story = node.views.explain(query, neighbor);
  return story?.firstNo === null || !story ? undefined : story.steps[story.firstNo];
}

function twoNodes(mine = '', options: Options = {}, theirs: Options = {}) {
  const blocks = '[{ cidr: 10.2.0.0/24, source: BlockAffinity/b }]';
  return run({
    [ME]: config(ME, { [B]: `${INTERNAL}, ${mine}` }, options),
    [B]: config(B, { [ME]: INTERNAL }, { blocks, ...theirs }),
  });
}

function has(t: Test, node: LabNode, query: string, step: Partial<ExplainStep>) {
  const { steps } = node.views.explain(query, undefined)!;
  const found = steps.find(({ stage, code }) => stage === step.stage && code === step.code);
  t.match(found, step, `${step.stage} ${step.code}`);
}

t.test('a route that is where it should be: every stage answers yes', async (t) => {
  const { me, nodes } = await twoNodes();
  const story = me.views.explain('10.2.0.7', undefined)!;
  t.equal(story.prefix, '10.2.0.0/24');
  t.equal(story.firstNo, null);
  t.match(story.outcome, /in the kernel/);
  const stages = story.steps.filter(({ answer }) => answer === 'yes').map(({ stage }) => stage);
  t.same(stages, [
    'session',
    'received',
    'import',
    'next-hop',
    'decision',
    'kernel-write',
    'kernel-read-back',
  ]);
  t.match(story.paths, [{ neighbor: 'n2', best: true }]);
  has(t, nodes[1]!, '10.2.0.0/24', {
    stage: 'configuration',
    code: 'covered',
    object: 'BlockAffinity/b',
  });
  has(t, nodes[1]!, '10.2.0.0/24', { stage: 'export', code: 'announced', neighbor: 'n1' });
  has(t, nodes[1]!, '10.2.0.0/24', {
    stage: 'adj-rib-out',
    code: 'told',
    text: 'next hop 10.0.0.2, AS path empty',
  });
});

t.test('never received, and not by one neighbor', async (t) => {
  const { me } = await twoNodes();
  t.match(first(me, '10.9.9.9'), { stage: 'received', code: 'never-received', neighbor: null });
  t.match(first(me, '10.9.0.0/16', 'n2'), { code: 'never-received', neighbor: 'n2' });
  t.equal(me.views.explain('10.9.9.9', 'nobody'), undefined);
  t.throws(() => me.views.explain('10.9.9.9/99', undefined), /neither a prefix nor an address/);
});

t.test('the session it should come over is down, for a reason', async (t) => {
  const { me } = await run({
    [ME]: config(ME, { [B]: INTERNAL }),
    [B]: config(B, { [ME]: 'asNumber: 65000' }),
  });
  const step = first(me, '10.2.0.0/24', 'n2');
  t.match(step, { stage: 'session', code: 'wrong-as', object: 'BGPPeer/to-2' });
  t.match(step?.text, /Bad Peer AS/);
});

t.test('rejected on import, by which rule of which object', async (t) => {
  const policies =
    '{ in: [{ name: no lab, source: BGPFilter/lab, match: { prefixes: [10.2.0.0/24] }, action: reject }] }';
  const { me } = await twoNodes('import: [in]', { policies });
  t.match(first(me, '10.2.0.0/24'), {
    stage: 'import',
    code: 'policy',
    text: "rejected by rule 1 'no lab' of policy in",
    object: 'BGPFilter/lab',
  });
  t.equal(me.views.explain('10.2.0.1', undefined)!.prefix, '10.2.0.0/24', 'known, if not routed');
});

t.test('rejected on import, because our AS is in the path', async (t) => {
  const external = 'asNumber: 64600, localAsNumber: 64512';
  const prepend = '{ out: [{ set: { prepend: [64512] }, action: accept }] }';
  const { me } = await run({
    [ME]: config(ME, { [B]: external }),
    [B]: config(
      B,
      { [ME]: 'asNumber: 64512, localAsNumber: 64600, export: [out]' },
      { policies: prepend, blocks: '[{ cidr: 10.2.0.0/24 }]' },
    ),
  });
  t.match(first(me, '10.2.0.0/24'), { stage: 'import', code: 'as-loop', object: 'BGPPeer/to-2' });
});

async function threeNodes(options: Options = {}, rest = '') {
  const blocks = '[{ cidr: 10.2.0.0/24 }]';
  const policies = '{ out: [{ set: { localPref: 50 }, action: accept }] }';
  return run({
    [ME]: config(ME, { [B]: `${INTERNAL}${rest}`, [C]: INTERNAL }, options),
    [B]: config(B, { [ME]: INTERNAL }, { blocks }),
    [C]: config(C, { [ME]: `${INTERNAL}, export: [out]` }, { policies, blocks }),
  });
}

t.test('not the best: at which step, to whom, by which values', async (t) => {
  const { me } = await threeNodes();
  t.match(first(me, '10.2.0.0/24', 'n3'), {
    stage: 'decision',
    code: 'local-pref',
    neighbor: 'n3',
    text: 'lost to n2 at local-pref: 50 against 100',
  });
  t.equal(me.views.explain('10.2.0.0/24', undefined)!.firstNo, null, 'a rival holds nothing up');
});

t.test('the next hop does not resolve', async (t) => {
  const policies = '{ out: [{ set: { nextHop: 192.0.2.99 }, action: accept }] }';
  const { me } = await run({
    [ME]: config(ME, { [B]: INTERNAL }),
    [B]: config(
      B,
      { [ME]: `${INTERNAL}, export: [out]` },
      { policies, blocks: '[{ cidr: 10.2.0.0/24 }]' },
    ),
  });
  const step = first(me, '10.2.0.0/24');
  t.match(step, { stage: 'next-hop', code: 'unresolved', neighbor: 'n2', object: 'BGPPeer/to-2' });
  t.match(step?.text, /^192.0.2.99: no subnet/);
});

t.test('refused by the kernel, with the words of the errno', async (t) => {
  const lab = new Lab();
  const me = lab.node(ME, config(ME, { [B]: INTERNAL }));
  const b = lab.node(B, config(B, { [ME]: INTERNAL }, { blocks: '[{ cidr: 10.2.0.0/24 }]' }));
  me.kernel.fault = ({ action }) => (action === 'delete' ? undefined : 'ENODEV');
  await me.start();
  await b.start();
  await lab.settle();
  const step = first(me, '10.2.0.0/24');
  t.match(step, { stage: 'kernel-write', code: 'refused' });
  t.match(step?.text, /no such device \(ENODEV\)/);
  has(t, me, '10.2.0.0/24', { stage: 'kernel-read-back', code: 'missing', answer: 'no' });
});

t.test('a foreign route is in the way (FIB-13)', async (t) => {
  const lab = new Lab();
  const me = lab.node(ME, config(ME, { [B]: INTERNAL }));
  const b = lab.node(B, config(B, { [ME]: INTERNAL }, { blocks: '[{ cidr: 10.2.0.0/24 }]' }));
  await me.start();
  me.kernel.put(foreignRoute());
  await b.start();
  await lab.settle();
  const step = first(me, '10.2.0.0/24');
  t.match(step, { stage: 'kernel-write', code: 'foreign-route' });
  t.match(step?.text, /protocol 80/);
});

t.test('a pool that BGP does not program stays out of the kernel (FIB-5)', async (t) => {
  const more =
    'fib: { localSubnets: [10.0.0.1/24] }\npools: [{ cidr: 10.2.0.0/16, program: false, source: IPPool/pods }]';
  const { me } = await twoNodes('', { more });
  t.match(first(me, '10.2.0.0/24'), {
    stage: 'kernel-write',
    code: 'not-programmed',
    object: 'IPPool/pods',
  });
});

t.test('not exported: by which rule, and by rules of BGP', async (t) => {
  const policies =
    '{ out: [{ name: not this, source: BGPFilter/out, match: { prefixes: [10.2.0.0/24] }, action: reject }] }';
  const { me } = await run({
    [ME]: config(ME, { [B]: INTERNAL, [C]: 'asNumber: 64600, export: [out]' }, { policies }),
    [B]: config(B, { [ME]: INTERNAL }, { blocks: '[{ cidr: 10.2.0.0/24 }]' }),
    [C]: config(C, { [ME]: 'asNumber: 64512, localAsNumber: 64600' }),
  });
  t.match(first(me, '10.2.0.0/24'), {
    stage: 'export',
    code: 'policy',
    neighbor: 'n3',
    object: 'BGPFilter/out',
    text: "rejected by rule 1 'not this' of policy out",
  });
  t.match(first(me, '10.2.0.0/24', 'n2'), { stage: 'export', code: 'split-horizon' });
});

t.test('iBGP to iBGP without a client is told, and no fault (RFC 4456)', async (t) => {
  const { me } = await threeNodes();
  has(t, me, '10.2.0.0/24', {
    stage: 'export',
    code: 'not-reflected',
    neighbor: 'n3',
    answer: 'no',
  });
  t.match(first(me, '10.2.0.0/24', 'n3'), { code: 'local-pref' });
});

t.test('NO_EXPORT keeps a route in the AS (RFC 1997)', async (t) => {
  const policies = "{ out: [{ set: { addCommunities: ['65535:65281'] }, action: accept }] }";
  const { me } = await run({
    [ME]: config(ME, { [B]: INTERNAL, [C]: 'asNumber: 64600' }),
    [B]: config(
      B,
      { [ME]: `${INTERNAL}, export: [out]` },
      { policies, blocks: '[{ cidr: 10.2.0.0/24 }]' },
    ),
    [C]: config(C, { [ME]: 'asNumber: 64512, localAsNumber: 64600' }),
  });
  t.match(first(me, '10.2.0.0/24'), { stage: 'export', code: 'no-export', neighbor: 'n3' });
});

t.test('withdrawn a moment ago, by whom and how', async (t) => {
  const { lab, me, nodes } = await twoNodes();
  await nodes[1]!.apply(config(B, { [ME]: INTERNAL }));
  await lab.settle(5000);
  const step = first(me, '10.2.0.7');
  t.match(step, { stage: 'received', code: 'withdrawn' });
  t.match(step?.text, /^n2 withdrew it [45] s ago$/);
  const { history, prefix } = me.views.explain('10.2.0.7', undefined)!;
  t.equal(prefix, '10.2.0.0/24');
  t.match(history, [
    { event: 'best-changed', text: /best path of n2 gave way to none/ },
    { event: 'withdrawn' },
  ]);
});

t.test('lost with the session, also of a neighbor that is configured no more', async (t) => {
  const { lab, me } = await twoNodes();
  await me.apply(config(ME, { [C]: INTERNAL }));
  await lab.settle(40_000); // its successor is waited for
  const step = first(me, '10.2.0.0/24');
  t.match(step, { code: 'session-lost' });
  t.match(step?.text, /lost with the session of n2/);
});

function foreignRoute() {
  return {
    prefix: { family: 'ipv4-unicast' as const, address: Uint8Array.of(10, 2, 0, 0), length: 24 },
    target: { type: 'unicast' as const, nextHops: [{ dev: 'eth0' }], metric: 1024 },
    table: 254,
    protocol: 80,
  };
}
