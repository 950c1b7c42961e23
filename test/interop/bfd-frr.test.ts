/** BFD against FRR's bfdd: both come Up, a cut wire ends BGP within the detection time, both come back. */
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

const BGPD_CONFIG = `
router bgp 64513
 bgp router-id 172.18.0.3
 no bgp ebgp-requires-policy
 neighbor 172.18.0.2 remote-as 64512
 neighbor 172.18.0.2 timers connect 1
 neighbor 172.18.0.2 bfd
exit
`;

const CATBIRD_CONFIG = {
  router: { asNumber: 64512, routerId: '172.18.0.2' },
  fib: { enabled: false },
  neighbors: [
    { name: 'far', address: '172.18.0.3', asNumber: 64513, holdTime: 90, bfd: { interval: 300 } },
  ],
};

function demand(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise);
}

const programs = ['zebra', 'bgpd', 'bfdd'].map((daemon) => `${FRR_FOLDER}/${daemon}`);
const skip = obstacleTo([...programs, 'vtysh'], catbird) ?? false;

t.test('FRR, single hop (RFC 5881)', { skip }, async (t) => {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const near = lab.network.addHost('near', '172.18.0.2/24');
  const far = lab.network.addHost('far', '172.18.0.3/24');
  const { ask } = startFrr(lab, far, { zebra: '', bfdd: '', bgpd: BGPD_CONFIG });
  const [file, socket] = [lab.path('near.json'), lab.path('near.sock')];
  writeFileSync(file, JSON.stringify(CATBIRD_CONFIG));
  const argv = [process.execPath, CATBIRD];
  lab.start('near', near, [...argv, 'run', '--config', file, '--api', socket]);
  const seen = () =>
    JSON.parse(run([...argv, 'show', 'neighbor', 'far', '--api', socket, '-o', 'json'])) as {
      readonly state: string;
      readonly bfd: string;
    };
  const isUp = () => {
    const { state, bfd } = seen();
    demand(state === 'Established' && bfd === 'Up', `${state}, BFD ${bfd}`);
    const theirs = ask('show bfd peers');
    demand(/Status: up/.test(theirs), theirs);
  };
  try {
    await lab.expect('both ends are Up', 40, isUp);
    lab.run(far, ['ip', 'link', 'set', 'eth0', 'down']);
    await lab.expect('BGP ends with BFD', 5, () => demand(seen().bfd === 'Down', seen().bfd));
    t.not(seen().state, 'Established');
    lab.run(far, ['ip', 'link', 'set', 'eth0', 'up']);
    await lab.expect('both come back', 40, isUp);
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});
