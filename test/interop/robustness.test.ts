/**
 * What bad peers cost the others: BIRD and GoBGP beside a flood of malformed messages, sessions that are reset
 * over and over, octets that are no BGP, a reader that reads nothing; then one is killed and one stopped.
 */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { startBird } from '../../lab/support/bird.ts';
import { catbird } from '../../lab/support/catbird.ts';
import { startGobgp } from '../../lab/support/gobgp.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { run } from '../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));
const BAD_PEERS = fileURLToPath(new URL('../support/bad-peers.mjs', import.meta.url));

const [OWN, BIRD, GOBGP] = ['172.18.0.2', '172.18.0.3', '172.18.0.4'];
const HOLD_TIME_SEC = 9;
/** Beyond the hold time: a KEEPALIVE that waits behind the flood would be seen. */
const FLOOD_MS = 11_000;
/** What the daemon may hold at most, and write to its log in that time. */
const MEMORY_MIB = 400;
const LOG_BYTES = 100_000;

const BAD = ['faulty', 'resetting', 'garbage', 'churning', 'deaf'].map((role, i) => ({
  role,
  address: `172.18.1.${i + 1}`,
  asNumber: 64601 + i,
}));

/** Who reads nothing is given up as soon as the buffers have been full for so long (RFC 9687). */
const TIMES = { holdTime: 6, sendHoldTime: 7 };

const CONFIG = {
  router: { asNumber: 64512, routerId: OWN, selectionDeferralTime: 2 }, // the bad ones come later
  fib: { enabled: false },
  neighbors: [
    { name: 'bird', address: BIRD, asNumber: 64513, holdTime: HOLD_TIME_SEC },
    { name: 'gobgp', address: GOBGP, asNumber: 64512, holdTime: HOLD_TIME_SEC },
    ...BAD.map(({ role, ...rest }) => ({ name: role, ...rest, passive: true, ...TIMES })),
  ],
};

interface NeighborView {
  readonly name: string;
  readonly state: string;
  readonly flaps: number;
  readonly lastError: string | null;
  readonly faultyUpdates: Readonly<Record<string, number>>;
}

function start(lab: Laboratory) {
  const [own, bird, gobgp, bad] = [
    lab.network.addHost('own', `${OWN}/16`),
    lab.network.addHost('bird', `${BIRD}/16`),
    lab.network.addHost('gobgp', `${GOBGP}/16`),
    lab.network.addHost('bad', '172.18.1.254/16'),
  ];
  for (const { address } of BAD)
    lab.run(bad, ['ip', 'address', 'add', `${address}/16`, 'dev', 'eth0']);
  // Little is needed to fill the buffers towards who does not read.
  lab.run(bad, ['sysctl', '-qw', 'net.ipv4.tcp_rmem=4096 16384 65536']);
  lab.run(own, ['sysctl', '-qw', 'net.ipv4.tcp_wmem=4096 16384 65536']);
  const [file, socket] = [lab.path('own.json'), lab.path('own.sock')];
  writeFileSync(file, JSON.stringify(CONFIG));
  const argv = [process.execPath, CATBIRD];
  const daemon = lab.start('own', own, [...argv, 'run', '--config', file, '--api', socket]);
  const birdConfig = (routes: readonly string[]) => ({
    asNumber: 64513,
    address: BIRD,
    routes: routes.map((route) => `${route} blackhole`),
    sessions: [{ name: 'own', address: OWN, asNumber: 64512 }],
  });
  const birdDaemon = startBird(lab, 'bird', bird, birdConfig(['10.1.0.0/24']));
  return {
    daemon,
    bird: birdDaemon,
    announce: (...routes: string[]) => birdDaemon.configure(birdConfig(routes)),
    gobgp: startGobgp(lab, 'gobgp', gobgp, {
      asNumber: 64512,
      address: GOBGP,
      clients: `${OWN}/32`,
    }),
    flood: () => {
      const words = BAD.map(({ role, address, asNumber }) => `${role}=${address}=${asNumber}`);
      return lab.start('bad', bad, [process.execPath, BAD_PEERS, OWN, ...words]);
    },
    show: (what: string) => run([...argv, 'show', what, '--api', socket, '-o', 'json']),
  };
}

type Scene = ReturnType<typeof start>;

function neighbors({ show }: Scene): ReadonlyMap<string, NeighborView> {
  const list = JSON.parse(show('neighbors')) as NeighborView[];
  return new Map(list.map((each) => [each.name, each]));
}

/** Prefixes of BIRD that GoBGP has. */
function passedOn({ gobgp }: Scene): string {
  return [...gobgp.rib().keys()]
    .filter((prefix) => prefix.startsWith('10.'))
    .sort()
    .join(' ');
}

function demand(actual: unknown, wanted: unknown): void {
  if (actual !== wanted) throw new Error(`${actual} instead of ${wanted}`);
}

/** Changes of BIRD come through in the middle of it. */
async function playFlood(lab: Laboratory, scene: Scene) {
  const flood = scene.flood();
  const until = Date.now() + FLOOD_MS;
  await lab.expect('the bad peers are at it', 10, () => {
    const { resets = 0, faults = 0, garbage = 0 } = lastCounters(flood.logFile);
    if (resets < 1 || faults < 10_000 || garbage < 1)
      throw new Error(`${resets} ${faults} ${garbage}`);
  });
  for (const last of ['10.3.0.0/24', '10.4.0.0/24']) {
    scene.announce('10.1.0.0/24', last);
    await lab.expect(`${last} comes through`, 5, () =>
      demand(passedOn(scene), `10.1.0.0/24 ${last}`),
    );
  }
  await delay(Math.max(0, until - Date.now()));
  await lab.expect('who reads nothing is given up', 15, () => {
    const { lastError } = neighbors(scene).get('deaf')!;
    if (!/Send Hold Timer Expired/.test(lastError ?? '')) throw new Error(`${lastError}`);
  });
  const after = neighbors(scene);
  const { resets } = lastCounters(flood.logFile);
  flood.kill();
  return { after, resets: resets! };
}

function lastCounters(file: string): Record<string, number> {
  const line = readFileSync(file, 'utf8').trimEnd().split('\n').at(-1);
  return line ? JSON.parse(line) : {};
}

async function play(lab: Laboratory, t: Test): Promise<void> {
  const scene = start(lab);
  await lab.expect('BIRD and GoBGP are up', 20, () => {
    for (const name of ['bird', 'gobgp']) demand(neighbors(scene).get(name)!.state, 'Established');
    demand(passedOn(scene), '10.1.0.0/24');
  });
  const logBefore = statSync(scene.daemon.logFile).size;
  const { after, resets } = await playFlood(lab, scene);
  for (const name of ['bird', 'gobgp']) {
    t.match(after.get(name), { state: 'Established', flaps: 0 }, `${name} keeps its session`);
  }
  const faults = after.get('faulty')!.faultyUpdates['treat-as-withdraw']!;
  t.ok(faults > 50_000, `${faults} malformed UPDATEs were treated as withdrawn`);
  t.equal(after.get('faulty')!.flaps, 0, 'and cost no session (RFC 7606)');
  t.ok(resets <= 6, 'who is reset waits (SESS-1)');
  const quarantine = JSON.parse(scene.show('quarantine')) as { peer: string }[];
  t.ok(quarantine.length <= BAD.length * 32, `${quarantine.length} messages are kept`);
  t.ok(scene.daemon.peakMemoryMiB() < MEMORY_MIB, `${scene.daemon.peakMemoryMiB()} MiB`);
  const logged = statSync(scene.daemon.logFile).size - logBefore;
  t.ok(logged < LOG_BYTES, `${logged} octets were logged`);
  await playLosses(lab, scene);
}

/** BIRD does graceful restart and is killed, GoBGP hangs. */
async function playLosses(lab: Laboratory, scene: Scene): Promise<void> {
  scene.bird.daemon.kill();
  await lab.expect('BIRD is gone, its routes are kept', 5, () => {
    demand(neighbors(scene).get('bird')!.state === 'Established', false);
    demand(passedOn(scene), '10.1.0.0/24 10.4.0.0/24');
  });
  scene.gobgp.daemon.signal('SIGSTOP');
  await lab.expect('who says nothing for the hold time is dropped', HOLD_TIME_SEC + 6, () =>
    demand(neighbors(scene).get('gobgp')!.state === 'Established', false),
  );
  scene.gobgp.daemon.signal('SIGCONT');
}

const skip = obstacleTo(['bird', 'gobgpd', 'gobgp'], catbird) ?? false;

t.test('bad peers leave the others alone', { skip }, async (t) => {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  try {
    await play(lab, t);
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});
