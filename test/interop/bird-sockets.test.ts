/** Debian's birdc and birdcl against Catbird's control sockets, and a client that behaves badly. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catbird } from '../../lab/support/catbird.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { run } from '../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));
const skip = obstacleTo(['bird'], catbird) ?? false;

function neighborOf(address: string, families: string[]) {
  const name = `Mesh_${address.replace(/[.:]/g, '_')}`;
  return { name, address, asNumber: 64512, families };
}

function startNode(lab: Laboratory, name: string, address: string, peers: object[]) {
  const host = lab.network.addHost(name, `${address}/24`);
  const file = lab.path(`${name}.yaml`);
  const blocks = [{ cidr: `10.244.${address.split('.')[3]}.0/24` }];
  const router = { asNumber: 64512, routerId: address };
  writeFileSync(file, JSON.stringify({ router, blocks, neighbors: peers }));
  const sockets = ['--bird-sockets', lab.path(name), '--api', lab.path(`${name}.sock`)];
  lab.start(name, host, [process.execPath, CATBIRD, 'run', '--config', file, ...sockets]);
  return { host, file, ctl: lab.path(`${name}/bird.ctl`), ctl6: lab.path(`${name}/bird6.ctl`) };
}

function demand(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}

t.test(
  'birdc and birdcl read and drive Catbird as they do BIRD (OBS-1 to OBS-6)',
  { skip },
  async (t) => {
    const lab = new Laboratory(SILENT);
    t.teardown(() => lab.dispose());
    const v6 = neighborOf('fd00::9', ['ipv6-unicast']);
    const a = startNode(lab, 'a', '172.18.0.2', [neighborOf('172.18.0.3', ['ipv4-unicast']), v6]);
    startNode(lab, 'b', '172.18.0.3', [neighborOf('172.18.0.2', ['ipv4-unicast'])]);
    const birdc = (...words: string[]) => run(['birdc', '-s', a.ctl, ...words]);
    await lab.expect('the session is up', 30, () => {
      demand(
        /Mesh_172_18_0_3 +BGP +master +up .*Established/.test(birdc('show', 'protocols')),
        'down',
      );
    });
    t.match(
      run(['birdcl', '-s', a.ctl, 'show', 'status']),
      /^BIRD .*ready\.[\s\S]*Router ID is 172\.18\.0\.2/,
    );
    t.match(birdc('show', 'status'), /Daemon is up and running/);
    t.match(
      birdc('show', 'protocols', 'all', 'Mesh_172_18_0_3'),
      /BGP state: +Established[\s\S]*Neighbor address: 172\.18\.0\.3/,
    );
    await lab.expect('the route is there', 30, () => {
      const route = birdc('show', 'route', 'for', '10.244.3.7');
      demand(
        /10\.244\.3\.0\/24 +via 172\.18\.0\.3 on eth0 \[Mesh_172_18_0_3 .*\] \* \(100\/0\) \[i\]/.test(
          route,
        ),
        route,
      );
    });
    t.match(birdc('show', 'route'), /10\.244\.2\.0\/24 +blackhole \[static1 /);
    t.match(birdc('show', 'route', 'all'), /BGP\.local_pref: /);
    t.match(birdc('show', 'route', 'count'), /2 of 2 routes for 2 networks/);
    t.match(birdc('show', 'interfaces'), /eth0 up \(index=\d+\)[\s\S]*172\.18\.0\.2\/24/);
    t.match(run(['birdc', '-s', a.ctl6, 'show', 'protocols']), /Mesh_fd00__9 +BGP/);
    t.notMatch(birdc('show', 'protocols'), /Mesh_fd00__9/);

    t.match(birdc('disable', 'Mesh_172_18_0_3'), /disabled/);
    t.match(birdc('show', 'protocols'), /Mesh_172_18_0_3 +BGP +master +down/);
    t.match(birdc('enable', 'Mesh_172_18_0_3'), /enabled/);
    await lab.expect('the session is up again', 30, () => {
      demand(/Mesh_172_18_0_3 .*Established/.test(birdc('show', 'protocols')), 'down');
    });
    t.match(birdc('restart', 'Mesh_172_18_0_3'), /restarted/);
    t.throws(
      () => run(['birdc', '-r', '-s', a.ctl, 'restart', 'Mesh_172_18_0_3']),
      /Access denied/,
    );

    const router = { asNumber: 64512, routerId: '172.18.0.2' };
    const peers = [{ ...neighborOf('172.18.0.3', ['ipv4-unicast']), name: 'Global_172_18_0_3' }];
    writeFileSync(a.file, JSON.stringify({ router, neighbors: peers }));
    t.match(birdc('configure', 'soft'), /Reconfiguration in progress/);
    await lab.expect('the new name is there', 10, () => {
      demand(birdc('show', 'protocols').includes('Global_172_18_0_3'), birdc('show', 'protocols'));
    });

    await t.test(
      'a client that sends no end of a line is let go, one that reads nothing holds up no other',
      async (t) => {
        const endless = createConnection(a.ctl);
        endless.on('error', () => undefined);
        endless.write('x'.repeat(5000));
        await new Promise((resolve) => endless.on('close', resolve).resume());
        const silentReader: Socket = createConnection(a.ctl);
        silentReader.pause();
        silentReader.write('show route\n'.repeat(5000));
        t.match(birdc('show', 'status'), /Daemon is up/);
        silentReader.destroy();
      },
    );
  },
);

t.test(
  'a directory that cannot hold sockets is refused with the option’s name',
  { skip },
  async (t) => {
    const lab = new Laboratory(SILENT);
    t.teardown(() => lab.dispose());
    const file = lab.path('c.yaml');
    writeFileSync(
      file,
      JSON.stringify({
        router: { asNumber: 1, routerId: '10.0.0.1', listen: { port: 0 } },
        fib: { enabled: false },
      }),
    );
    const argv = [
      CATBIRD,
      'run',
      '--config',
      file,
      '--api',
      lab.path('c.sock'),
      '--bird-sockets',
      file,
    ];
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    t.equal(code, 1);
    t.match(said, /--bird-sockets DIR/);
  },
);
