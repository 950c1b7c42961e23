/**
 * The impact table and the daemon agree: what each change does to running sessions is what the diff says
 * of it, for every key of the schema and for random mixtures of them.
 */
import fc from 'fast-check';
import t from 'tap';
import { diffConfig, type SessionChange } from '../../src/config/diff.ts';
import { type Impact, strongest } from '../../src/config/impact.ts';
import type { Config, NeighborConfig } from '../../src/config/model.ts';
import { OTHER_FIB_VALUES, OTHER_ROUTER_VALUES, OTHER_VALUES } from '../config/other-values.ts';
import { configOf, Lab, type LabNode } from '../support/lab.ts';

type Keys = Readonly<Record<string, string>>;

/** What differs from the base: keys of the router, of fib, of the internal and of the external neighbor. */
interface Change {
  readonly router: Keys;
  readonly fib: Keys;
  readonly internal: Keys;
  readonly external: Keys;
  readonly log: boolean;
}

const NOTHING: Change = { router: {}, fib: {}, internal: {}, external: {}, log: false };

const ROUTER: Keys = { asNumber: '64512', routerId: '10.0.0.1', clusterId: '10.0.0.1' };
const INTERNAL: Keys = { name: 'internal', address: '10.0.0.2', asNumber: '64512' };
const EXTERNAL: Keys = { name: 'external', address: '10.0.0.3', asNumber: '65003', role: 'peer' };

/** Keys that only make sense beside others. */
const NEEDS: Readonly<Record<string, Keys>> = { clusterId: { routeReflectorClient: 'true' } };
/** The schema refuses them for the internal neighbor. */
const EXTERNAL_ONLY = ['role', 'strictRole', 'asNumber', 'localAsNumber'];
const INTERNAL_ONLY = ['clusterId', 'routeReflectorClient'];

function flow(keys: Keys): string {
  const entries = Object.entries(keys).map(([key, value]) => `${key}: ${value}`);
  return `{ ${entries.join(', ')} }`;
}

function textOf({ router, fib, internal, external, log }: Change): string {
  return `
router: ${flow({ ...ROUTER, ...router })}
fib: ${flow(fib)}
blocks: [ { cidr: 10.1.1.0/26 } ]
neighbors:
- ${flow({ ...INTERNAL, ...internal })}
- ${flow({ ...EXTERNAL, ...external })}
policies: { p: [{ match: { prefixes: [10.1.3.0/26] }, action: reject }] }
log: { level: ${log ? 'debug' : 'info'} }`;
}

/** Two neighbors, each with routes of its own, that both sides agree with. */
async function startLab(): Promise<{ readonly lab: Lab; readonly node: LabNode }> {
  const lab = new Lab();
  const node = lab.node('10.0.0.1', textOf(NOTHING));
  const peers = [
    lab.node('10.0.0.2', peerText('10.0.0.2', 64512, '')),
    lab.node('10.0.0.3', peerText('10.0.0.3', 65003, 'role: peer')),
  ];
  for (const each of [node, ...peers]) await each.start();
  await lab.settle();
  return { lab, node };
}

function peerText(address: string, asNumber: number, more: string): string {
  return `
router: { asNumber: ${asNumber}, routerId: ${address} }
blocks: [ { cidr: 10.1.${address.at(-1)}.0/26 }, { cidr: 10.2.${address.at(-1)}.0/26 } ]
neighbors: [ { name: a, address: 10.0.0.1, asNumber: 64512, passive: true, ${more} } ]`;
}

/** What must not move; by address, because names may change. */
function sessionsOf(node: LabNode) {
  const seen = node.views.neighbors().map(({ address, state, since, messages }) => {
    return [address, { state, since, messages }] as const;
  });
  return new Map(seen);
}

function impactOn(address: string, before: Config, after: Config): Impact {
  const { router, neighbors, log, isEmpty } = diffConfig(before, after);
  const concerns = ({ before: old }: SessionChange<NeighborConfig>) =>
    old.address.join('.') === address;
  const changes = [...neighbors.restarted, ...neighbors.changed].filter(concerns);
  const shared = router
    .map(({ impact }) => impact)
    .filter((impact) => impact === 'soft' || impact === 'refresh');
  if (isEmpty && log.length > 0) throw new Error('a change of the log is a change');
  return strongest([...changes.map(({ impact }) => impact), ...shared]);
}

/** Applies a change to a fresh lab and compares what happened with what was said. */
async function check(change: Change): Promise<void> {
  const { lab, node } = await startLab();
  const [before, after] = [configOf(textOf(NOTHING)), configOf(textOf(change))];
  const old = sessionsOf(node);
  const kernelWrites = node.kernel.applied.length;
  await node.apply(textOf(change));
  await lab.settle(1000);
  const sessions = sessionsOf(node);
  const fib = diffConfig(before, after).fib.map(({ impact }) => impact);
  const impacts = [...old.keys()].map((address) => impactOn(address, before, after));
  const isQuiet = strongest([...fib, ...impacts]) === 'none';
  for (const [i, [address, session]] of [...old].entries()) {
    const now = sessions.get(address)!;
    const says = `${address} ${impacts[i]}: ${JSON.stringify({ change, session, now })}`;
    if (session.state !== 'Established') throw new Error(`not up before: ${says}`);
    const isKept = session.state === now.state && session.since === now.since;
    if (isKept === (impacts[i] === 'reset' || impacts[i] === 'all')) throw new Error(says);
    const isSilent = session.messages.sent['bytes'] === now.messages.sent['bytes'];
    if (isQuiet && !isSilent) throw new Error(`bytes were sent: ${says}`);
  }
  if (isQuiet && node.kernel.applied.length !== kernelWrites) {
    throw new Error(`the kernel was written to: ${JSON.stringify(change)}`);
  }
}

function sessionChange(key: string): Keys {
  const value = key === 'role' ? 'customer' : OTHER_VALUES[key as keyof typeof OTHER_VALUES];
  return { ...NEEDS[key], [key]: value };
}

function keysOf(role: 'internal' | 'external'): string[] {
  const barred = role === 'internal' ? EXTERNAL_ONLY : INTERNAL_ONLY;
  return Object.keys(OTHER_VALUES).filter((key) => !barred.includes(key) && key !== 'password');
}

t.test('each key by itself does what the table says (RECONF-1 to RECONF-8)', async (t) => {
  for (const [key, value] of Object.entries(OTHER_ROUTER_VALUES)) {
    await t.resolves(check({ ...NOTHING, router: { [key]: value } }), `router.${key}`);
  }
  for (const [key, value] of Object.entries(OTHER_FIB_VALUES)) {
    await t.resolves(check({ ...NOTHING, fib: { [key]: value } }), `fib.${key}`);
  }
  for (const role of ['internal', 'external'] as const) {
    for (const key of keysOf(role)) {
      await t.resolves(check({ ...NOTHING, [role]: sessionChange(key) }), `${role} ${key}`);
    }
  }
  await t.resolves(check({ ...NOTHING, internal: { name: 'other' } }), 'name');
  await t.resolves(check({ ...NOTHING, log: true }), 'log');
});

/** Mixtures of keys that the schema takes together. */
function anyChange(): fc.Arbitrary<Change> {
  const some = (values: Keys) =>
    fc
      .subarray(Object.entries(values), { maxLength: 3 })
      .map((entries) => Object.fromEntries(entries));
  const session = (role: 'internal' | 'external') => {
    const values = keysOf(role).map((key) => [key, sessionChange(key)] as const);
    return fc
      .subarray(values, { maxLength: 3 })
      .map((entries) => Object.assign({}, ...entries.map(([, keys]) => keys)) as Keys);
  };
  return fc.record({
    router: some(OTHER_ROUTER_VALUES),
    fib: some(OTHER_FIB_VALUES),
    internal: session('internal'),
    external: session('external'),
    log: fc.boolean(),
  });
}

function isAccepted(change: Change): boolean {
  try {
    configOf(textOf(change));
    return true;
  } catch {
    return false;
  }
}

t.test('any mixture: none sends no byte, soft and refresh reset nothing', async (t) => {
  const property = fc.asyncProperty(anyChange().filter(isAccepted), check);
  await t.resolves(fc.assert(property, { numRuns: 40, seed: 7 }));
});
