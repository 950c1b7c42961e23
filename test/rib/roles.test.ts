/** Roles and the OTC attribute (RFC 9234), and the check of the first AS. */
import t from 'tap';
import type { Role } from '../../src/bgp/wire/role.ts';
import { asPath, type LabPeer, LOCAL_AS, RibLab } from './support/rib-lab.ts';

const TO = '10.1.0.0/24';

/** An external peer of AS `asNumber` towards which our role is `role`, as its session would be. */
function peerOf(lab: RibLab, role: Role | undefined, asNumber: number): LabPeer {
  const marks = role === 'customer' || role === 'peer' || role === 'rs-client';
  const options = { isInternal: false, asNumber, role };
  return lab.upPeer(
    `${role} ${asNumber}`,
    marks ? { ...options, onlyToCustomer: asNumber } : options,
  );
}

/** What a peer of `inRole` announces with `otc` looks like to peers of every role. */
function passed(inRole: Role | undefined, otc: number | undefined) {
  const lab = new RibLab();
  const roles = ['provider', 'rs', 'rs-client', 'customer', 'peer'] as const;
  const receivers = roles.map((role, i) => peerOf(lab, role, 65100 + i));
  const internal = lab.upPeer('i');
  const from = peerOf(lab, inRole, 65001);
  from.announce([TO], { asPath: asPath(65001), onlyToCustomer: otc });
  lab.settle();
  const seen = (peer: LabPeer) =>
    peer.routes.has(TO) ? (peer.routes.get(TO)!.onlyToCustomer ?? 0) : '-';
  const [path] = lab.rib.views.adjIn(from.id);
  return {
    reason: path!.reason,
    internal: seen(internal),
    ...Object.fromEntries(roles.map((role, i) => [role, seen(receivers[i]!)])),
  };
}

/** Refused: nobody is told. */
const LEAK = {
  reason: 'route-leak',
  internal: '-',
  provider: '-',
  rs: '-',
  'rs-client': '-',
  customer: '-',
  peer: '-',
};
/** Accepted and marked with `otc`: only customers, and clients of a route server, are told. */
const down = (otc: number) => ({
  reason: 'none',
  internal: otc,
  provider: otc,
  rs: otc,
  'rs-client': '-',
  customer: '-',
  peer: '-',
});

t.test('ingress and egress by role, every combination (RFC 9234 §5)', async (t) => {
  // Our role `provider` means the neighbour is a customer, and so on.
  t.same(passed('provider', 65009), LEAK, 'marked from a customer');
  t.same(passed('rs', 65009), LEAK, 'marked from a client of ours as route server');
  t.same(passed('peer', 65009), LEAK, 'from a peer with the mark of another');
  t.same(passed('peer', 65001), down(65001), 'from a peer with its own mark');
  t.same(passed('peer', undefined), down(65001), 'a peer that does not mark');
  t.same(passed('customer', undefined), down(65001), 'a provider that does not mark');
  t.same(passed('customer', 65009), down(65009), 'the mark is kept as it is');
  t.same(passed('rs-client', undefined), down(65001), 'a route server that does not mark');
  t.same(passed('rs-client', 65009), down(65009));
  t.same(passed(undefined, 65009), down(65009), 'without a role the mark still goes down only');
  for (const fromBelow of ['provider', 'rs', undefined] as const) {
    t.same(
      passed(fromBelow, undefined),
      {
        reason: 'none',
        internal: 0,
        provider: LOCAL_AS,
        rs: LOCAL_AS,
        'rs-client': 0,
        customer: 0,
        peer: LOCAL_AS,
      },
      `an unmarked route from below goes everywhere: ${fromBelow}`,
    );
  }
});

t.test('own routes are marked for customers, peers and clients too (RFC 9234 §5)', async (t) => {
  const lab = new RibLab();
  const customer = peerOf(lab, 'provider', 65001);
  const provider = peerOf(lab, 'customer', 65002);
  lab.upPeer('i').announce([TO]);
  lab.settle();
  t.equal(customer.routes.get(TO)!.onlyToCustomer, LOCAL_AS);
  t.equal(provider.routes.get(TO)!.onlyToCustomer, undefined);
});

t.test('the same octets from a provider and from a customer are two sets', async (t) => {
  const lab = new RibLab();
  const customer = peerOf(lab, 'provider', 65001);
  const provider = peerOf(lab, 'customer', 65001);
  for (const peer of [customer, provider, customer, provider]) {
    peer.announce([TO], { asPath: asPath(65001) });
    lab.settle();
  }
  const marks = [customer, provider].map((peer) => {
    const [path] = lab.rib.views.adjIn(peer.id);
    return lab.rib.views.attributes(path!.attrs).onlyToCustomer;
  });
  t.same(marks, [undefined, 65001]);
});

t.test(
  'routes whose path begins with another AS are refused when asked for (RFC 4271 §6.3)',
  async (t) => {
    const lab = new RibLab();
    const internal = lab.upPeer('i');
    const from = lab.upPeer('e', { isInternal: false, asNumber: 65001 });
    from.announce(['10.1.0.0/24'], { asPath: asPath(65001, 65002) });
    from.announce(['10.2.0.0/24'], { asPath: asPath(65002, 65001) });
    from.announce(['10.3.0.0/24'], {
      asPath: { segments: [{ type: 1, asns: Uint32Array.of(65001) }] },
    });
    from.announce(['10.4.0.0/24']);
    lab.settle();
    t.equal(internal.routes.size, 4, 'off by default, as Calico has it');
    from.update({ enforceFirstAs: true });
    lab.settle();
    t.same([...internal.routes.keys()], ['10.1.0.0/24']);
    const reasons = [...lab.rib.views.adjIn(from.id)].map(({ reason }) => reason);
    t.same(reasons, ['none', 'first-as', 'first-as', 'first-as']);
    from.announce(['10.2.0.0/24'], { asPath: asPath(65001) });
    lab.settle();
    t.same([...internal.routes.keys()].sort(), ['10.1.0.0/24', '10.2.0.0/24']);
  },
);
