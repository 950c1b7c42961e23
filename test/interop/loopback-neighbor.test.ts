/** An agent on the node speaks BGP on the loopback, and its routes go out in our name. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catbird, showNeighbors, startCatbird } from '../../lab/support/catbird.ts';
import { birdRoutes } from '../../lab/support/kernel-routes.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));

/** As docs/broker.md has it. */
const NEAR = {
  router: { asNumber: 64512, routerId: '172.18.0.2' },
  neighbors: [
    { name: 'far', address: '172.18.0.3', asNumber: 64512 },
    { name: 'tor', address: '172.18.0.4', asNumber: 64500 },
    {
      name: 'agent',
      address: '127.0.0.1',
      asNumber: 64600,
      passive: true,
      import: ['agent'],
      export: ['nothing'],
      removePrivateAs: undefined,
    },
  ],
  policies: {
    agent: [{ match: { prefixes: ['192.0.2.0/24+'] }, action: 'accept' }, { action: 'reject' }],
    nothing: [{ action: 'reject' }],
  },
};

const far = (address: string, asNumber: number) => ({
  router: { asNumber, routerId: address },
  neighbors: [{ name: 'near', address: '172.18.0.2', asNumber: 64512 }],
});

const AGENT = {
  global: { config: { as: 64600, 'router-id': '10.99.0.1', port: -1 } },
  neighbors: [
    {
      config: { 'neighbor-address': '127.0.0.1', 'peer-as': 64512 },
      transport: { config: { 'local-address': '127.0.0.1' } },
      'afi-safis': [{ config: { 'afi-safi-name': 'ipv4-unicast' } }],
    },
  ],
};

const skip = obstacleTo(['gobgpd', 'gobgp'], catbird) ?? false;

t.test('GoBGP on 127.0.0.1 announces through us', { skip }, async (t) => {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const near = lab.network.addHost('near', '172.18.0.2/24');
  const ends = { far: ['172.18.0.3', 64512], tor: ['172.18.0.4', 64500] } as const;
  const write = (name: string, value: object) => {
    writeFileSync(lab.path(`${name}.json`), JSON.stringify(value));
    return lab.path(`${name}.json`);
  };
  const { socket } = startCatbird(lab, 'near', near, ['--config', write('near', NEAR)]);
  const hosts = Object.entries(ends).map(([name, [address, asNumber]]) => {
    const host = lab.network.addHost(name, `${address}/24`);
    startCatbird(lab, name, host, ['--config', write(name, far(address, asNumber))]);
    return host;
  });
  const gobgp = lab.start('agent', near, [
    'gobgpd',
    '-t',
    'json',
    '-f',
    write('agent', AGENT),
    '--log-plain',
    '--api-hosts',
    '127.0.0.1:50051',
  ]);
  try {
    await lab.expect('all sessions are up', 40, () => {
      const states = showNeighbors(socket).map(({ name, state }) => `${name} ${state}`);
      if (states.some((state) => !state.endsWith('Established'))) throw new Error(states.join());
    });
    for (const prefix of ['192.0.2.1/32', '198.51.100.1/32'])
      lab.run(near, ['gobgp', 'global', 'rib', 'add', prefix]);
    await lab.expect('both ends have the route in their kernels, in our name', 20, () => {
      for (const host of hosts) {
        if (birdRoutes(host).get('192.0.2.1')?.gateway !== '172.18.0.2') throw new Error('not yet');
      }
    });
    t.same(
      [...birdRoutes(near).keys()],
      [],
      'nothing here: the traffic is the business of the agent',
    );
    for (const host of hosts) t.notOk(birdRoutes(host).has('198.51.100.1'), 'import policy');
    t.match(lab.run(near, [CATBIRD, 'explain', '192.0.2.1', '--api', socket]), /is on this node/);
    await gobgp.stop('SIGTERM');
    await lab.expect('it goes with the session', 20, () => {
      for (const host of hosts) if (birdRoutes(host).size > 0) throw new Error('still there');
    });
  } catch (error) {
    t.fail((error as Error).message, { logs: lab.logs() });
  }
});
