/** NOTIFICATION and ROUTE-REFRESH: the identity, harmless text, and 7/1 as the only fault. */
import { familyOf } from '../../../src/bgp/wire/afi-safi.ts';
import {
  decodeNotification,
  describeNotification,
  encodeNotification,
  encodeShutdownText,
  NotificationError,
  shutdownText,
} from '../../../src/bgp/wire/notification.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from '../../../src/bgp/wire/route-refresh.ts';
import { concat, message, toHex } from '../../bgp/wire/build.ts';
import type { Dice } from '../dice.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

/** An input is the body of a NOTIFICATION. */
export const NOTIFICATION: FuzzTarget = {
  name: 'notification',
  isText: false,
  make: (dice) => mutateBytes(dice, makeNotification(dice)),
  run: (input) => {
    if (input.length < 2 || input.length > 4096 - 19) return;
    const bytes = message(3, input);
    const notification = decodeNotification(bytes, 0, bytes.length);
    checkSame(toHex(encodeNotification(notification)), toHex(bytes), 'read back');
    const line = describeNotification(notification);
    check(!UNPRINTABLE.test(line), `unprintable text in ${JSON.stringify(line)}`);
    check(line.length < 3000, 'a long line');
    const text = shutdownText(notification);
    check(text === undefined || encodeShutdownText(text).length <= 256, 'a long text');
  },
};

function makeNotification(dice: Dice): Uint8Array {
  const text = dice.pick(['maintenance', 'a\u202eb\n', 'ünï\u{1f426}', '']);
  const data = dice.oneIn(3) ? dice.octets(dice.count(60)) : encodeShutdownText(text);
  const inner = concat(Uint8Array.of(6, dice.pick([2, 4, 9])), data);
  return dice.oneIn(3) ? concat(Uint8Array.of(6, 9), inner) : inner;
}

/** An input is the body of a ROUTE-REFRESH. */
export const ROUTE_REFRESH: FuzzTarget = {
  name: 'route-refresh',
  isText: false,
  make: (dice) => mutateBytes(dice, Uint8Array.of(0, 1 + dice.below(2), dice.below(4), 1)),
  run: (input) => {
    const bytes = message(5, input.slice(0, 4000));
    try {
      const { afi, safi, subtype } = decodeRouteRefresh(bytes, 0, bytes.length);
      const family = familyOf(afi, safi);
      if (!family || bytes.length !== 23) return;
      checkSame(toHex(encodeRouteRefresh(family, subtype)), toHex(bytes), 'read back');
    } catch (error) {
      if (!(error instanceof NotificationError)) throw error;
      checkSame([error.code, error.subcode], [7, 1], 'the fault');
    }
  },
};
