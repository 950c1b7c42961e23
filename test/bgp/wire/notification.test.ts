/** NOTIFICATION and its texts (RFC 4271 §4.5, RFC 8538, RFC 9003), ROUTE-REFRESH (RFC 2918, RFC 7313). */
import fc from 'fast-check';
import t from 'tap';
import {
  decodeNotification,
  describeNotification,
  encodeNotification,
  encodePrefixBound,
  encodeShutdownText,
  NotificationError,
  shutdownText,
} from '../../../src/bgp/wire/notification.ts';
import { decodeRouteRefresh, encodeRouteRefresh } from '../../../src/bgp/wire/route-refresh.ts';
import { hex, message, toHex } from './build.ts';

const shutdown = (data: Uint8Array) => ({ code: 6, subcode: 2, data });

t.test('octets', async (t) => {
  const bytes = encodeNotification({ code: 1, subcode: 2, data: hex('0012') });
  t.equal(toHex(bytes), `${'ff'.repeat(16)}0017 03 01 02 0012`.replace(/ /g, ''));
});

t.test('decode(encode(x)) = x, data up to what 4096 octets hold', async (t) => {
  const u8 = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(u8, u8, fc.uint8Array({ maxLength: 100 }), (code, subcode, data) => {
      const bytes = encodeNotification({ code, subcode, data });
      const again = decodeNotification(bytes, 0, bytes.length);
      return again.code === code && again.subcode === subcode && toHex(again.data) === toHex(data);
    }),
  );
  const long = encodeNotification({ code: 3, subcode: 1, data: new Uint8Array(70000) });
  t.equal(long.length, 4096);
});

t.test('shutdown text (RFC 9003 §2)', async (t) => {
  t.equal(shutdownText(shutdown(encodeShutdownText('Wartung, 猫'))), 'Wartung, 猫');
  t.equal(shutdownText({ ...shutdown(encodeShutdownText('x')), subcode: 4 }), 'x');
  t.equal(shutdownText({ ...shutdown(encodeShutdownText('x')), subcode: 3 }), undefined);
  t.equal(encodeShutdownText('').length, 0);
  t.equal(encodeShutdownText('ü'.repeat(200)).length, 255, 'cut at a character');
  t.equal(shutdownText(shutdown(encodeShutdownText('ü'.repeat(200))))?.length, 127);
});

t.test('shutdown text from a peer is bounded, checked and escaped', async (t) => {
  t.equal(shutdownText(shutdown(hex('05 41 42'))), undefined, 'length past the data');
  t.equal(shutdownText(shutdown(hex('02 c3 28'))), undefined, 'not UTF-8');
  t.equal(shutdownText(shutdown(hex('00'))), undefined);
  t.equal(shutdownText(shutdown(hex(''))), undefined);
  t.equal(shutdownText(shutdown(hex('04 41 0a 1b 42'))), 'A\\u{a}\\u{1b}B');
  t.equal(shutdownText(shutdown(hex('03 e280ae'))), '\\u{202e}', 'direction override');
  t.equal(shutdownText(shutdown(hex('01 41 99 99'))), 'A', 'octets behind the text');
});

t.test('description', async (t) => {
  t.equal(
    describeNotification(shutdown(encodeShutdownText('maintenance'))),
    'Cease/Administrative Shutdown: "maintenance"',
  );
  t.equal(describeNotification({ code: 4, subcode: 0, data: hex('') }), 'Hold Timer Expired');
  t.equal(
    describeNotification(shutdown(hex('02 c3 28'))),
    'Cease/Administrative Shutdown: a malformed text (02c328)',
    'an erroneous text is told to the operator (RFC 9003 §4)',
  );
  t.match(describeNotification(shutdown(new Uint8Array(40).fill(0xff))), /\((ff){32}…\)$/);
  t.equal(describeNotification(shutdown(hex('00'))), 'Cease/Administrative Shutdown');
  t.equal(describeNotification({ code: 99, subcode: 7, data: hex('') }), 'Error 99/7');
  t.equal(
    describeNotification({ code: 6, subcode: 9, data: hex('0602 0141') }),
    'Hard Reset: Cease/Administrative Shutdown: "A"',
  );
});

t.test('the limit that was passed is told (RFC 4486 §4)', async (t) => {
  const data = encodePrefixBound({ family: 'ipv6-unicast', maximum: 4_000_000_000 });
  t.same(data, hex('000201 ee6b2800'));
  const cease = { code: 6, subcode: 1, data };
  const text = 'Cease/Maximum Number of Prefixes Reached';
  t.equal(describeNotification(cease), `${text}: 4000000000 of ipv6-unicast`);
  t.equal(
    describeNotification({ ...cease, data: hex('0019 46 00000001') }),
    `${text}: 1 of afi 25 safi 70`,
  );
  t.equal(describeNotification({ ...cease, data: hex('000201 ee6b') }), text, 'cut off');
  t.equal(
    describeNotification({ code: 6, subcode: 9, data: Uint8Array.of(6, 1, ...data) }),
    `Hard Reset: ${text}: 4000000000 of ipv6-unicast`,
  );
});

t.test('the error names what it asks for', async (t) => {
  t.equal(
    new NotificationError(2, 2, hex(''), 'AS 0').message,
    'OPEN Message Error/Bad Peer AS: AS 0',
  );
});

t.test('ROUTE-REFRESH', async (t) => {
  const bytes = encodeRouteRefresh('ipv6-unicast', 1);
  t.equal(toHex(bytes.subarray(16)), '00170500020101');
  t.same(decodeRouteRefresh(bytes, 0, bytes.length), { afi: 2, safi: 1, subtype: 1 });
});

t.test('ROUTE-REFRESH of a wrong length asks for 7/1 (RFC 7313 §5)', async (t) => {
  for (const body of ['', '000100', '0001000101', '0001010100']) {
    const bytes = message(5, hex(body));
    const expected = { code: 7, subcode: 1, data: bytes };
    t.throws(() => decodeRouteRefresh(bytes, 0, bytes.length), expected, body);
  }
  const unknown = message(5, hex('00010901ffff'));
  t.equal(decodeRouteRefresh(unknown, 0, unknown.length).subtype, 9, 'an unknown subtype passes');
});
