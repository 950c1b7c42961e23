import t from 'tap';
import { emptySnapshot } from '../../src/datastore/snapshot.ts';
import { SnapshotAssembler } from '../../src/datastore/snapshot-assembler.ts';
import { sourcesOf } from '../support/snapshot.ts';

const peer = (name: string, spec: string) =>
  `kind: BGPPeer\napiVersion: projectcalico.org/v3\nmetadata: { name: ${name} }\nspec: { ${spec} }\n`;

t.test('nothing read is an empty snapshot', async (t) => {
  const { places, ...contents } = emptySnapshot();
  t.match(new SnapshotAssembler().assemble([]), { ...contents, revision: '1' });
  t.equal(places.get('BGPPeer/a'), undefined);
});

t.test('nothing effective changed means no snapshot (RECONF-12)', async (t) => {
  const assembler = new SnapshotAssembler();
  t.match(assembler.assemble(sourcesOf(peer('a', 'asNumber: 1'))), { revision: '1' });
  t.equal(assembler.assemble(sourcesOf(peer('a', 'asNumber: "1", unknown: 2'))), undefined);
  t.equal(assembler.assemble(sourcesOf(`# moved\n\n${peer('a', 'asNumber: 1')}`)), undefined);
  t.match(assembler.assemble(sourcesOf(peer('a', 'asNumber: 2'))), { revision: '2' });
  t.match(assembler.assemble([]), { revision: '3', bgpPeers: new Map() });
});

t.test('a spoilt object stays as it last was good, until it is deleted (§4.1)', async (t) => {
  const assembler = new SnapshotAssembler();
  const good = assembler.assemble(sourcesOf(peer('a', 'asNumber: 1')));
  const spoilt = assembler.assemble(sourcesOf(peer('a', 'asNumber: x')));
  t.strictSame(spoilt?.bgpPeers, good?.bgpPeers);
  t.match(spoilt?.faults, [
    { object: 'BGPPeer/a', path: 'spec.asNumber', line: 4, reason: /the version before stays/ },
  ]);
  const again = assembler.assemble(sourcesOf(peer('a', 'asNumber: y')));
  t.strictSame(again?.bgpPeers, good?.bgpPeers, 'a second fault does not lose it');
  assembler.assemble([]);
  t.equal(assembler.assemble(sourcesOf(peer('a', 'asNumber: x')))?.bgpPeers.size, 0);
});

t.test('a stand-in gives way to the next reading, faulty or not', async (t) => {
  const configuration = (spec: string) =>
    `{ kind: BGPConfiguration, apiVersion: projectcalico.org/v3, metadata: { name: default }, spec: { ${spec} } }`;
  const assembler = new SnapshotAssembler();
  const read = (spec: string) =>
    assembler.assemble(sourcesOf(configuration(spec)))?.bgpConfigurations.get('default');
  t.strictSame(read('asNumber: 1, listenPort: x'), { name: 'default', asNumber: 1 });
  t.strictSame(read('asNumber: 2, listenPort: x'), { name: 'default', asNumber: 2 });
  t.strictSame(read('asNumber: 3'), { name: 'default', asNumber: 3 });
  t.strictSame(read('asNumber: 4, listenPort: x'), { name: 'default', asNumber: 3 }, 'now good');
});

t.test('of two objects with one name the first counts, the other is reported', async (t) => {
  const assembler = new SnapshotAssembler();
  const snapshot = assembler.assemble([
    ...sourcesOf(peer('a', 'asNumber: 1'), '1.yaml'),
    ...sourcesOf(`---\n${peer('b', '')}---\n${peer('a', 'asNumber: 2')}`, '2.yaml'),
  ]);
  t.equal(snapshot?.bgpPeers.get('a')?.asNumber, 1);
  t.match(snapshot?.faults, [
    { object: 'BGPPeer/a', file: '2.yaml', line: 7, reason: /defined at 1\.yaml:1, which counts/ },
  ]);
  const remaining = assembler.assemble(sourcesOf(peer('a', 'asNumber: 2'), '2.yaml'));
  t.equal(remaining?.bgpPeers.get('a')?.asNumber, 2);
});

t.test('a spoilt object that stands first counts too, as what it was before', async (t) => {
  const assembler = new SnapshotAssembler();
  const second = sourcesOf(peer('a', 'asNumber: 2'), '2.yaml');
  const never = assembler.assemble([...sourcesOf(peer('a', 'asNumber: x'), '1.yaml'), ...second]);
  t.equal(never?.bgpPeers.size, 0);
  t.match(never?.faults, [{ line: 4 }, { file: '2.yaml', reason: /already defined at 1\.yaml:1/ }]);
  assembler.assemble([...sourcesOf(peer('a', 'asNumber: 1'), '1.yaml'), ...second]);
  const spoilt = assembler.assemble([...sourcesOf(peer('a', 'asNumber: x'), '1.yaml'), ...second]);
  t.equal(spoilt?.bgpPeers.get('a')?.asNumber, 1);
});

t.test('objects come in order of their names, wherever they stood', async (t) => {
  const snapshot = new SnapshotAssembler().assemble([
    ...sourcesOf(peer('c', ''), '1.yaml'),
    ...sourcesOf(`${peer('b', '')}---\n${peer('a', '')}`, '2.yaml'),
  ]);
  t.strictSame([...(snapshot?.bgpPeers.keys() ?? [])], ['a', 'b', 'c']);
});

t.test('lines are those of the file, not of the document', async (t) => {
  const snapshot = new SnapshotAssembler().assemble(
    sourcesOf(`${peer('a', '')}---\n${peer('b', 'ttlSecurity: 256')}`),
  );
  t.match(snapshot?.faults, [{ object: 'BGPPeer/b', line: 9, column: 22 }]);
});

t.test('where objects stand is told, and moving them is no change (RECONF-12)', async (t) => {
  const assembler = new SnapshotAssembler();
  const text = `kind: IPPool
apiVersion: projectcalico.org/v3
metadata: { name: p }
spec: { cidr: 10.0.0.0/8 }`;
  const first = assembler.assemble(sourcesOf(`# one line\n---\n${text}`));
  t.equal(first?.places.get('IPPool/p'), 'test.yaml:3');
  t.equal(assembler.assemble(sourcesOf(text)), undefined);
});
