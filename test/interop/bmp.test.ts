/** A daemon monitored by pmacct's `pmbmpd`: every view arrives, with what is to be known of the sessions. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import t, { type Test } from 'tap';

const ROOT = new URL('../../', import.meta.url).pathname;
const hasPmbmpd = !spawnSync('pmbmpd', ['-V'], { stdio: 'ignore' }).error;
const options = hasPmbmpd ? {} : { skip: 'pmbmpd is not installed (Debian package pmacct)' };

async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function run(t: Test, command: string, words: readonly string[]): ChildProcess {
  const child = spawn(command, words, { stdio: 'ignore' });
  t.teardown(() => void child.kill('SIGKILL')); // pmbmpd does not always heed less
  return child;
}

function daemon(t: Test, folder: string, name: string, text: string): ChildProcess {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, text);
  return run(t, `${ROOT}bin/catbird`, ['run', '--config', file, '--api', join(folder, name)]);
}

type Line = Readonly<Record<string, unknown>>;

/** Waits for a line of the log that has these fields. */
async function line(file: string, wanted: Line): Promise<Line> {
  const words = JSON.stringify(wanted);
  for (let tries = 0; tries < 200; tries++) {
    const found = (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n')
      .slice(0, -1)
      .map((text) => JSON.parse(text) as Line)
      .find((each) => Object.entries(wanted).every(([key, value]) => each[key] === value));
    if (found) return found;
    await wait(100);
  }
  throw new Error(`pmbmpd never wrote ${words}`);
}

t.test('pmbmpd understands sessions, the four views, figures and ends', options, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'catbird-bmp-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const [bmp, bgp] = [await freePort('127.0.0.1'), await freePort('127.0.0.2')];
  const log = join(folder, 'log');
  writeFileSync(
    join(folder, 'pmbmpd.conf'),
    `daemonize: false\nbmp_daemon_ip: 127.0.0.1\nbmp_daemon_port: ${bmp}\n` +
      `bmp_daemon_msglog_file: ${log}\nbmp_daemon_msglog_output: json\n`,
  );
  run(t, 'pmbmpd', ['-f', join(folder, 'pmbmpd.conf')]);
  const common = 'families: [ipv4-unicast, ipv6-unicast], gracefulRestart: { enabled: false }';
  const b = daemon(
    t,
    folder,
    'b',
    `router: { asNumber: 65002, routerId: 10.0.0.2, listen: { port: ${bgp}, addresses: [127.0.0.2] } }
fib: { enabled: false }
blocks: [{ cidr: 10.2.0.0/24 }, { cidr: "2001:db8:2::/64" }]
neighbors: [{ name: a, address: 127.0.0.1, passive: true, asNumber: 65001, nextHopAddress: { ipv6: "2001:db8::2" }, ${common} }]`,
  );
  const collector = `{ address: 127.0.0.1, port: ${bmp}, postPolicy: true, adjRibOut: true, locRib: true, statisticsInterval: 1 }`;
  const a = daemon(
    t,
    folder,
    'a',
    `router: { asNumber: 65001, routerId: 10.0.0.1, listen: { port: 0 }, bmp: [${collector}] }
fib: { enabled: false }
blocks: [{ cidr: 10.1.0.0/24 }]
neighbors: [{ name: b, address: 127.0.0.2, port: ${bgp}, asNumber: 65002, connectRetryTime: 1, ${common} }]`,
  );
  t.ok(await line(log, { bmp_msg_type: 'init' }));
  t.ok(
    await line(log, { bmp_msg_type: 'peer_up', peer_ip: '0.0.0.0', is_loc: 1, bgp_id: '10.0.0.1' }),
  );
  t.ok(await line(log, { bmp_msg_type: 'peer_up', peer_ip: '127.0.0.2', remote_port: bgp }));
  const route = { bmp_msg_type: 'route_monitor', log_type: 'update', origin: 'i' };
  const learned = { ...route, peer_ip: '127.0.0.2', is_in: 1, as_path: '65002' };
  for (const is_post of [0, 1]) {
    // What a peer on this node brings with its loopback address counts as ours after import.
    const bgp_nexthop = is_post === 0 ? '127.0.0.2' : '10.0.0.1';
    t.ok(await line(log, { ...learned, is_post, bgp_nexthop, ip_prefix: '10.2.0.0/24' }));
    t.ok(await line(log, { ...learned, is_post, afi: 2, ip_prefix: '2001:db8:2::/64' }));
  }
  t.ok(await line(log, { ...route, is_out: 1, ip_prefix: '10.1.0.0/24', as_path: '65001' }));
  t.ok(await line(log, { ...route, is_loc: 1, ip_prefix: '10.1.0.0/24', as_path: '' }));
  t.ok(await line(log, { bmp_msg_type: 'stats', counter_type: 7, counter_value: 2 }));
  b.kill('SIGINT');
  t.ok(await line(log, { bmp_msg_type: 'peer_down', peer_ip: '127.0.0.2' }));
  a.kill();
  t.ok(await line(log, { bmp_msg_type: 'term' }));
});
