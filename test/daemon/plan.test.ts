import t from 'tap';
import { parse } from 'yaml';
import { Lab, type LabNode } from '../support/lab.ts';

const ROUTER = 'router: { asNumber: 64512, routerId: 10.0.0.1 }';
const INTERNAL = '{ name: b, address: 10.0.0.2, asNumber: 64512 }';
const EXTERNAL = '{ name: c, address: 10.0.0.3, asNumber: 65003 }';
const POLICIES = 'policies: { none: [{ match: { prefixes: [10.1.2.0/26] }, action: reject }] }';

const BASE = `${ROUTER}
neighbors: [${INTERNAL}, ${EXTERNAL}]
blocks: [{ cidr: 10.1.1.0/26 }]
${POLICIES}`;

async function start(): Promise<{ lab: Lab; node: LabNode }> {
  const lab = new Lab();
  const node = lab.node('10.0.0.1', BASE);
  const peer = (number: number, asNumber: number) =>
    lab.node(
      `10.0.0.${number}`,
      `router: { asNumber: ${asNumber}, routerId: 10.0.0.${number} }
blocks: [{ cidr: 10.1.${number}.0/26 }, { cidr: 10.2.${number}.0/26 }]
neighbors: [{ name: a, address: 10.0.0.1, asNumber: 64512, passive: true }]`,
    );
  for (const each of [node, peer(2, 64512), peer(3, 65003)]) await each.start();
  await lab.settle();
  return { lab, node };
}

function plan(node: LabNode, text: string): Promise<object> {
  return node.commands.plan(parse(text));
}

const some = (...prefixes: string[]) => ({ count: prefixes.length, prefixes });

t.test('the same configuration changes nothing', async (t) => {
  const { node } = await start();
  t.match(await plan(node, BASE), {
    changes: false,
    routes: {},
    kernel: { installed: some(), removed: some() },
  });
});

t.test('a neighbor that goes takes its routes along, for others and the kernel', async (t) => {
  const { lab, node } = await start();
  const after = BASE.replace(`, ${EXTERNAL}`, '');
  t.match(await plan(node, after), {
    changes: true,
    sessions: { removed: [{ name: 'c', address: '10.0.0.3' }], restarted: [], added: [] },
    routes: { b: { withdrawn: some('10.1.3.0/26', '10.2.3.0/26'), announced: some() } },
    kernel: { removed: some('10.1.3.0/26', '10.2.3.0/26') },
  });
  t.equal(node.state('c'), 'Established', 'nothing has changed');
  await node.apply(after);
  await lab.settle(1000);
  t.same(node.routes(), [
    '10.1.1.0/26 via -',
    '10.1.2.0/26 via 10.0.0.2',
    '10.2.2.0/26 via 10.0.0.2',
  ]);
});

t.test('an import policy is tried on what was received, and back again', async (t) => {
  const { lab, node } = await start();
  const after = BASE.replace('asNumber: 64512 }, {', 'asNumber: 64512, import: [none] }, {');
  const sent = node.sent('c')['bytes'];
  t.match(await plan(node, after), {
    sessions: { changed: [{ name: 'b', impact: 'refresh', why: [{ key: 'import' }] }] },
    routes: { c: { withdrawn: some('10.1.2.0/26') } },
    kernel: { removed: some('10.1.2.0/26'), installed: some() },
  });
  t.equal(node.sent('c')['bytes'], sent);
  await node.apply(after);
  await lab.settle(1000);
  t.match(await plan(node, BASE), {
    routes: { c: { announced: some('10.1.2.0/26') } },
    kernel: { installed: some('10.1.2.0/26') },
  });
});

t.test('an export policy is tried on the best routes', async (t) => {
  const { node } = await start();
  const after = BASE.replace('asNumber: 65003 }', 'asNumber: 65003, export: [none] }');
  const answer = await plan(node, after);
  t.match(answer, {
    routes: { c: { withdrawn: some('10.1.2.0/26') } },
    kernel: { removed: some() },
  });
  t.notMatch(answer, { routes: { b: {} } });
});

t.test('restarts say why, own routes and later keys are told, secrets are not', async (t) => {
  const { node } = await start();
  const after = BASE.replace('asNumber: 65003', 'asNumber: 65003, holdTime: 9, password: s3cret')
    .replace('10.1.1.0', '10.1.9.0')
    .concat('\nfib: { table: 100 }');
  const answer = await plan(node, after);
  t.match(answer, {
    sessions: {
      restarted: [{ name: 'c', why: [{ key: 'password' }, { key: 'holdTime', from: 240, to: 9 }] }],
    },
    needsRestart: ['table'],
    local: { added: ['10.1.9.0/26'], removed: ['10.1.1.0/26'] },
    routes: { b: { withdrawn: some('10.1.1.0/26') } },
  });
  t.notMatch(JSON.stringify(answer), 's3cret');
});

t.test('a document that is not valid is refused with every fault', async (t) => {
  const { node } = await start();
  const message = /router.routerId.*neighbors/;
  await t.rejects(plan(node, 'router: { asNumber: 1 }\nneighbors: 5'), {
    code: 'CATBIRD_API_REQUEST',
    message,
  });
});
