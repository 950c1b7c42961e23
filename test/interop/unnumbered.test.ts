/** FRR's interface peering: both ends find each other by router advertisements, IPv4 goes over IPv6 next hops. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catbird } from '../../lab/support/catbird.ts';
import { FRR_FOLDER, startFrr } from '../../lab/support/frr-daemons.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { run } from '../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

const ZEBRA_CONFIG = `
interface eth0
 ipv6 nd ra-interval 3
exit
`;

const BGPD_CONFIG = `
router bgp 64513
 bgp router-id 172.18.0.3
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor eth0 interface remote-as external
 neighbor eth0 timers connect 1
 address-family ipv4 unicast
  network 10.2.0.0/24
 exit-address-family
 address-family ipv6 unicast
  neighbor eth0 activate
  network 2001:db8:2::/48
 exit-address-family
exit
`;

const CATBIRD_CONFIG = {
  router: { asNumber: 64512, routerId: '172.18.0.2' },
  blocks: [{ cidr: '10.1.0.0/24' }, { cidr: '2001:db8:1::/48' }],
  neighbors: [
    {
      name: 'far',
      interface: 'eth0',
      asNumber: 64513,
      families: ['ipv4-unicast', 'ipv6-unicast'],
      extendedNextHop: true,
    },
  ],
};

function start(lab: Laboratory) {
  const near = lab.network.addHost('near', '172.18.0.2/24');
  const far = lab.network.addHost('far', '172.19.0.3/24'); // no common subnet
  const { ask } = startFrr(lab, far, { zebra: ZEBRA_CONFIG, bgpd: BGPD_CONFIG });
  const [config, socket] = [lab.path('near.json'), lab.path('near.sock')];
  writeFileSync(config, JSON.stringify(CATBIRD_CONFIG));
  const argv = [process.execPath, CATBIRD];
  lab.start('near', near, [...argv, 'run', '--config', config, '--api', socket]);
  return {
    near,
    far,
    show: (what: string) => run([...argv, 'show', what, '--api', socket, '-o', 'json']),
    ask,
  };
}

function demand(text: string, ...patterns: readonly RegExp[]): void {
  for (const pattern of patterns) if (!pattern.test(text)) throw new Error(`${pattern}: ${text}`);
}

const skip = obstacleTo([`${FRR_FOLDER}/zebra`, `${FRR_FOLDER}/bgpd`, 'vtysh'], catbird) ?? false;

t.test('FRR, interface peering (RFC 8950, RFC 4861)', { skip }, async (t) => {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const { near, show, ask } = start(lab);
  try {
    await lab.expect('the session is up', 40, () =>
      demand(show('neighbors'), /Established/, /fe80::.*%eth0/),
    );
    await lab.expect('our kernel has the routes of FRR', 20, () => {
      demand(lab.run(near, ['ip', 'route']), /10\.2\.0\.0\/24 via inet6 fe80::\S+ dev eth0/);
      demand(lab.run(near, ['ip', '-6', 'route']), /2001:db8:2::\/48 via fe80::\S+ dev eth0/);
    });
    await lab.expect("FRR's kernel has ours", 20, () => {
      demand(ask('show ip route bgp'), />\* 10\.1\.0\.0\/24 .*via fe80::/);
      demand(ask('show ipv6 route bgp'), />\* 2001:db8:1::\/48 .*via fe80::/);
    });
    t.pass('both ends forward');
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});
