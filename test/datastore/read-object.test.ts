import fc from 'fast-check';
import t from 'tap';
import { readObjects } from '../../src/datastore/read-object.ts';
import { snapshotOf } from '../support/snapshot.ts';

const V3 = 'projectcalico.org/v3';

t.test('lists are unfolded, and faults point into them', async (t) => {
  const { bgpPeers, ipPools, faults } = snapshotOf(`
kind: List
apiVersion: v1
items:
  - { kind: BGPPeer, apiVersion: ${V3}, metadata: { name: a } }
  - kind: BGPPeerList
    apiVersion: ${V3}
    items:
      - metadata: { name: b }
      - metadata: { name: c }
        spec: { asNumber: x }
  - { kind: IPPool, apiVersion: ${V3}, metadata: { name: p }, spec: { cidr: 10.0.0.0/8 } }
`);
  t.strictSame([...bgpPeers.keys()], ['a', 'b']);
  t.strictSame([...ipPools.keys()], ['p']);
  t.match(faults, [{ object: 'BGPPeer/c', path: 'spec.asNumber', line: 11, column: 27 }]);
});

t.test('kinds that mean nothing to BGP are passed over, unknown ones named once', async (t) => {
  const { faults } = snapshotOf(`
kind: List
apiVersion: v1
items:
  - { kind: FelixConfiguration, apiVersion: ${V3}, metadata: { name: default } }
  - { kind: IPAMBlock, apiVersion: ${V3}, metadata: { name: x } }
  - { kind: BGPPear, apiVersion: ${V3}, metadata: { name: x } }
  - { kind: BGPPear, apiVersion: ${V3}, metadata: { name: y } }
`);
  t.match(faults, [{ object: undefined, line: 7, path: 'kind', reason: /unknown kind "BGPPear"/ }]);
  t.equal(faults.length, 1);
});

const REFUSED: readonly (readonly [text: string, reason: RegExp])[] = [
  ['{ kind: BGPPeer, apiVersion: v1, metadata: { name: a } }', /apiVersion "v1" is unknown/],
  ['{ kind: BGPPeer, metadata: { name: a } }', /apiVersion is missing; a BGPPeer has one of/],
  [`{ apiVersion: ${V3}, metadata: { name: a } }`, /kind is missing/],
  [`{ kind: BGPPeer, apiVersion: ${V3} }`, /a BGPPeer needs a name/],
  [`{ kind: BGPPeer, apiVersion: ${V3}, metadata: { name: [] } }`, /needs a name/],
  ['just text', /no object/],
  ['[1, 2]', /no object/],
];

t.test('what is no object is said', async (t) => {
  for (const [text, reason] of REFUSED) {
    t.match(snapshotOf(text).faults, [{ reason, file: 'test.yaml', line: 1 }], text);
  }
});

const kind = fc.constantFrom(
  ...['BGPConfiguration', 'BGPPeer', 'BGPFilter', 'Node', 'IPPool', 'BlockAffinity', 'Service'],
  ...['EndpointSlice', 'Secret', 'List', 'BGPPeerList'],
);
const version = fc.constantFrom('v1', V3, 'discovery.k8s.io/v1');
const field = fc.constantFrom(
  ...['cidr', 'bgp', 'asNumber', 'password', 'communities', 'importV4', 'action', 'operations'],
  ...['toString', '__proto__', 'labels', 'ingress', 'loadBalancer', 'maxRestartTime', 'filters'],
);
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.jsonValue(),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(field, tie('json'), { maxKeys: 5 }),
  ),
}));

t.test('no data throws, whatever its shape', async (t) => {
  const metadata = fc.oneof(
    json,
    fc.record({ name: fc.constant('a'), labels: json, namespace: json }),
  );
  const object = fc.record({
    kind,
    apiVersion: version,
    metadata,
    spec: json,
    data: json,
    items: json,
  });
  fc.assert(
    fc.property(fc.oneof(object, json), (value) => {
      readObjects({ value, locate: () => undefined });
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
