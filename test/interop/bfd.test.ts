/** BFD against BIRD's over real sockets: both come Up, a cut wire ends BGP long before its hold time. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catbird } from '../../lab/support/catbird.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { run } from '../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

/** What `catbird show neighbors -o json` says that matters here. */
interface Seen {
  readonly state: string;
  readonly bfd: string;
  readonly lastError: string | null;
}

function startPair(lab: Laboratory, isMultihop: boolean) {
  const [near, far] = [
    lab.network.addHost('near', '172.18.0.2/24'),
    lab.network.addHost('far', '172.18.0.3/24'),
  ];
  const [file, socket] = [lab.path('near.yaml'), lab.path('near.sock')];
  const bfd = { multihop: isMultihop };
  const neighbor = { name: 'far', address: '172.18.0.3', asNumber: 64513, holdTime: 90, bfd };
  const router = { asNumber: 64512, routerId: '172.18.0.2' };
  writeFileSync(file, JSON.stringify({ router, fib: { enabled: false }, neighbors: [neighbor] }));
  lab.start('near', near, [process.execPath, CATBIRD, 'run', '--config', file, '--api', socket]);
  writeFileSync(lab.path('far.conf'), birdConfig(isMultihop));
  const control = ['-s', lab.path('far.ctl')];
  const pid = ['-P', lab.path('far.pid')];
  lab.start('far', far, ['bird', '-f', '-c', lab.path('far.conf'), ...control, ...pid]);
  return {
    near,
    far,
    seen: (): Seen => {
      const argv = [process.execPath, CATBIRD, 'show', 'neighbors', '--api', socket, '-o', 'json'];
      return (JSON.parse(run(argv)) as Seen[])[0]!;
    },
    birdSessions: () => lab.run(far, ['birdc', ...control, 'show', 'bfd', 'sessions']),
  };
}

function birdConfig(isMultihop: boolean): string {
  return `
log stderr all;
router id 172.18.0.3;
protocol device { }
protocol bfd { interface "eth0" { interval 300 ms; }; multihop { interval 300 ms; }; }
protocol bgp near {
  local 172.18.0.3 as 64513;
  neighbor 172.18.0.2 as 64512;
  ${isMultihop ? 'multihop 4;' : 'direct;'}
  bfd on;
  connect delay time 1; error wait time 1, 2; hold time 90;
  ipv4 { import all; export none; };
}
`;
}

function demand(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}

for (const isMultihop of [false, true]) {
  const kind = isMultihop ? 'multihop (RFC 5883)' : 'single hop (RFC 5881)';
  t.test(`BIRD, ${kind}`, { skip: obstacleTo(['bird'], catbird) ?? false }, async (t) => {
    const lab = new Laboratory(SILENT);
    t.teardown(() => lab.dispose());
    const { far, seen, birdSessions } = startPair(lab, isMultihop);
    const isUp = () => {
      const { state, bfd } = seen();
      demand(state === 'Established' && bfd === 'Up', `${state}, BFD ${bfd}`);
      demand(/\bUp\b/.test(birdSessions()), birdSessions());
    };
    try {
      await lab.expect('both ends are Up', 30, isUp);
      lab.run(far, ['ip', 'link', 'set', 'eth0', 'down']);
      const cutAt = performance.now();
      await lab.expect('BGP ends with BFD', 5, () => demand(seen().bfd === 'Down', seen().bfd));
      t.not(seen().state, 'Established');
      t.comment(`seen ${Math.round(performance.now() - cutAt)} ms after the cut`);
      lab.run(far, ['ip', 'link', 'set', 'eth0', 'up']);
      await lab.expect('both come back', 40, isUp);
    } catch (error) {
      t.fail((error as Error).message, { logs: lab.logs() });
    }
  });
}
