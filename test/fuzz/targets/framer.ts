/** The framer: whatever the chunks, the same messages and the same fault; never more than it was given. */
import { Framer } from '../../../src/bgp/wire/framer.ts';
import { KEEPALIVE } from '../../../src/bgp/wire/header.ts';
import { concat, message, toHex } from '../../bgp/wire/build.ts';
import type { Dice } from '../dice.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';

const EXTENDED = 0x80;
const STOPPING = 0x40;

/** The first octet says how the stream is cut and how large messages may be. */
export const FRAMER: FuzzTarget = { name: 'framer', isText: false, make, run };

function make(dice: Dice): Uint8Array {
  const one = () => {
    if (dice.oneIn(3)) return KEEPALIVE;
    const size = dice.oneIn(10) ? dice.pick([4077, 4078, 5000]) : dice.below(60);
    return message(1 + dice.below(6), dice.octets(size));
  };
  const stream = concat(one(), ...dice.many(6, one));
  return concat(Uint8Array.of(dice.below(256)), dice.oneIn(3) ? stream : mutateBytes(dice, stream));
}

interface Framed {
  readonly messages: string[];
  readonly fault: string | undefined;
}

function run(input: Uint8Array): void {
  const mode = input[0] ?? 0;
  const stream = input.slice(1);
  const whole = frame([stream], mode);
  checkSame(frame(pieces(stream, 1 + (mode & 31)), mode), whole, 'in equal pieces');
  checkSame(frame([stream.slice(0, 19), stream.slice(19)], mode), whole, 'header apart');
  const octets = whole.messages.reduce((sum, each) => sum + each.length / 2, 0);
  check(octets <= stream.length, 'more came out than went in');
}

function* pieces(stream: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < stream.length; at += size) yield stream.slice(at, at + size);
}

function frame(chunks: Iterable<Uint8Array>, mode: number): Framed {
  const framer = new Framer();
  if ((mode & EXTENDED) !== 0) framer.maximumMessageSize = 65_535;
  const messages: string[] = [];
  let fault: string | undefined;
  for (const chunk of chunks) {
    const found = framer.push(chunk, (bytes, at, end, type) => {
      check(end - at >= 19 && end <= bytes.length && bytes[at + 18] === type, 'bad bounds');
      messages.push(toHex(bytes.subarray(at, end)));
      return (mode & STOPPING) === 0 || messages.length < 3;
    });
    check(found === undefined || found.code === 1, 'a fault that is none of the header');
    fault = found && `${found.code}/${found.subcode} ${toHex(found.data)}`;
  }
  return { messages, fault };
}
