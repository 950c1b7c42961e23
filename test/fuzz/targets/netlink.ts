/** Netlink datagrams: readers end, stay inside, and a route that is read can be written and read again. */
import type { KernelNextHop, RouteOperation, RouteTarget } from '../../../src/fib/kernel.ts';
import { readAddress, readLink } from '../../../src/fib/netlink-link.ts';
import { MessageCursor, MessageWriter, readAnswer } from '../../../src/fib/netlink-message.ts';
import { readRoute, routeMessageSize, writeRoute } from '../../../src/fib/netlink-route.ts';
import { makePrefix } from '../../../src/net/prefix.ts';
import type { Dice } from '../dice.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';

const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const NLMSG_ERROR = 2;
const IFNAME = 3;
const LOCAL = 2;
const FLAG_TLVS = 0x200;
const CONTEXT = { table: 254, protocol: 12, indexOf: (name: string) => Number(name.slice(2)) };

/** An input is a datagram. */
export const NETLINK: FuzzTarget = {
  name: 'netlink',
  isText: false,
  make: (dice) => {
    const datagram = makeDatagram(dice);
    return dice.oneIn(6) ? datagram : mutateBytes(dice, datagram, makeDatagram(dice));
  },
  run,
};

function makeDatagram(dice: Dice): Uint8Array {
  const writer = new MessageWriter(8192);
  const makers = [writeOperation, writeOperation, writeLink, writeAddress, writeError];
  for (let left = 1 + dice.count(4); left > 0; left--) dice.pick(makers)(dice, writer);
  return writer.bytes.slice(0, writer.sizeBytes);
}

function writeOperation(dice: Dice, writer: MessageWriter): void {
  const size = dice.pick([4, 16]);
  const hop = (): KernelNextHop => ({
    via: dice.octets(dice.oneIn(5) ? 16 : size),
    dev: `if${dice.below(9)}`,
    ...(dice.oneIn(3) && { onlink: true }),
  });
  const type = dice.pick(['unicast', 'unicast', 'blackhole'] as const);
  const nextHops = type === 'unicast' ? [hop(), ...dice.many(16, hop)] : [];
  const target: RouteTarget = { type, nextHops, metric: dice.below(2000) };
  const prefix = makePrefix(dice.octets(size), dice.below(size * 8 + 1));
  const action = dice.pick(['add', 'replace', 'delete'] as const);
  writeRoute(writer, { action, prefix, target }, CONTEXT, dice.octet());
}

function writeLink(dice: Dice, writer: MessageWriter): void {
  writer.begin(RTM_NEWLINK, 0, 1);
  for (let i = 0; i < 4; i++) writer.uint32(dice.octet());
  writer.attribute(IFNAME, Buffer.from(`eth${dice.below(9)}\0`));
  writer.end();
}

function writeAddress(dice: Dice, writer: MessageWriter): void {
  writer.begin(RTM_NEWADDR, 0, 1);
  for (let i = 0; i < 2; i++) writer.uint32(dice.octet());
  writer.attribute(LOCAL, dice.octets(dice.pick([4, 16])));
  writer.end();
}

function writeError(dice: Dice, writer: MessageWriter): void {
  writer.begin(NLMSG_ERROR, FLAG_TLVS, 1);
  writer.uint32(-dice.below(40) >>> 0);
  for (const word of [16, 24, 1, 0]) writer.uint32(word);
  writer.attribute(1, Buffer.from('not good\0'));
  writer.end();
}

function run(input: Uint8Array): void {
  const cursor = new MessageCursor(input, input.length);
  for (let messages = 0; cursor.next(); messages++) {
    check(messages * 16 <= input.length, 'more messages than fit');
    check(cursor.at <= cursor.end && cursor.end <= input.length, 'a message beyond the datagram');
    const answer = readAnswer(cursor);
    check((answer?.errno ?? 0) >= 0, 'a negative error number');
    check((answer?.message.length ?? 0) <= input.length, 'a long message');
    readLink(cursor);
    readAddress(cursor, () => undefined);
    checkRoute(cursor);
  }
}

function checkRoute(cursor: MessageCursor): void {
  const route = readRoute(cursor, undefined, (index) => `if${index}`);
  if (!route) return;
  const { prefix, target, table, protocol } = route;
  check(target.nextHops.length * 8 <= cursor.end - cursor.at + 8, 'more next hops than fit');
  const operation: RouteOperation = { action: 'add', prefix, target };
  const writer = new MessageWriter(routeMessageSize(operation));
  writeRoute(writer, operation, { ...CONTEXT, table, protocol }, 1);
  const again = new MessageCursor(writer.bytes, writer.sizeBytes);
  check(again.next(), 'what was written is no message');
  const read = readRoute(again, undefined, (index) => `if${index}`);
  if (!isPlain(target) || table === 0) return;
  checkSame(read?.prefix, prefix, 'prefix read back');
  checkSame(read?.target, target, 'target read back');
}

/** Oddities the kernel never sends and we never write: a list of one hop, no hop at all, weights without a list. */
function isPlain({ type, nextHops }: RouteTarget): boolean {
  return (
    type !== 'unicast' || nextHops.length > 1 || (nextHops.length === 1 && !nextHops[0]!.weight)
  );
}
