/** OPEN: only NotificationError 2/x is thrown; what was accepted survives encoding, and can be negotiated. */
import { negotiate } from '../../../src/bgp/session/negotiate.ts';
import type { Capability } from '../../../src/bgp/wire/capabilities.ts';
import { decodeMessage } from '../../../src/bgp/wire/message-view.ts';
import { NotificationError } from '../../../src/bgp/wire/notification.ts';
import { decodeOpen, encodeOpen, type Open } from '../../../src/bgp/wire/open.ts';
import { settingsTo } from '../../bgp/session/lab.ts';
import { concat, message } from '../../bgp/wire/build.ts';
import type { Dice } from '../dice.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';

/** An input is the body of the message. */
export const OPEN: FuzzTarget = {
  name: 'open',
  isText: false,
  make: (dice) => {
    const body = makeBody(dice);
    return dice.oneIn(4) ? body : mutateBytes(dice, body, makeBody(dice));
  },
  run,
};

/** With parameters of its own make, for the encoder knows one form only. */
function makeBody(dice: Dice): Uint8Array {
  if (dice.oneIn(3)) return makeOpen(dice).slice(19);
  const capabilities = makeOpen(dice, 6).slice(19 + 10 + 2);
  const cut = dice.below(capabilities.length + 1);
  const parts = [capabilities.subarray(0, cut), capabilities.subarray(cut)];
  const head = Uint8Array.of(4, 0xfd, 0xe9, 0, 90, 10, 0, 0, 2);
  if (dice.oneIn(2)) {
    const all = concat(...parts.map((it) => concat(Uint8Array.of(2, it.length), it)));
    return concat(head, Uint8Array.of(all.length), all);
  }
  const all = concat(...parts.map((it) => concat(Uint8Array.of(2, 0, it.length), it)));
  return concat(head, Uint8Array.of(1 + dice.below(255), 255, all.length >> 8, all.length), all);
}

function makeOpen(dice: Dice, most = 40): Uint8Array {
  const capabilities = dice.many(most, () => makeCapability(dice));
  return encodeOpen({ asNumber: 65_001, holdTimeSec: 90, routerId: 0x0a000002, capabilities });
}

function makeCapability(dice: Dice): Capability {
  const family = () => ({ afi: 1 + dice.below(3), safi: 1 + dice.below(2) });
  const isForwardingPreserved = dice.oneIn(2);
  const text = () => String.fromCodePoint(...dice.many(70, () => 0x20 + dice.below(0x500)));
  const makers: readonly (() => Capability)[] = [
    () => ({ kind: 'multiprotocol', ...family() }),
    () => ({ kind: 'route-refresh' }),
    () => ({ kind: 'extended-message' }),
    () => ({ kind: 'enhanced-route-refresh' }),
    () => ({ kind: 'role', role: dice.octet() }),
    () => ({
      kind: 'four-octet-as',
      asNumber: dice.pick([0, 23_456, 64_512, 65_001, 4_200_000_000]),
    }),
    () => ({ kind: 'software-version', text: text() }),
    () => ({ kind: 'fqdn', hostName: text(), domainName: text() }),
    () => ({ kind: 'unknown', code: 100 + dice.below(150), value: dice.octets(dice.count(40)) }),
    () => ({
      kind: 'add-path',
      families: dice.many(9, () => ({ ...family(), mode: dice.below(5) })),
    }),
    () => ({
      kind: 'extended-next-hop',
      families: dice.many(9, () => ({ ...family(), nextHopAfi: 2 })),
    }),
    () => ({
      kind: 'long-lived-graceful-restart',
      families: dice.many(9, () => {
        return { ...family(), isForwardingPreserved, staleTimeSec: dice.below(0x1000000) };
      }),
    }),
    () => ({
      kind: 'graceful-restart',
      isRestarting: dice.oneIn(2),
      hasNotificationSupport: dice.oneIn(2),
      restartTimeSec: dice.below(4096),
      families: dice.many(9, () => ({ ...family(), isForwardingPreserved })),
    }),
  ];
  return dice.pick(makers)();
}

/** The framer lets no other sizes pass. */
const SMALLEST_BODY = 10;
const LARGEST_BODY = 4096 - 19;

function run(input: Uint8Array): void {
  if (input.length < SMALLEST_BODY || input.length > LARGEST_BODY) return;
  const bytes = message(1, input);
  JSON.stringify(decodeMessage(bytes, 0, bytes.length, settingsToOptions));
  const open = decode(bytes, 0, bytes.length);
  const around = new Uint8Array(9).fill(1);
  checkSame(decode(concat(around, bytes, around), 9, 9 + bytes.length), open, 'amid other octets');
  if ('subcode' in open) return;
  const again = encodeOpen(open);
  const second = decodeOpen(again, 0, again.length);
  checkSame(withoutText(second), withoutText(open), 'read back');
  checkSame(encodeOpen(second), again, 'encoded twice');
  for (const asNumber of [open.asNumber, 64_512]) {
    const outcome = negotiate(settingsTo('10.0.0.2', { asNumber }), open);
    if (outcome instanceof NotificationError) check(outcome.code === 2, outcome.message);
    else check(outcome.families.length > 0, 'negotiated without a family');
  }
}

const settingsToOptions = {
  asWidth: 4,
  addPathReceive: [],
  addPathSend: [],
  maximumMessageSize: 4096,
  isInternal: true,
} as const;

/** The OPEN, or the code and data it was refused with. */
function decode(bytes: Uint8Array, at: number, end: number): Open | { readonly subcode: number } {
  try {
    return decodeOpen(bytes, at, end);
  } catch (error) {
    if (!(error instanceof NotificationError) || error.code !== 2) throw error;
    check(error.data.length <= 8, 'long data');
    return { subcode: error.subcode };
  }
}

/** Text is cut to 64 octets when written, and may be raw when the peer wrote more. */
function withoutText(open: Open): Open {
  const isText = ({ kind }: Capability) => kind === 'fqdn' || kind === 'software-version';
  return { ...open, capabilities: open.capabilities.filter((each) => !isText(each)) };
}
