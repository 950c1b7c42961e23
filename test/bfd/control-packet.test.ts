/** The BFD control packet (RFC 5880 §4.1) and the checks of §6.8.6. */
import fc from 'fast-check';
import t from 'tap';
import {
  type ControlPacket,
  decodeControl,
  encodeControl,
  type WireState,
} from '../../src/bfd/control-packet.ts';

const word = fc.nat(0xffff_ffff);
const packets: fc.Arbitrary<ControlPacket> = fc.record({
  diagnostic: fc.nat(31),
  state: fc.nat(3) as fc.Arbitrary<WireState>,
  isPoll: fc.boolean(),
  isFinal: fc.boolean(),
  isControlPlaneIndependent: fc.boolean(),
  isDemand: fc.boolean(),
  detectMultiplier: fc.integer({ min: 1, max: 255 }),
  myDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
  yourDiscriminator: fc.integer({ min: 1, max: 0xffff_ffff }),
  desiredMinTxUs: word,
  requiredMinRxUs: word,
  requiredMinEchoRxUs: word,
});

t.test('a packet decodes to what was encoded', async () => {
  fc.assert(
    fc.property(packets, (packet) => {
      t.strictSame(decodeControl(encodeControl(packet)), { ...packet });
    }),
    { numRuns: 200 },
  );
});

t.test('any octets decode or are refused in words', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const result = decodeControl(bytes);
      return typeof result === 'string' || result.myDiscriminator !== 0;
    }),
  );
});

/** Up, Poll, multiplier 3, 300 ms both ways. */
const VALID = '20e00318 00000001 00000002 000493e0 000493e0 00000000';

function bytesOf(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex');
}

t.test('the fields are where RFC 5880 §4.1 puts them', async (t) => {
  t.match(decodeControl(bytesOf(VALID)), {
    diagnostic: 0,
    state: 3,
    isPoll: true,
    isFinal: false,
    detectMultiplier: 3,
    myDiscriminator: 1,
    yourDiscriminator: 2,
    desiredMinTxUs: 300_000,
    requiredMinRxUs: 300_000,
  });
});

t.test('octets after the length field of the packet are ignored', async (t) => {
  t.type(decodeControl(bytesOf(`${VALID} ffff`)), 'object');
});

t.test('what RFC 5880 §6.8.6 discards is discarded', async (t) => {
  const cases: readonly (readonly [reason: string, at: number, value: number])[] = [
    ['unknown version', 0, 0x00],
    ['length field too small', 3, 23],
    ['length field beyond the datagram', 3, 25],
    ['detect multiplier is zero', 2, 0],
    ['multipoint bit set', 1, 0xe1],
    ['my discriminator is zero', 7, 0],
    ['your discriminator is zero', 11, 0],
    ['authentication is not in use', 1, 0xe4],
  ];
  for (const [reason, at, value] of cases) {
    const bytes = bytesOf(VALID);
    bytes[at] = value;
    t.equal(decodeControl(bytes), reason);
  }
  t.equal(decodeControl(bytesOf(VALID).subarray(0, 23)), 'too short');
});

t.test('in Down and AdminDown your discriminator may be zero', async (t) => {
  for (const state of [0x00, 0x40]) {
    const bytes = bytesOf(VALID);
    bytes[1] = state;
    bytes[11] = 0;
    t.type(decodeControl(bytes), 'object');
  }
});
