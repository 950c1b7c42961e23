/**
 * What a faulty message costs, clause by clause: one row for each line of the decision tables for UPDATEs
 * (RFC 4271 §6.3, RFC 7606) and for headers, OPENs and the state machine (RFC 4271 §6, RFC 6608).
 *
 * Finer tables of single attributes and capabilities are in `wire/update-faults.test.ts` and
 * `wire/open.test.ts`; here every clause is named once, and those of sessions are seen from the far end.
 * Collision, the send hold time and texts of peers are in `session/session.test.ts`.
 */
import t from 'tap';
import { decodeUpdate } from '../../src/bgp/wire/update-view.ts';
import type { WireOptions } from '../../src/bgp/wire/wire-options.ts';
import { Lab, openMessage } from './session/lab.ts';
import {
  AS_PATH,
  attribute,
  concat,
  EXTERNAL,
  hex,
  MANDATORY,
  MP_REACH,
  MP_UNREACH,
  message,
  NEXT_HOP,
  NLRI,
  OPTIONS,
  ORIGIN,
  TWO_OCTET,
  u16,
  update,
  verdict,
} from './wire/build.ts';

const WITHDRAW = 'treat-as-withdraw';
const DISCARD = 'attribute-discard';
const RESET = 'session-reset';

const HOP = '20010db8000000000000000000000001';

function plus(...extra: readonly Uint8Array[]): Uint8Array {
  return update({ attributes: [...MANDATORY, ...extra], nlri: NLRI });
}

function instead(replacement: Uint8Array): Uint8Array {
  const attributes = MANDATORY.map((each) => (each[1] === replacement[1] ? replacement : each));
  return update({ attributes, nlri: NLRI });
}

function without(missing: Uint8Array): Uint8Array {
  return update({ attributes: MANDATORY.filter((each) => each !== missing), nlri: NLRI });
}

function reach(value: string): Uint8Array {
  return update({ attributes: [attribute(0x80, 14, value), ORIGIN, AS_PATH] });
}

type Row = readonly [message: Uint8Array, verdict: string, options?: WireOptions];

const UPDATES: Readonly<Record<string, readonly Row[]>> = {
  'Withdrawn Length or Total Attribute Length exceed the message: reset 3/1': [
    [message(2, hex('0009 0000')), `${RESET} 3/1`],
    [message(2, hex('0000 0009')), `${RESET} 3/1`],
  ],
  'NLRI or Withdrawn syntax: reset 3/10, for MP 3/9': [
    [update({ withdrawn: '210a01010101' }), `${RESET} 3/10`],
    [update({ attributes: MANDATORY, nlri: '180a01' }), `${RESET} 3/10`],
    [reach(`00020110 ${HOP} 00 81${HOP}00`), `${RESET} 3/9`],
    [update({ attributes: [attribute(0x80, 15, '000201 2020')] }), `${RESET} 3/9`],
  ],
  'MP_REACH next-hop length impossible, MP attribute shorter than its header: reset 3/9': [
    [reach(`0002010f ${HOP.slice(2)} 00`), `${RESET} 3/9`],
    [reach('00020100'), `${RESET} 3/9`],
    [update({ attributes: [attribute(0x80, 15, '0002')] }), `${RESET} 3/9`],
  ],
  'MP_REACH or MP_UNREACH twice: reset 3/1': [
    [update({ attributes: [MP_REACH, MP_REACH, ORIGIN, AS_PATH] }), `${RESET} 3/1`],
    [update({ attributes: [MP_UNREACH, MP_UNREACH] }), `${RESET} 3/1`],
  ],
  'another attribute twice: the first is kept, the rest dropped': [
    [plus(attribute(0x40, 1, '02')), 'fine'],
    [plus(attribute(0xc0, 8, '00010001'), attribute(0xc0, 8, '00')), 'fine'],
  ],
  'an attribute runs past, or less than its header is left: withdraw': [
    [plus(hex('4005 05 00000064')), `${WITHDRAW} 3/1`],
    [plus(hex('40')), `${WITHDRAW} 3/1`],
    [plus(hex('5005 00')), `${WITHDRAW} 3/1`],
  ],
  'withdraw-class without reachable NLRI and more than MP_UNREACH: reset (§5.2)': [
    [update({ attributes: [attribute(0x40, 1, '07')] }), `${RESET} 3/6`],
    [update({ attributes: [MP_UNREACH, attribute(0x40, 1, '07')] }), `${RESET} 3/6`],
    [update({ withdrawn: NLRI, attributes: [hex('4001 09 00')] }), `${RESET} 3/1`],
    [update({ attributes: [attribute(0xc0, 15, '000201 2020010db8')] }), `${WITHDRAW} 3/4`],
  ],
  'Optional or Transitive bits wrong: withdraw, for ATOMIC_AGGREGATE and AGGREGATOR discard': [
    [instead(attribute(0xc0, 1, '00')), `${WITHDRAW} 3/4`],
    [plus(attribute(0x40, 8, '00010001')), `${WITHDRAW} 3/4`],
    [plus(attribute(0xc0, 6, '')), `${DISCARD} 3/4`],
    [plus(attribute(0x80, 7, '0000fde9c0000201')), `${DISCARD} 3/4`],
  ],
  'ORIGIN, AS_PATH or NEXT_HOP missing: withdraw': [
    [without(ORIGIN), `${WITHDRAW} 3/3`],
    [without(AS_PATH), `${WITHDRAW} 3/3`],
    [without(NEXT_HOP), `${WITHDRAW} 3/3`],
    [update({ attributes: [MP_REACH] }), `${WITHDRAW} 3/3`],
  ],
  'ORIGIN, AS_PATH, NEXT_HOP, MED, all communities malformed: withdraw': [
    [instead(attribute(0x40, 1, '03')), `${WITHDRAW} 3/6`],
    [instead(attribute(0x40, 2, '0200')), `${WITHDRAW} 3/11`],
    [instead(attribute(0x40, 3, 'c00002')), `${WITHDRAW} 3/5`],
    [plus(attribute(0x80, 4, '000000')), `${WITHDRAW} 3/5`],
    [plus(attribute(0xc0, 8, '000001')), `${WITHDRAW} 3/5`],
    [plus(attribute(0xc0, 16, '00020000000001')), `${WITHDRAW} 3/5`],
    [plus(attribute(0xc0, 25, '0002')), `${WITHDRAW} 3/5`],
    [plus(attribute(0xc0, 32, '0000000100000002')), `${WITHDRAW} 3/5`],
  ],
  'LOCAL_PREF, ORIGINATOR_ID, CLUSTER_LIST malformed: inside withdraw, from outside discard': [
    5, 9, 10,
  ].flatMap((type): Row[] => {
    const broken = plus(attribute(type === 5 ? 0x40 : 0x80, type, '000064'));
    return [
      [broken, `${WITHDRAW} 3/5`],
      [broken, `${DISCARD} 3/5`, EXTERNAL],
    ];
  }),
  'ATOMIC_AGGREGATE, AGGREGATOR, AS4_AGGREGATOR malformed; AS 0 in AGGREGATOR: discard': [
    [plus(attribute(0x40, 6, '00')), `${DISCARD} 3/5`],
    [plus(attribute(0xc0, 7, '0000fde9')), `${DISCARD} 3/5`],
    [plus(attribute(0xc0, 7, '00000000c0000201')), `${DISCARD} 3/9`],
    [
      update({
        attributes: [
          ORIGIN,
          attribute(0x40, 2, '0201fde9'),
          NEXT_HOP,
          attribute(0xc0, 18, '0000fde9'),
        ],
        nlri: NLRI,
      }),
      `${DISCARD} 3/5`,
      TWO_OCTET,
    ],
  ],
  'AS 0 in AS_PATH: withdraw (RFC 7607)': [
    [instead(attribute(0x40, 2, '020100000000')), `${WITHDRAW} 3/11`],
  ],
  'an attribute that claims to be well-known and is unknown: withdraw': [
    [plus(attribute(0x40, 99, '01')), `${WITHDRAW} 3/2`],
  ],
  'of several errors the strongest wins': [
    [plus(attribute(0x40, 6, '00'), attribute(0x80, 4, '00')), `${WITHDRAW} 3/5`],
    [
      update({
        attributes: [attribute(0x40, 1, '07'), attribute(0x80, 15, '0002')],
        nlri: NLRI,
      }),
      `${RESET} 3/9`,
    ],
  ],
  'low flag bits, Extended Length of a short value, an empty unknown optional: accepted': [
    [instead(attribute(0x4f, 1, '00')), 'fine'],
    [instead(attribute(0x50, 1, '00')), 'fine'],
    [plus(attribute(0xc0, 99, ''), attribute(0x80, 98, '')), 'fine'],
  ],
  'reserved and unknown families in MP attributes: the attribute is ignored': [
    [reach('00190046 00 00 1234'), 'fine'],
    [reach('00000000 00'), 'fine'],
    [update({ attributes: [attribute(0x80, 15, '001946 ffff')] }), 'fine'],
  ],
};

for (const [clause, rows] of Object.entries(UPDATES)) {
  t.test(`UPDATE: ${clause}`, async (t) => {
    for (const [bytes, expected, options = OPTIONS] of rows) {
      t.equal(verdict(bytes, options), expected, Buffer.from(bytes.subarray(19)).toString('hex'));
    }
  });
}

t.test('what is only dropped leaves the route, what is withdrawn does not', async (t) => {
  const outcome = (bytes: Uint8Array) => {
    const { reachable, withdrawn } = decodeUpdate(bytes, 0, bytes.length, OPTIONS);
    return [reachable.length, withdrawn.length];
  };
  t.same(outcome(plus(attribute(0x40, 6, '00'))), [1, 0]);
  t.same(outcome(plus(attribute(0x80, 4, '00'))), [0, 1]);
});

const KEEPALIVE = message(4, new Uint8Array(0));
const END_OF_RIB = update({});
const CEASE = message(3, hex('0602'));
const REFRESH = (body: string) => message(5, hex(body));
const header = (length: number, type: number) =>
  concat(new Uint8Array(16).fill(255), u16(length), Uint8Array.of(type));
const open = (body: string) => message(1, hex(body));
const damaged = (bytes: Uint8Array, at: number, value: number) => {
  const copy = bytes.slice();
  copy[at] = value;
  return copy;
};

/** `wait` advances the clock by seconds. */
type Step = Uint8Array | { readonly wait: number };
type SessionRow = readonly [steps: readonly Step[], answer: string];

const UP: readonly Step[] = [openMessage(), KEEPALIVE];

const SESSIONS: Readonly<Record<string, readonly SessionRow[]>> = {
  'marker not all ones: 1/1': [
    [[damaged(openMessage(), 3, 0)], '1/1 Idle'],
    [[...UP, damaged(KEEPALIVE, 15, 0xfe)], '1/1 Idle'],
  ],
  'length too short, too long, or wrong for the type: 1/2 with the length, before the body': [
    [[header(18, 1)], '1/2 0012 Idle'],
    [[header(4097, 1)], '1/2 1001 Idle'],
    [[header(28, 1)], '1/2 001c Idle'],
    [[...UP, header(20, 4)], '1/2 0014 Idle'],
    [[...UP, header(22, 2)], '1/2 0016 Idle'],
    [[...UP, header(20, 3)], '1/2 0014 Idle'],
  ],
  'unknown type: 1/3 with the type': [
    [[header(19, 0)], '1/3 00 Idle'],
    [[...UP, header(19, 6)], '1/3 06 Idle'],
  ],
  'OPEN, version: 2/1 with 4': [[[open('03 fc00 005a 0a000002 00')], '2/1 0004 Idle']],
  'OPEN, wrong AS or AS 0: 2/2': [
    [[open('04 fde9 005a 0a000002 00')], '2/2 Idle'],
    [[open('04 0000 005a 0a000002 00')], '2/2 0000 Idle'],
  ],
  'OPEN, identifier 0 or ours on an internal session: 2/3': [
    [[open('04 fc00 005a 00000000 00')], '2/3 00000000 Idle'],
    [[open('04 fc00 005a 0a000001 00')], '2/3 Idle'],
  ],
  'OPEN, hold time 1 or 2: 2/6': [
    [[open('04 fc00 0001 0a000002 00')], '2/6 0001 Idle'],
    [[open('04 fc00 0002 0a000002 00')], '2/6 0002 Idle'],
  ],
  'OPEN, lengths that do not add up, the form of RFC 9072 included: 2/0': [
    [[open('04 fc00 005a 0a000002 05 02 02 0200')], '2/0 Idle'],
    [[open('04 fc00 005a 0a000002 06 02 04 4104 0000')], '2/0 Idle'],
    [[open('04 fc00 005a 0a000002 ff ff 0006 02 0002 0200')], '2/0 Idle'],
  ],
  'OPEN, unknown parameter: 2/4': [[[open('04 fc00 005a 0a000002 02 03 00')], '2/4 Idle']],
  'OPEN, unknown capability: ignored': [
    [[open('04 fc00 005a 0a000002 05 02 03 f00107'), KEEPALIVE], 'Established'],
  ],
  'OPEN, no common family: 2/7': [
    [[open('04 fc00 005a 0a000002 08 02 06 0104 00020001')], '2/7 010400010001 Idle'],
  ],
  'a message the state does not allow: 5/1, 5/2, 5/3 (RFC 6608)': [
    [[KEEPALIVE], '5/1 Idle'],
    [[openMessage(), END_OF_RIB], '5/2 Idle'],
    [[...UP, openMessage()], '5/3 Idle'],
  ],
  'NOTIFICATION of any content: close, and nothing back': [
    [[...UP, CEASE], 'closed'],
    [[...UP, message(3, hex('ffff 1234'))], 'closed'],
    [[...UP, message(3, hex('0602 ff 41'))], 'closed'],
  ],
  'nothing for the hold time: 4/0': [[[...UP, { wait: 240 }], '4/0 Idle']],
  'ROUTE-REFRESH of a wrong length: 7/1 with the message (RFC 7313 §5)': [
    [[...UP, REFRESH('0001')], `7/1 ${'ff'.repeat(16)}0015050001 Idle`],
    [[...UP, REFRESH('0001000101')], `7/1 ${'ff'.repeat(16)}0018050001000101 Idle`],
  ],
  'ROUTE-REFRESH of an unknown family or subtype: ignored': [
    [[...UP, REFRESH('40040047'), REFRESH('00010901')], 'Established'],
  ],
  'a partial message does not refresh the hold timer': [
    [
      [
        ...UP,
        ...Array.from({ length: 12 }, (_, i) => [
          { wait: 20 },
          KEEPALIVE.subarray(i, i + 1),
        ]).flat(),
      ],
      '4/0 Idle',
    ],
  ],
};

/** Plays what a peer sends; the NOTIFICATION it gets and our state afterwards. */
async function play(steps: readonly Step[]): Promise<string> {
  const lab = new Lab();
  const peer = await lab.puppet();
  const { session } = await lab.speaker('10.0.0.1', '10.0.0.2');
  session.start();
  lab.clock.advance(1_010);
  for (const step of steps) {
    if ('wait' in step) lab.clock.advance(step.wait * 1000);
    else peer.send(step);
    lab.clock.advance(10);
  }
  const told = peer.notifications.map(
    ({ code, subcode, data }) => `${code}/${subcode} ${Buffer.from(data).toString('hex')}`,
  );
  const state = peer.isClosed && told.length === 0 ? 'closed' : session.state;
  return [...told, state].join(' ').replace('  ', ' ');
}

for (const [clause, rows] of Object.entries(SESSIONS)) {
  t.test(`session: ${clause}`, async (t) => {
    for (const [steps, expected] of rows) t.equal(await play(steps), expected);
  });
}
