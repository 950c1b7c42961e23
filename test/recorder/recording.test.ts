/** The flight recorder of whole daemons: what is written out, when, and what is in it. */
import t from 'tap';
import { messageType } from '../../src/bgp/wire/header.ts';
import { BGP4MP_ET } from '../../src/mrt/constants.ts';
import { readMessage } from '../../src/mrt/message-reader.ts';
import { RecordSplitter } from '../../src/mrt/record-splitter.ts';
import { Lab } from '../support/lab.ts';

function config(last: number, other: number, recorder = '', more = ''): string {
  return `
router: { asNumber: 6500${last}, routerId: 10.0.0.${last}, ${recorder} }
blocks: [{ cidr: 10.${last}.0.0/24 }, { cidr: 10.${last}.1.0/24 }]
neighbors: [{ name: "p/${other}", address: 10.0.0.${other}, asNumber: 6500${other}, sourceAddress: 10.0.0.${last}, ${more} }]`;
}

const ON = 'recorder: { period: 10m }';

async function pair(recorder = ON, more = '') {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config(1, 2, recorder, more));
  const b = lab.node('10.0.0.2', config(2, 1));
  await a.start();
  await b.start();
  await lab.settle();
  return { lab, a, b };
}

const TYPES = ['', 'open', 'update', 'notification', 'keepalive', 'refresh'];

/** `type in|out` of each message, `state from to`. */
function linesOf(bytes: Buffer): string[] {
  return [...new RecordSplitter().push(bytes)].map((record) => {
    t.equal(record.type, BGP4MP_ET);
    const read = readMessage(record)!;
    if (read.kind === 'state') return `state ${read.from} ${read.to}`;
    return `${TYPES[messageType(read.message, 0)]} ${read.isSent ? 'out' : 'in'}`;
  });
}

t.test('a NOTIFICATION nobody wanted has the latest messages written out, once', async (t) => {
  const { lab, a, b } = await pair();
  await b.apply(config(2, 1).replace('asNumber: 65001', 'asNumber: 65009'));
  await lab.settle(120_000);
  const [first, ...rest] = a.recordings;
  t.equal(first!.label, 'p/2');
  const lines = linesOf(first!.bytes);
  for (const line of ['open out', 'open in', 'update in', 'notification in', 'state 5 6']) {
    t.ok(lines.includes(line), line);
  }
  t.notOk(lines.includes('update out'), 'what we send is not kept unless asked for');
  t.ok(rest.length <= 2, 'at most one a minute');
});

t.test('what an operator does is no reason to write', async (t) => {
  const { lab, a, b } = await pair();
  a.commands.clearNeighbor('p/2', undefined);
  await lab.settle();
  b.commands.shutdownNeighbor('p/1', 'bye');
  await lab.settle();
  t.same(a.recordings, []);
});

t.test('all of it can be asked for; sent UPDATEs are kept where wanted', async (t) => {
  const { a } = await pair('recorder: { sent: true }');
  t.equal(await a.commands.saveRecording(), 'saved');
  const lines = linesOf(a.recordings[0]!.bytes);
  t.ok(lines.includes('update out'));
  t.same(linesOf(Buffer.concat([...a.views.messages()])), lines);
});

t.test('a crash writes at once', async (t) => {
  const { a } = await pair();
  a.daemon.recording.crash();
  t.same(
    a.recordings.map(({ label }) => label),
    ['crash'],
  );
});

t.test('the OPENs of the session are there however much has happened since', async (t) => {
  const { lab, a, b } = await pair('recorder: { period: 60 }');
  await lab.settle(600_000);
  await b.apply(config(2, 1).replace('10.2.1.0/24', '10.2.2.0/24'));
  await lab.settle();
  const lines = linesOf(Buffer.concat([...a.views.messages()]));
  t.same(lines.slice(0, 2).sort(), ['open in', 'open out']);
  t.ok(lines.includes('update in'));
});

t.test('it is off unless configured, and can be put in and taken out live', async (t) => {
  const { lab, a, b } = await pair('');
  t.throws(() => a.views.messages(), { message: /router\.recorder/ });
  await t.rejects(async () => a.commands.saveRecording(), { message: /router\.recorder/ });
  await a.apply(config(1, 2, ON));
  await b.apply(config(2, 1).replace('10.2.1.0/24', '10.2.2.0/24'));
  await lab.settle();
  t.same([...new Set(linesOf(Buffer.concat([...a.views.messages()])))], ['update in']);
  await a.apply(config(1, 2));
  t.throws(() => a.views.messages());
  t.equal(a.state('p/2'), 'Established');
});

t.test('a password is in no recording (RFC 2385)', async (t) => {
  const secret = 'password: oh-so-secret';
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config(1, 2, 'recorder: { sent: true }', secret));
  const b = lab.node('10.0.0.2', config(2, 1, '', secret));
  await a.start();
  await b.start();
  await lab.settle();
  t.equal(a.state('p/2'), 'Established');
  t.notMatch(Buffer.concat([...a.views.messages()]).toString('latin1'), /secret/);
});
