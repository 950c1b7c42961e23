/** Which TCP-MD5 keys the listening sockets get (SESS-9). */
import t from 'tap';
import { ListenerKeys } from '../../src/daemon/listener-keys.ts';
import { formatPrefix, parseAddress } from '../../src/net/text.ts';
import { silentLog } from '../../src/telemetry/log.ts';
import { configOf } from '../support/lab.ts';

/** Keys of a listener that takes all but those that `refuses` says; each attempt is counted. */
function listener(refuses = () => false) {
  const keys = new Map<string, string>();
  let calls = 0;
  const setPassword = (remote: Parameters<typeof formatPrefix>[0], password?: string) => {
    calls++;
    if (password !== undefined && refuses()) return 'the kernel refused';
    if (password === undefined) keys.delete(formatPrefix(remote));
    else keys.set(formatPrefix(remote), password);
    return undefined;
  };
  return { keys, setPassword, calls: () => calls };
}

function start(refuses?: () => boolean) {
  const socket = listener(refuses);
  const keys = new ListenerKeys(socket as never, silentLog);
  /** Entries of `neighbors`; `at` says where those on interfaces were found. */
  const apply = (neighbors: string, at: Readonly<Record<string, string>> = {}, ranges = '') => {
    const config = configOf(`
router: { asNumber: 64512, routerId: 10.0.0.1 }
neighbors: [ ${neighbors} ]
neighborRanges: [ ${ranges} ]`);
    const located = config.neighbors.map((each) => {
      const found = at[each.name];
      return found ? { ...each, address: parseAddress(found)! } : each;
    });
    keys.apply(located, config.neighborRanges);
    return Object.fromEntries([...socket.keys].sort());
  };
  return { apply, calls: socket.calls };
}

const ETH0 = '{ name: a, interface: eth0, asNumber: 64513, password: one }';
const ETH1 = '{ name: b, interface: eth1, asNumber: 64514, password: two }';
const OPEN = '{ name: c, interface: eth2, asNumber: 64515 }';

t.test('one password for all links lets in whoever is there, until it is found', (t) => {
  const { apply } = start();
  t.same(apply(ETH0), { 'fe80::/10': 'one' });
  t.same(apply(ETH0, { a: 'fe80::a' }), { 'fe80::a/128': 'one' });
  t.end();
});

t.test('with different passwords each router has its key once it is found', (t) => {
  const { apply } = start();
  const both = `${ETH0}, ${ETH1}`;
  t.same(apply(both), {}, 'no guess for those to come');
  t.same(apply(both, { a: 'fe80::a' }), { 'fe80::a/128': 'one' });
  const found = { a: 'fe80::a', b: 'fe80::b' };
  t.same(apply(both, found), { 'fe80::a/128': 'one', 'fe80::b/128': 'two' });
  t.same(apply(both, { ...found, b: 'fe80::bb' }), { 'fe80::a/128': 'one', 'fe80::bb/128': 'two' });
  const rotated = both.replace('two', 'three');
  t.same(apply(rotated, found), { 'fe80::a/128': 'one', 'fe80::b/128': 'three' });
  t.same(apply(ETH1, found), { 'fe80::b/128': 'two' });
  t.end();
});

t.test('a neighbor without a password is not shut out by the key of another', (t) => {
  const { apply } = start();
  t.same(apply(`${ETH0}, ${OPEN}`), {});
  t.end();
});

t.test('a neighbor goes before the range it is in', (t) => {
  const { apply } = start();
  const range = '{ prefix: 10.1.0.0/16, asNumber: 64512, password: range }';
  const one = '{ name: a, address: 10.1.0.1, asNumber: 64512, password: own }';
  t.same(apply(one, {}, range), { '10.1.0.0/16': 'range', '10.1.0.1/32': 'own' });
  t.same(apply('', {}, range), { '10.1.0.0/16': 'range' });
  t.end();
});

t.test('of two neighbors with one address the first has its key', (t) => {
  const { apply } = start();
  const at = (name: string, zone: string) =>
    `{ name: ${name}, address: "fe80::1%${zone}", asNumber: 64512, password: ${name} }`;
  t.same(apply(`${at('a', 'eth0')}, ${at('b', 'eth1')}`), { 'fe80::1/128': 'a' });
  t.end();
});

t.test('only what differs is set, and what was refused again', (t) => {
  let refuses = true;
  const { apply, calls } = start(() => refuses);
  const one = '{ name: a, address: 10.1.0.1, asNumber: 64512, password: own }';
  t.same(apply(one), {});
  refuses = false;
  t.same(apply(one), { '10.1.0.1/32': 'own' });
  t.equal(calls(), 2);
  apply(one);
  t.equal(calls(), 2);
  t.end();
});
