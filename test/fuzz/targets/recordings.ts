/**
 * MRT files: whatever is in one, a replay ends with routes and a summary; only what is no file of records at all is
 * refused, as a RangeError.
 */
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import { KEEPALIVE } from '../../../src/bgp/wire/header.ts';
import { MessageWriter } from '../../../src/mrt/message-writer.ts';
import { RecordSplitter } from '../../../src/mrt/record-splitter.ts';
import { TableWriter } from '../../../src/mrt/table-writer.ts';
import { parsePrefix } from '../../../src/net/text.ts';
import { Replay } from '../../../src/replay/replay.ts';
import { updateOf } from '../../../src/replay/table-update.ts';
import { attributes } from '../../rib/support/rib-lab.ts';
import type { Dice } from '../dice.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { check, type FuzzTarget } from '../target.ts';

const AT = Date.UTC(2026, 0, 1);
const NONE = new Uint8Array(0);
const ROUTER = { routerId: 1, address: Uint8Array.of(0, 0, 0, 0), asNumber: 65001 };
const PEER = { routerId: 2, address: Uint8Array.of(192, 0, 2, 2), asNumber: 65002 };
const ENDS = { ...PEER, localAddress: Uint8Array.of(192, 0, 2, 1), localAsNumber: 65001 };
const PREFIX = parsePrefix('198.51.100.0/24')!;

/** An input is a file. */
export const MRT: FuzzTarget = {
  name: 'mrt',
  isText: false,
  make: (dice) => mutateBytes(dice, dice.oneIn(2) ? makeTable(dice) : makeMessages(dice)),
  run: (input) => {
    const replay = new Replay(undefined);
    let records = 0;
    try {
      for (const record of new RecordSplitter().push(input)) {
        replay.play(record);
        records++;
      }
    } catch (error) {
      check(error instanceof RangeError, `a file made it throw ${String(error)}`);
    }
    const routes = [...replay.routes()];
    check(replay.summary.records === records, 'a record was not counted');
    check(routes.length <= input.length, 'more routes than octets');
  },
};

function entryOf(dice: Dice) {
  const octets = encodePathAttributes(attributes({ med: dice.below(9) }), 4, true);
  const pathId = dice.oneIn(2) ? 0 : dice.below(9);
  return {
    peerIndex: dice.below(3),
    originatedAt: AT,
    pathId,
    attributes: octets,
    mpNextHop: NONE,
  };
}

function makeTable(dice: Dice): Uint8Array {
  const writer = new TableWriter(AT);
  writer.peers(1, 'received', [ROUTER, PEER]);
  for (let i = dice.below(4); i >= 0; i--) writer.prefix(PREFIX, [entryOf(dice), entryOf(dice)]);
  return writer.take();
}

function makeMessages(dice: Dice): Uint8Array {
  const writer = new MessageWriter();
  writer.state(ENDS, AT, dice.below(7), dice.below(7));
  for (let i = dice.below(4); i >= 0; i--) {
    const entry = entryOf(dice);
    const terms = { isSent: dice.oneIn(4), asWidth: dice.pick([2, 4] as const) };
    writer.message(ENDS, AT + i, updateOf(PREFIX, entry), terms, entry.pathId !== 0);
    writer.message(ENDS, AT + i, KEEPALIVE, terms, false);
  }
  return writer.take();
}
