import t from 'tap';
import { snapshotOf } from '../../support/snapshot.ts';

const pool = (name: string, spec: string) =>
  `---\nkind: IPPool\napiVersion: projectcalico.org/v3\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;

t.test('IPPool (§6.4)', async (t) => {
  const { ipPools, faults } = snapshotOf(
    pool('a', 'cidr: 10.88.0.0/16, ipipMode: CrossSubnet, natOutgoing: true, blockSize: 26') +
      pool('b', 'cidr: "fd00:88:0::/48", vxlanMode: Always, disableBGPExport: true') +
      pool('c', 'cidr: 10.89.0.0/16, ipipMode: Sometimes'),
  );
  const base = { ipipMode: 'Never', vxlanMode: 'Never', disableBGPExport: false };
  t.strictSame(
    [...ipPools.values()],
    [
      { ...base, name: 'a', cidr: '10.88.0.0/16', ipipMode: 'CrossSubnet' },
      { ...base, name: 'b', cidr: 'fd00:88::/48', vxlanMode: 'Always', disableBGPExport: true },
      { ...base, name: 'c', cidr: '10.89.0.0/16' },
    ],
  );
  t.match(faults, [{ object: 'IPPool/c', path: 'spec.ipipMode', reason: /Never is used/ }]);
});

t.test('a pool needs a strictly masked cidr', async (t) => {
  const { ipPools, faults } = snapshotOf(
    pool('a', 'cidr: 10.88.0.1/16') + pool('b', 'cidr: pods') + pool('c', ''),
  );
  t.equal(ipPools.size, 0);
  t.match(faults, [
    { object: 'IPPool/a', line: 5, column: 15, reason: /write 10\.88\.0\.0\/16/ },
    { object: 'IPPool/b', path: 'spec.cidr' },
    { object: 'IPPool/c', path: 'spec.cidr', line: 15, reason: /required/ },
  ]);
});

t.test('of pools with one CIDR the lowest name counts, wherever it stands', async (t) => {
  const { ipPools, faults } = snapshotOf(
    pool('z', 'cidr: 10.88.0.0/16') + pool('b', 'cidr: 10.88.0.0/16'),
  );
  t.strictSame([...ipPools.keys()], ['b']);
  t.match(faults, [{ object: 'IPPool/z', path: 'spec.cidr', line: 2, reason: /IPPool\/b/ }]);
});

const affinity = (name: string, spec: string, version = 'projectcalico.org/v3') =>
  `---\nkind: BlockAffinity\napiVersion: ${version}\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;

t.test(
  'BlockAffinity: deleted is text in one layout and a boolean in the other (§3.1)',
  async (t) => {
    const LEGACY = 'crd.projectcalico.org/v1';
    const { blockAffinities, faults } = snapshotOf(
      affinity('a', 'node: n1, cidr: 10.88.4.64/26, state: confirmed, deleted: "false"', LEGACY) +
        affinity('b', 'node: n1, cidr: 10.88.5.0/26, state: pending, deleted: "true"', LEGACY) +
        affinity('c', 'node: n2, cidr: "fd00:88::40/122", deleted: false') +
        affinity('d', 'node: load-balancer, type: virtual, cidr: 10.9.0.0/26, deleted: true'),
    );
    t.strictSame(
      [...blockAffinities.values()],
      [
        {
          name: 'a',
          node: 'n1',
          cidr: '10.88.4.64/26',
          state: 'confirmed',
          type: '',
          deleted: false,
        },
        { name: 'b', node: 'n1', cidr: '10.88.5.0/26', state: 'pending', type: '', deleted: true },
        { name: 'c', node: 'n2', cidr: 'fd00:88::40/122', state: '', type: '', deleted: false },
        {
          name: 'd',
          node: 'load-balancer',
          cidr: '10.9.0.0/26',
          state: '',
          type: 'virtual',
          deleted: true,
        },
      ],
    );
    t.strictSame(faults, []);
  },
);
