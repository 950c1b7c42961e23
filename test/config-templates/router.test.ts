import t from 'tap';
import { hashedRouterId } from '../../src/config-templates/router-view.ts';
import { faultTexts, render, view, viewAndFaults } from './support.ts';

const V6_ONLY = { nodes: [{ name: 'node-a', ipv6Address: 'fd00::1/64' }] };

t.test('CALICO_ROUTER_ID=hash takes the hash of the node name (ID-1)', async (t) => {
  t.equal(hashedRouterId('kube-master'), '25.79.212.8');
  t.equal(hashedRouterId('node-a'), '102.87.15.240');
  t.equal(hashedRouterId('worker-1'), '19.2.159.158');
  t.equal(view({}, { routerId: 'hash' }).router.routerId, '102.87.15.240');
});

t.test('a given router id is used verbatim, none means the IPv4 address (ID-1)', async (t) => {
  t.equal(view({}, { routerId: '1.2.3.4' }).router.routerId, '1.2.3.4');
  t.equal(view({}).router.routerId, '10.0.0.1');
  t.equal(view({}, { routerId: '' }).router.routerId, '10.0.0.1');
});

t.test(
  'without IPv4 address and router id the hash stands in, and is reported (ID-2)',
  async (t) => {
    const { view, faults } = viewAndFaults(V6_ONLY);
    t.equal(view?.router.routerId, '102.87.15.240');
    t.match(faultTexts(faults), [/^Node\/node-a .*hash of its name is used/]);
    t.match(faults, [{ isRemark: true }]);
  },
);

t.test('the AS is the node’s, else the cluster’s, else 64512 (ID-4)', async (t) => {
  const nodes = [{ name: 'node-a', ipv4Address: '10.0.0.1/24', asNumber: 65001 }];
  const configurations = [{ name: 'default', asNumber: 64700 }];
  t.equal(view({ nodes, configurations }).router.asNumber, 65001);
  t.equal(view({ configurations }).router.asNumber, 64700);
  t.equal(view({}).router.asNumber, 64512);
});

t.test('the listening port is the node’s, else the cluster’s, else 179 (LISTEN-1)', async (t) => {
  const defaults = { name: 'default', listenPort: 1790 };
  const perNode = { name: 'node.node-a', listenPort: 1791 };
  t.equal(view({ configurations: [defaults, perNode] }).router.listen.port, 1791);
  t.equal(view({ configurations: [defaults] }).router.listen.port, 1790);
  t.equal(view({}).router.listen.port, 179);
});

t.test(
  'bindMode NodeIP binds own addresses, wildcard where there is none (LISTEN-2)',
  async (t) => {
    const configurations = [{ name: 'default', bindMode: 'NodeIP' as const }];
    t.same(view({ configurations }).router.listen.addresses, ['10.0.0.1', '::']);
    t.same(view({}).router.listen.addresses, ['0.0.0.0', '::']);
    const perNode = { name: 'node.node-a', bindMode: 'None' as const };
    t.same(view({ configurations: [...configurations, perNode] }).router.listen.addresses, [
      '0.0.0.0',
      '::',
    ]);
  },
);

t.test('the per-node log severity wins over the default (LOG-1)', async (t) => {
  const defaults = { name: 'default', logSeverityScreen: 'Debug' as const };
  const perNode = { name: 'node.node-a', logSeverityScreen: 'Warning' as const };
  t.equal(view({ configurations: [defaults] }).log.level, 'debug');
  t.equal(view({ configurations: [defaults, perNode] }).log.level, 'warn');
  t.equal(view({}).log.level, 'info');
});

t.test('without the own node nothing is configured, and it is said', async (t) => {
  const { config, faults } = render({}, { node: 'node-z' });
  t.equal(config, undefined);
  t.match(faultTexts(faults), [/^Node\/node-z : is not in the datastore/]);
});

t.test('without an address of a family there are no sessions of it (FAM-2)', async (t) => {
  const nodes = [
    ...V6_ONLY.nodes,
    { name: 'node-b', ipv4Address: '10.0.0.2/24', ipv6Address: 'fd00::2/64' },
  ];
  const peers = [{ name: 'tor', peerIP: '10.0.0.254', asNumber: 65001 }];
  t.match(
    view({ nodes, peers }).neighbors.map(({ name }) => name),
    ['Mesh_fd00__2'],
  );
});
