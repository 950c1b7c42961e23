/** Recordings, read by others' tools: `bgpdump` sees what the daemon holds. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { writeWholeFile } from '../../src/cli/whole-file.ts';
import { Lab } from '../support/lab.ts';

const hasBgpdump = !spawnSync('bgpdump', ['-v'], { stdio: 'ignore' }).error;
const options = hasBgpdump ? {} : { skip: 'bgpdump is not installed (Debian package bgpdump)' };

function config(address: string, other: string, more: string, router = ''): string {
  const last = address.split('.')[3];
  return `
router: { asNumber: 6500${last}, routerId: ${address}${router} }
blocks: [{ cidr: 10.${last}.0.0/24 }, { cidr: 10.9.0.0/24 }, { cidr: "2001:db8:${last}::/64" }]
neighbors:
  - { name: peer, address: ${other}, asNumber: 6500${other.split('.')[3]}, sourceAddress: ${address},
      families: [ipv4-unicast, ipv6-unicast], nextHopAddress: { ipv6: "2001:db8::${last}" }, ${more} }`;
}

async function pair(more = '', router = '') {
  const lab = new Lab();
  const a = lab.node('10.0.0.1', config('10.0.0.1', '10.0.0.2', more, router));
  const b = lab.node('10.0.0.2', config('10.0.0.2', '10.0.0.1', more));
  await a.start();
  await b.start();
  await lab.settle();
  return { lab, a, b };
}

/** Lines of `bgpdump -m` without the time, sorted. */
async function bgpdump(t: Test, pieces: Iterable<Uint8Array>): Promise<string[]> {
  const file = join(t.testdir(), 'recording.mrt');
  await writeWholeFile(file, piecewise(pieces));
  const { stdout, stderr } = spawnSync('bgpdump', ['-m', file], { encoding: 'utf8' });
  t.notMatch(stderr, /error|warn|unknown|unsupported/i);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => line.replace(/^(\w+)\|[\d.]+\|/, '$1|')).sort();
}

async function* piecewise(pieces: Iterable<Uint8Array>) {
  yield* pieces;
}

t.test('a table dump has every path of both families', options, async (t) => {
  const { a } = await pair('addPath: { send: false, receive: false }');
  t.same(await bgpdump(t, a.views.table('received')), [
    'TABLE_DUMP2|B|0.0.0.0|65001|10.1.0.0/24||IGP|0.0.0.0|100|0||NAG||',
    'TABLE_DUMP2|B|0.0.0.0|65001|10.9.0.0/24||IGP|0.0.0.0|100|0||NAG||',
    'TABLE_DUMP2|B|0.0.0.0|65001|2001:db8:1::/64||IGP|::|100|0||NAG||',
    'TABLE_DUMP2|B|10.0.0.2|65002|10.2.0.0/24|65002|IGP|10.0.0.2|0|0||NAG||',
    'TABLE_DUMP2|B|10.0.0.2|65002|10.9.0.0/24|65002|IGP|10.0.0.2|0|0||NAG||',
    'TABLE_DUMP2|B|10.0.0.2|65002|2001:db8:2::/64|65002|IGP|2001:db8::2|0|0||NAG||',
  ]);
  const best = await bgpdump(t, a.views.table('best'));
  t.equal(best.filter((line) => line.includes('10.9.0.0/24')).length, 1);
});

t.test('a table dump has Add-Path identifiers (RFC 8050)', options, async (t) => {
  const { a } = await pair('addPath: { send: true, receive: true }');
  const lines = await bgpdump(t, a.views.table('received'));
  const [learned] = lines.filter((line) => line.includes('10.2.0.0/24'));
  t.match(
    learned,
    /^TABLE_DUMP2_AP\|B\|10\.0\.0\.2\|65002\|10\.2\.0\.0\/24\|\d+\|65002\|IGP\|10\.0\.0\.2/,
  );
});

t.test('messages of the flight recorder, with Add-Path and ours among them', options, async (t) => {
  const { lab, a, b } = await pair(
    'addPath: { send: true, receive: true }',
    ', recorder: { sent: true }',
  );
  await b.apply(config('10.0.0.2', '10.0.0.1', '').replace('10.9.0.0', '10.10.0.0'));
  await lab.settle();
  const lines = await bgpdump(t, a.views.messages());
  const prefix = 'BGP4MP_ET|';
  t.ok(
    lines.some((line) => line.startsWith(`${prefix}STATE|10.0.0.2|65002|5|6`)),
    'state',
  );
  t.ok(
    lines.some((line) => /\|A\|10\.0\.0\.2\|65002\|10\.2\.0\.0\/24\|/.test(line)),
    'announced',
  );
  t.ok(
    lines.some((line) => /\|W\|10\.0\.0\.2\|65002\|10\.9\.0\.0\/24/.test(line)),
    'withdrawn',
  );
  t.ok(
    lines.some((line) => /2001:db8:2::\/64/.test(line)),
    'IPv6',
  );
});
