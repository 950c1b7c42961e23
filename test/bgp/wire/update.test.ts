/** Walking sound UPDATE messages, both families, Add-Path, End-of-RIB; robustness and speed. */
import fc from 'fast-check';
import t from 'tap';
import { walkUpdate } from '../../../src/bgp/wire/update.ts';
import type { UpdateSink } from '../../../src/bgp/wire/update-sink.ts';
import {
  ADD_PATH,
  AS_PATH,
  attribute,
  concat,
  decoded,
  EXTERNAL,
  hex,
  MANDATORY,
  MP_REACH,
  MP_UNREACH,
  NEXT_HOP,
  NLRI,
  OPTIONS,
  ORIGIN,
  TWO_OCTET,
  toHex,
  update,
} from './build.ts';

/** Notes every call, with what it points at. */
class Recorder implements UpdateSink {
  readonly calls: string[] = [];

  withdraw(family: string, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    this.calls.push(`withdraw ${family} ${pathId} ${octets(bytes, at, bits)}`);
  }

  attributes(
    family: string,
    bytes: Uint8Array,
    at: number,
    end: number,
    nextHop: Uint8Array | undefined,
  ): undefined {
    const hop = nextHop ? ` by ${toHex(nextHop)}` : '';
    this.calls.push(`attributes ${family} ${toHex(bytes.subarray(at, end))}${hop}`);
  }

  reach(family: string, pathId: number, bytes: Uint8Array, at: number, bits: number): void {
    this.calls.push(`reach ${family} ${pathId} ${octets(bytes, at, bits)}`);
  }

  endOfRib(family: string): void {
    this.calls.push(`end ${family}`);
  }
}

function octets(bytes: Uint8Array, at: number, bits: number): string {
  return `${toHex(bytes.subarray(at, at + ((bits + 7) >> 3)))}/${bits}`;
}

function walk(bytes: Uint8Array, options = OPTIONS): string[] {
  const recorder = new Recorder();
  const fault = walkUpdate(bytes, 0, bytes.length, options, recorder);
  if (fault) recorder.calls.push(`${fault.action}`);
  return recorder.calls;
}

const PLAIN = toHex(concat(...MANDATORY));

t.test('withdrawals come first, then attributes, then what they reach', async (t) => {
  const bytes = update({ withdrawn: '080b 00', attributes: MANDATORY, nlri: `${NLRI} 200a010101` });
  t.same(walk(bytes), [
    'withdraw ipv4-unicast 0 0b/8',
    'withdraw ipv4-unicast 0 /0',
    `attributes ipv4-unicast ${PLAIN}`,
    'reach ipv4-unicast 0 0a01/16',
    'reach ipv4-unicast 0 0a010101/32',
  ]);
});

t.test('a message inside a larger buffer', async (t) => {
  const bytes = update({ attributes: MANDATORY, nlri: NLRI });
  const recorder = new Recorder();
  const buffer = concat(hex('ffffff'), bytes, hex('2020'));
  t.equal(walkUpdate(buffer, 3, 3 + bytes.length, OPTIONS, recorder), undefined);
  t.same(recorder.calls, walk(bytes));
});

t.test('MP attributes anywhere are cut out of the attribute range', async (t) => {
  const rest = toHex(concat(ORIGIN, AS_PATH));
  const expected = [
    'withdraw ipv6-unicast 0 20010db8/32',
    `attributes ipv6-unicast ${rest} by 20010db8000000000000000000000001`,
    'reach ipv6-unicast 0 20010db8/32',
  ];
  const orders = [
    [MP_REACH, MP_UNREACH, ORIGIN, AS_PATH],
    [MP_UNREACH, MP_REACH, ORIGIN, AS_PATH],
    [ORIGIN, AS_PATH, MP_REACH, MP_UNREACH],
    [ORIGIN, AS_PATH, MP_UNREACH, MP_REACH],
    [MP_REACH, ORIGIN, AS_PATH, MP_UNREACH],
    [MP_UNREACH, ORIGIN, AS_PATH, MP_REACH],
    [ORIGIN, MP_REACH, MP_UNREACH, AS_PATH],
    [ORIGIN, MP_UNREACH, AS_PATH, MP_REACH],
    [MP_REACH, ORIGIN, MP_UNREACH, AS_PATH],
    [ORIGIN, MP_REACH, AS_PATH, MP_UNREACH],
  ];
  for (const [i, attributes] of orders.entries()) {
    t.same(walk(update({ attributes })), expected, `order ${i}`);
  }
  t.same(walk(update({ attributes: [MP_REACH, MP_UNREACH] })), [
    expected[0],
    'attributes ipv6-unicast  by 20010db8000000000000000000000001',
    expected[2],
  ]);
});

t.test('both forms of reachability in one message are two groups', async (t) => {
  const calls = walk(update({ attributes: [MP_REACH, ...MANDATORY], nlri: NLRI }));
  t.same(calls, [
    `attributes ipv6-unicast ${PLAIN} by 20010db8000000000000000000000001`,
    'reach ipv6-unicast 0 20010db8/32',
    `attributes ipv4-unicast ${PLAIN}`,
    'reach ipv4-unicast 0 0a01/16',
  ]);
});

t.test('next hop of 32 octets (RFC 2545 §3), and IPv4 in MP_REACH_NLRI', async (t) => {
  const two = `20010db8${'00'.repeat(11)}01 fe80${'00'.repeat(13)}02`;
  const v6 = attribute(0x80, 14, `00020120 ${two} 00 2020010db8`);
  t.equal(
    decoded(update({ attributes: [v6, ORIGIN, AS_PATH] })).reachable[0]?.attributes.nextHop.length,
    32,
  );
  const v4 = attribute(0x80, 14, `00010104 c0000202 00 ${NLRI}`);
  const group = decoded(update({ attributes: [v4, ORIGIN, AS_PATH] })).reachable[0]!;
  t.equal(group.family, 'ipv4-unicast');
  t.same(group.attributes.nextHop, hex('c0000202'));
});

t.test('Add-Path identifiers (RFC 7911 §3)', async (t) => {
  const reach = attribute(0x80, 14, `00020110 20010db8${'00'.repeat(11)}01 00 00000007 2020010db8`);
  const bytes = update({
    withdrawn: '00000001 080b',
    attributes: [reach, ...MANDATORY],
    nlri: 'ffffffff 100a01',
  });
  t.same(
    walk(bytes, ADD_PATH).filter((call) => !call.startsWith('attributes')),
    [
      'withdraw ipv4-unicast 1 0b/8',
      'reach ipv6-unicast 7 20010db8/32',
      'reach ipv4-unicast 4294967295 0a01/16',
    ],
  );
  const cut = update({ attributes: MANDATORY, nlri: '00000001' });
  t.same(walk(cut, ADD_PATH), ['session-reset']);
});

t.test('End-of-RIB (RFC 4724 §2)', async (t) => {
  t.same(walk(update({})), ['end ipv4-unicast']);
  t.same(walk(update({ attributes: [attribute(0x80, 15, '000201')] })), ['end ipv6-unicast']);
  t.same(walk(update({ attributes: [attribute(0x90, 15, '000101')] })), ['end ipv4-unicast']);
  t.same(walk(update({ attributes: [attribute(0x80, 15, '001946')] })), [], 'a family not ours');
  t.same(walk(update({ attributes: [ORIGIN] })), [], 'attributes alone');
});

t.test('what a sink answers decides about its group', async (t) => {
  const bytes = update({ attributes: MANDATORY, nlri: NLRI });
  for (const action of ['treat-as-withdraw', 'attribute-discard', 'session-reset'] as const) {
    const recorder = new Recorder();
    const fault = { action, code: 3, subcode: 9, data: hex(''), reason: 'test' };
    const sink: UpdateSink = {
      withdraw: (...args) => recorder.withdraw(...args),
      reach: (...args) => recorder.reach(...args),
      endOfRib: (family) => recorder.endOfRib(family),
      attributes: () => fault,
    };
    t.equal(walkUpdate(bytes, 0, bytes.length, OPTIONS, sink), fault);
    const expected = { 'treat-as-withdraw': ['withdraw'], 'attribute-discard': ['reach'] };
    const verbs = recorder.calls.map((call) => call.split(' ')[0]);
    t.same(verbs, action === 'session-reset' ? [] : expected[action], action);
  }
});

t.test('the object view sees what the walk sees', async (t) => {
  const update1 = update({ withdrawn: '080b', attributes: [MP_REACH, ...MANDATORY], nlri: NLRI });
  const { withdrawn, reachable, fault } = decoded(update1);
  t.equal(fault, undefined);
  t.same(withdrawn, [{ family: 'ipv4-unicast', prefix: '11.0.0.0/8', pathId: 0 }]);
  t.same(
    reachable.map(({ family, prefixes }) => [family, prefixes.map(({ prefix }) => prefix)]),
    [
      ['ipv6-unicast', ['2001:db8::/32']],
      ['ipv4-unicast', ['10.1.0.0/16']],
    ],
  );
});

t.test('bits behind the prefix length are ignored', async (t) => {
  const { reachable } = decoded(update({ attributes: MANDATORY, nlri: '0cafff' }));
  t.equal(reachable[0]?.prefixes[0]?.prefix, '175.240.0.0/12');
});

const anyAttribute = fc
  .tuple(
    fc.constantFrom(0x40, 0x80, 0xc0, 0x90, 0x50, 0xd0),
    fc.oneof(fc.integer({ min: 1, max: 18 }), fc.constantFrom(25, 32, 35, 40, 99)),
    fc.uint8Array({ maxLength: 40 }),
  )
  .map(([flags, type, value]) => attribute(flags, type, value));
const someAttributes = fc.array(
  fc.oneof(anyAttribute, fc.constantFrom(...MANDATORY, MP_REACH, MP_UNREACH)),
  { maxLength: 8 },
);
const someOptions = fc.constantFrom(OPTIONS, EXTERNAL, TWO_OCTET, ADD_PATH);
const nlriField = fc.constantFrom('', NLRI, '00', '0000000118', '21ff', '00000001100a01');

t.test('no combination of attributes throws; a reset never touches the sink', async (t) => {
  const edits = fc.array(fc.tuple(fc.nat(300), fc.nat(255)), { maxLength: 3 });
  const property = fc.property(
    someAttributes,
    nlriField,
    nlriField,
    someOptions,
    edits,
    (attributes, withdrawn, nlri, options, changes) => {
      const bytes = update({ attributes, withdrawn, nlri });
      for (const [at, octet] of changes) if (19 + at < bytes.length) bytes[19 + at] = octet;
      const { fault } = decoded(bytes, options);
      const calls = walk(bytes, options);
      return fault?.action !== 'session-reset' || calls.length === 1;
    },
  );
  fc.assert(property, { numRuns: 3000 });
  t.pass();
});

t.test('the walk and the object view name the same prefixes', async () => {
  fc.assert(
    fc.property(someAttributes, nlriField, someOptions, (attributes, nlri, options) => {
      const bytes = update({ attributes, nlri });
      const { withdrawn, reachable } = decoded(bytes, options);
      const calls = walk(bytes, options).filter((call) => /^(withdraw|reach) /.test(call));
      const named = withdrawn.length + reachable.flatMap(({ prefixes }) => prefixes).length;
      return calls.length === named;
    }),
    { numRuns: 1000 },
  );
});

t.test('no kept octet is borrowed', async (t) => {
  const bytes = update({
    attributes: [...MANDATORY, attribute(0xc0, 16, '0002fde900000001'), attribute(0xc0, 99, 'aa')],
    nlri: NLRI,
  });
  const { attributes } = decoded(bytes).reachable[0]!;
  const before = JSON.stringify(attributes);
  bytes.fill(0);
  t.equal(JSON.stringify(attributes), before);
  t.same(attributes.nextHop, NEXT_HOP.subarray(3));
});
