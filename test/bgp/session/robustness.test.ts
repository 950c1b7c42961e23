/** Whatever a peer sends, and however it is cut: no exception leaves the session, and it recovers. */
import fc from 'fast-check';
import t from 'tap';
import { KEEPALIVE } from '../../../src/bgp/wire/header.ts';
import { encodeNotification } from '../../../src/bgp/wire/notification.ts';
import { encodeRouteRefresh } from '../../../src/bgp/wire/route-refresh.ts';
import { END_OF_RIB, Lab, openMessage } from './lab.ts';

const MESSAGES = [
  openMessage(),
  openMessage({ asNumber: 1 }),
  KEEPALIVE,
  END_OF_RIB,
  encodeRouteRefresh('ipv4-unicast', 0),
  encodeNotification({ code: 6, subcode: 2, data: Uint8Array.of(200, 1) }),
];

/** A valid message, perhaps with one octet changed or its end cut off. */
const message = fc
  .record({
    base: fc.constantFrom(...MESSAGES),
    at: fc.nat(80),
    value: fc.nat(255),
    damage: fc.constantFrom('none', 'none', 'change', 'cut'),
  })
  .map(({ base, at, value, damage }) => {
    const bytes = Uint8Array.from(base);
    if (damage === 'change') bytes[at % bytes.length] = value;
    return damage === 'cut' ? bytes.subarray(0, at % bytes.length) : bytes;
  });

t.test('any messages in any pieces', async (t) => {
  const script = fc.array(fc.oneof(message, fc.uint8Array({ maxLength: 40 })), { maxLength: 8 });
  const run = async (messages: readonly Uint8Array[], chunkBytes: number) => {
    const lab = new Lab();
    lab.network.chunkBytes = chunkBytes;
    const peer = await lab.puppet();
    const a = await lab.speaker('10.0.0.1', '10.0.0.2');
    a.session.start();
    lab.clock.advance(1_010);
    peer.send(openMessage());
    for (const each of messages) {
      peer.send(each);
      lab.clock.advance(2);
    }
    peer.connection?.abort();
    lab.clock.advance(40_000);
    if (a.log.ups < a.log.downs.length) throw new Error('down without up');
    if (!['OpenSent', 'Connect'].includes(a.session.state)) throw new Error(a.session.state);
    a.session.stop('silent');
    lab.clock.advance(20_000);
    if (a.log.ups !== a.log.downs.length) throw new Error('ups and downs differ');
    if (lab.clock.pendingTimers > 0) throw new Error('timers left behind');
  };
  await fc.assert(fc.asyncProperty(script, fc.constantFrom(1, 3, 19, 4096), run), { numRuns: 300 });
  t.pass();
});
