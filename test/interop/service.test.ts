/** The service unit: systemd finds nothing wrong with it, and its capabilities are all the daemon needs. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catbird, showNeighbors, startCatbird } from '../../lab/support/catbird.ts';
import { birdRoutes } from '../../lab/support/kernel-routes.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { isInstalled, run } from '../../lab/support/shell.ts';
import { bindNotifySocket } from '../support/notify-socket.ts';

const UNIT = fileURLToPath(new URL('../../deploy/catbird.service', import.meta.url));
const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));
const NOBODY = '65534';
const PASSWORD = 'a secret';

const unit = readFileSync(UNIT, 'utf8');

function config(own: string, far: string, block: string): string {
  const neighbor = { name: 'far', address: far, asNumber: 64512, password: PASSWORD, holdTime: 90 };
  const bfd = { multihop: false };
  const neighbors = [{ ...neighbor, ttlSecurity: 1, bfd }];
  return JSON.stringify({
    router: { asNumber: 64512, routerId: own },
    blocks: [{ cidr: block }],
    neighbors,
  });
}

/** The words that give a command the unit's capabilities but one, another user, and no way to more. */
function confined(without?: string): string[] {
  const all = /^CapabilityBoundingSet=(.*)$/m.exec(unit)![1]!.split(' ');
  const names = all.filter((name) => name !== without);
  const wanted = names.map((name) => `+${name.replace('CAP_', '').toLowerCase()}`).join(',');
  const user = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups', '--no-new-privs'];
  const sets = ['inh-caps', 'ambient-caps', 'bounding-set'];
  return ['setpriv', ...user, ...sets.map((set) => `--${set}=-all,${wanted}`)];
}

const noSystemd = isInstalled('systemd-analyze') ? false : 'not installed: systemd-analyze';

t.test('systemd-analyze verify accepts the unit', { skip: noSystemd }, async (t) => {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const file = lab.path('catbird.service');
  writeFileSync(file, unit.replace('/usr/bin/catbird', '/bin/true')); // it looks for the program
  t.equal(run(['systemd-analyze', 'verify', '--man=no', file]), '');
});

const skip = obstacleTo(['setpriv'], catbird) ?? false;

t.test('MD5, TTL security, BFD, port 179 and routes with two capabilities', { skip }, async (t) => {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const near = lab.network.addHost('near', '172.18.0.2/24');
  const far = lab.network.addHost('far', '172.18.0.3/24');
  writeFileSync(lab.path('far.json'), config('172.18.0.3', '172.18.0.2', '10.3.0.0/24'));
  startCatbird(lab, 'far', far, ['--config', lab.path('far.json')]);
  writeFileSync(lab.path('near.json'), config('172.18.0.2', '172.18.0.3', '10.2.0.0/24'));
  run(['chmod', '755', lab.directory]);
  const home = lab.path('home');
  mkdirSync(home);
  run(['chown', NOBODY, home]);
  const socket = `${home}/near.sock`;
  const own = ['--config', lab.path('near.json'), '--api', socket, '--state', `${home}/state`];
  const daemon = lab.start('near', near, [...confined(), process.execPath, CATBIRD, 'run', ...own]);
  try {
    await lab.expect('the session is up', 40, () => {
      const [neighbor] = showNeighbors(socket);
      if (neighbor?.state !== 'Established') throw new Error(JSON.stringify(neighbor));
      if ((neighbor as { bfd?: string }).bfd !== 'Up') throw new Error(JSON.stringify(neighbor));
    });
    await lab.expect('both kernels have the routes', 20, () => {
      if (!birdRoutes(near).has('10.3.0.0/24') || !birdRoutes(far).has('10.2.0.0/24')) {
        throw new Error('not yet');
      }
    });
    const pids = run(['ip', 'netns', 'pids', near]).trim().split('\n');
    const held = pids.map((pid) => /^CapEff:\s+(\S+)/m.exec(status(pid))![1]!);
    t.same(new Set(held.map((text) => Number.parseInt(text, 16))), new Set([0x1400]));
    await daemon.stop('SIGTERM');
    t.ok(birdRoutes(near).has('10.3.0.0/24'), 'routes stay (START-3)');
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});

const noSockets = obstacleTo(['setpriv', 'systemd-socket-activate'], catbird) ?? false;

/** By a port it may not bind itself, and started only by the peer who dials. */
t.test(
  'an inherited port 179 and the watchdog, by the service manager',
  {
    skip: noSockets,
  },
  async (t) => {
    const lab = new Laboratory(SILENT);
    t.teardown(() => lab.dispose());
    const near = lab.network.addHost('near', '172.18.0.2/24');
    const far = lab.network.addHost('far', '172.18.0.3/24');
    const home = lab.path('home');
    mkdirSync(home);
    run(['chmod', '755', lab.directory]);
    run(['chown', NOBODY, home]);
    const heard = bindNotifySocket(t, `${home}/notify`);
    chmodSync(`${home}/notify`, 0o777);
    const write = (name: string, own: string, other: string, passive: boolean) => {
      const neighbors = [
        { name: 'other', address: other, asNumber: 64512, passive, connectRetryTime: 1 },
      ];
      const listen = { addresses: ['0.0.0.0'] };
      const content = { router: { asNumber: 64512, routerId: own, listen }, neighbors };
      writeFileSync(lab.path(name), JSON.stringify(content));
      return lab.path(name);
    };
    const socket = `${home}/near.sock`;
    const listen = ['systemd-socket-activate', '-l', '0.0.0.0:179'];
    const told = ['env', `NOTIFY_SOCKET=${home}/notify`, 'WATCHDOG_USEC=1000000'];
    const own = ['--config', write('near.json', '172.18.0.2', '172.18.0.3', true), '--api', socket];
    const command = [...confined('CAP_NET_BIND_SERVICE'), process.execPath, CATBIRD, 'run', ...own];
    lab.start('near', near, [...listen, ...told, ...command]);
    startCatbird(lab, 'far', far, [
      '--config',
      write('far.json', '172.18.0.3', '172.18.0.2', false),
    ]);
    const words: string[] = [];
    try {
      await lab.expect('the session is up', 40, () => {
        const [neighbor] = showNeighbors(socket);
        if (neighbor?.state !== 'Established') throw new Error(JSON.stringify(neighbor));
      });
      await lab.expect('it is ready, and feeds the watchdog', 10, () => {
        words.push(...heard());
        if (words.filter((word) => word === 'WATCHDOG=1').length < 2) throw new Error(words.join());
      });
      t.match(words[0], /^READY=1\nSTATUS=/);
    } catch (error) {
      t.fail((error as Error).message, { logs: lab.logs() });
    }
  },
);

function status(pid: string): string {
  return readFileSync(`/proc/${pid}/status`, 'utf8');
}
