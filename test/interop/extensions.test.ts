/**
 * IPv4 over IPv6 next hops (RFC 8950), roles (RFC 9234) and long messages (RFC 8654) with BIRD, over a
 * link whose session is IPv6: routes stand in the kernel as `via inet6`, and packets follow them.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catbird } from '../../lab/support/catbird.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { run } from '../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

const CONFIG = {
  router: { asNumber: 64512, routerId: '172.18.0.2' },
  blocks: [{ cidr: '10.8.0.0/26' }],
  neighbors: [
    {
      name: 'far',
      address: 'fd00:18::3',
      asNumber: 64513,
      families: ['ipv4-unicast'],
      extendedNextHop: true,
      extendedMessages: true,
      role: 'customer',
      strictRole: true,
    },
  ],
};

const BIRD_CONFIG = `
log stderr all;
router id 172.18.0.3;
protocol device { }
protocol static { ipv4; route 10.9.0.0/24 blackhole; }
protocol bgp near {
  local fd00:18::3 as 64513;
  local role provider; require roles on;
  neighbor fd00:18::2 as 64512;
  direct;
  enable extended messages on;
  connect delay time 1; error wait time 1, 2;
  ipv4 { import all; export where source = RTS_STATIC; extended next hop on; };
}
`;

function startPair(lab: Laboratory, kernel: string) {
  const [near, far] = [
    lab.network.addHost('near', '172.18.0.2/24'),
    lab.network.addHost('far', '172.18.0.3/24'),
  ];
  lab.run(near, ['ip', 'address', 'add', 'fd00:18::2/64', 'dev', 'eth0', 'nodad']);
  lab.run(far, ['ip', 'address', 'add', 'fd00:18::3/64', 'dev', 'eth0', 'nodad']);
  lab.run(far, ['ip', 'address', 'add', '10.9.0.1/32', 'dev', 'lo']);
  const [file, socket] = [lab.path('near.yaml'), lab.path('near.sock')];
  writeFileSync(file, JSON.stringify(CONFIG));
  const options = ['--config', file, '--api', socket, '--kernel', kernel];
  lab.start('near', near, [process.execPath, CATBIRD, 'run', ...options]);
  writeFileSync(lab.path('far.conf'), BIRD_CONFIG);
  const control = ['-s', lab.path('far.ctl')];
  const pid = ['-P', lab.path('far.pid')];
  lab.start('far', far, ['bird', '-f', '-c', lab.path('far.conf'), ...control, ...pid]);
  const show = (...words: string[]) =>
    JSON.parse(run([process.execPath, CATBIRD, 'show', ...words, '--api', socket, '-o', 'json']));
  return {
    near,
    far,
    show,
    atBird: () => lab.run(far, ['birdc', ...control, 'show', 'route', 'all']),
  };
}

function demand(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}

for (const kernel of ['netlink', 'ip']) {
  const skip = obstacleTo(['bird'], catbird) ?? false;
  t.test(`BIRD, kernel routes through ${kernel}`, { skip }, async (t) => {
    const lab = new Laboratory(SILENT);
    t.teardown(() => lab.dispose());
    const { near, show, atBird } = startPair(lab, kernel);
    try {
      await lab.expect('the route is in the kernel', 30, () => {
        const route = lab.run(near, ['ip', 'route', 'show', '10.9.0.0/24']);
        demand(/via inet6 fd00:18::3 dev eth0/.test(route), route);
      });
      lab.run(near, ['ping', '-c', '1', '-W', '2', '10.9.0.1']);
      await lab.expect('BIRD has ours', 10, () => {
        demand(/10\.8\.0\.0\/26.*\n\s+via fd00:18::2 on eth0/.test(atBird()), atBird());
      });
      const { state, maximumMessageSize, peer } = show('neighbor', 'far');
      t.match(
        { state, maximumMessageSize, role: peer.role },
        { state: 'Established', maximumMessageSize: 65_535, role: 'provider' },
      );
      const [route] = show('fib').filter(
        ({ prefix }: { prefix: string }) => prefix === '10.9.0.0/24',
      );
      t.match(route, { state: 'installed', nextHops: [{ via: 'fd00:18::3', dev: 'eth0' }] });
    } catch (error) {
      t.fail((error as Error).message, { logs: lab.logs() });
    }
  });
}
