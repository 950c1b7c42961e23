/** What is configured names the object it was made of, so that views can say what to edit. */
import t from 'tap';
import { render } from './support.ts';

const FILTER = {
  name: 'no-lab',
  importV4: [{ action: 'Reject' as const, cidr: '192.0.2.0/24', matchOperator: 'In' as const }],
};

t.test('sessions, blocks, pools, routes and rules name their objects', (t) => {
  const { config } = render({
    configurations: [{ name: 'default', serviceClusterIPs: ['10.96.0.0/12'] }],
    peers: [{ name: 'rack2-tor', peerIP: '10.0.0.99', asNumber: 64700, filters: ['no-lab'] }],
    filters: [FILTER],
    pools: [{ name: 'pods' }],
    blocks: [{ name: 'node-a-10-244-1-0-26' }],
    services: [{ name: 'web', externalTrafficPolicy: 'Local' }],
    slices: [{ name: 'web-1', endpoints: [{ ready: true, nodeName: 'node-a' }] }],
  });
  const sessions = config!.neighbors.map(({ name, source }) => [name, source]);
  t.same(Object.fromEntries(sessions), {
    Global_10_0_0_99: 'BGPPeer/rack2-tor',
    Mesh_10_0_0_2: 'Node/node-b',
    Mesh_10_0_0_10: 'Node/node-c',
  });
  t.same(
    config!.blocks.map(({ source }) => source),
    ['BlockAffinity/node-a-10-244-1-0-26'],
  );
  t.same(
    config!.pools.map(({ source }) => source),
    ['IPPool/pods'],
  );
  t.same(
    config!.originate.map(({ source }) => source),
    ['BGPConfiguration/default', 'Service/default/web'],
  );
  t.match(config!.policies['filter-no-lab-import-ipv4'], [{ source: 'BGPFilter/no-lab' }]);
  t.end();
});

t.test('the range of the environment, and pod CIDRs, are no objects of the datastore', (t) => {
  const { config } = render(
    { nodes: [{ name: 'node-a', ipv4Address: '10.0.0.1/24', podCIDRs: ['10.244.1.0/24'] }] },
    { clusterIpRange: '10.96.0.0/12', usePodCidr: true },
  );
  t.match(config!.originate, [{ source: 'environment/CALICO_ADVERTISE_CLUSTER_IPS' }]);
  t.match(config!.blocks, [{ source: 'Node/node-a' }]);
  t.end();
});
