import t from 'tap';
import { formatPrefix, parseAddress, parsePrefix } from '../../src/net/text.ts';
import type { PeerId } from '../../src/rib/ids.ts';
import { PrefixTable } from '../../src/rib/prefix-table.ts';
import { RouteHistory } from '../../src/rib/route-history.ts';

const [A, B] = [7 as PeerId, 8 as PeerId];

function make(capacity: number) {
  const table = new PrefixTable('ipv4-unicast');
  const history = new RouteHistory(capacity);
  const withdraw = (text: string, peer: PeerId, now: number) => {
    const { address, length } = parsePrefix(text)!;
    history.now = now;
    history.note(table, table.intern(address, 0, length), 'withdrawn', peer);
  };
  const times = (text: string) => history.of(parsePrefix(text)!).map(({ at }) => at);
  return { history, withdraw, times };
}

t.test('the latest come first, and drive out the oldest', (t) => {
  const { withdraw, times } = make(3);
  withdraw('10.0.0.0/8', A, 1);
  withdraw('10.1.0.0/16', A, 2);
  withdraw('10.0.0.0/8', B, 3);
  t.same(times('10.0.0.0/8'), [3, 1]);
  withdraw('10.2.0.0/16', A, 4);
  t.same(times('10.0.0.0/8'), [3]);
  t.same(times('10.1.0.0/16'), [2]);
  t.same(times('10.0.0.0/9'), []);
  t.end();
});

t.test('the longest prefix that covers an address', (t) => {
  const { history, withdraw } = make(8);
  withdraw('10.0.0.0/8', A, 1);
  withdraw('10.1.0.0/16', A, 2);
  withdraw('0.0.0.0/0', A, 3);
  const covering = (text: string) => {
    const found = history.covering(parseAddress(text)!);
    return found && formatPrefix(found);
  };
  t.equal(covering('10.1.2.3'), '10.1.0.0/16');
  t.equal(covering('192.0.2.1'), '0.0.0.0/0');
  t.equal(covering('2001:db8::1'), undefined);
  t.end();
});

t.test('a peer that is gone keeps its name, whoever has its id now', (t) => {
  const { history, withdraw } = make(8);
  withdraw('10.0.0.0/8', A, 1);
  history.retire(A, 'old');
  withdraw('10.0.0.0/8', A, 2);
  const names = history.of(parsePrefix('10.0.0.0/8')!).map(({ formerName }) => formerName);
  t.same(names, [undefined, 'old']);
  t.end();
});
