/** Doors beside BGP: a BFD packet is sound and reads back, or is refused in a few words; a command line is words. */
import { decodeControl, encodeControl } from '../../../src/bfd/control-packet.ts';
import { wordsOf } from '../../../src/bird-control/words.ts';
import { toHex } from '../../bgp/wire/build.ts';
import type { Dice } from '../dice.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { mutateText } from '../mutate-text.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';

/** An input is a datagram. */
export const BFD: FuzzTarget = {
  name: 'bfd',
  isText: false,
  make: (dice) => mutateBytes(dice, makeControl(dice)),
  run: (input) => {
    const packet = decodeControl(input);
    if (typeof packet === 'string') {
      check(packet.length < 100, 'a long reason');
      return;
    }
    check(packet.detectMultiplier > 0 && packet.myDiscriminator > 0, 'a session of nobody');
    const again = decodeControl(encodeControl(packet));
    checkSame(again, packet, 'read back');
  },
};

function makeControl(dice: Dice): Uint8Array {
  return encodeControl({
    diagnostic: dice.below(9),
    state: dice.pick([0, 1, 2, 3]),
    isPoll: dice.oneIn(3),
    isFinal: dice.oneIn(3),
    isControlPlaneIndependent: dice.oneIn(3),
    isDemand: dice.oneIn(5),
    detectMultiplier: 1 + dice.below(255),
    myDiscriminator: 1 + dice.below(0xffff_fffe),
    yourDiscriminator: dice.below(0xffff_ffff),
    desiredMinTxUs: dice.below(0xffff_ffff),
    requiredMinRxUs: dice.below(0xffff_ffff),
    requiredMinEchoRxUs: 0,
  });
}

const COMMANDS = [
  'show route all protocol "Mesh_*" where net ~ 10.0.0.0/8',
  'show protocols all',
  'reload in "a b"',
];

/** An input is a line of BIRD's control protocol. */
export const BIRD_COMMAND: FuzzTarget = {
  name: 'bird-command',
  isText: true,
  make: (dice) => Buffer.from(mutateText(dice, dice.pick(COMMANDS), dice.pick(COMMANDS))),
  run: (input) => {
    const line = Buffer.from(input).toString();
    const words = wordsOf(line);
    if (!words) return;
    check(words.length <= line.length + 1, 'more words than characters');
    for (const { text, isQuoted } of words) {
      check(isQuoted || !/[\s"]/.test(text), `a blank in ${toHex(Buffer.from(text))}`);
      check(line.includes(text), 'a word that nobody said');
    }
  },
};
