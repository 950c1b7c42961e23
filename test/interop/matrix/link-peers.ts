/** The far ends of `link.ts`: BIRD, and FRR with zebra and bfdd. */
import { writeFileSync } from 'node:fs';
import { startFrr } from '../../../lab/support/frr-daemons.ts';
import type { Laboratory } from '../../../lab/support/laboratory.ts';

export interface LinkPeer {
  /** `up`, or another word, of its BFD session with an address. */
  bfdState(address: string): string;
}

interface LinkEnd {
  readonly asNumber: number;
  readonly four: string;
  readonly six: string;
}

interface LinkPeerStart {
  readonly lab: Laboratory;
  readonly namespace: string;
  readonly own: LinkEnd;
  readonly other: LinkEnd;
}

/** By the name of the program. */
export const startLinkPeer: Readonly<
  Record<string, ((start: LinkPeerStart) => LinkPeer) | undefined>
> = { BIRD: startBird, FRR: startLinkFrr };

/** What it announces. */
const PREFIX = '10.9.0.0/24';

function startBird({ lab, namespace, own, other }: LinkPeerStart): LinkPeer {
  const file = lab.path('far.conf');
  const socket = lab.path('far.ctl');
  writeFileSync(file, birdConfig(own, other));
  lab.start('far', namespace, ['bird', '-f', '-c', file, '-s', socket, '-P', lab.path('far.pid')]);
  return {
    bfdState(address) {
      const text = lab.run(namespace, ['birdc', '-s', socket, 'show', 'bfd', 'sessions']);
      const line = text.split('\n').find((each) => each.startsWith(`${address} `));
      return line?.trim().split(/\s+/)[2]?.toLowerCase() ?? 'absent';
    },
  };
}

function birdConfig(own: LinkEnd, other: LinkEnd): string {
  const timers = 'bfd on; connect delay time 1; connect retry time 1; error wait time 1, 2;';
  return `
log stderr all;
router id ${own.four};
protocol device { scan time 1; }
protocol kernel { ipv4 { import none; export where source = RTS_BGP; }; }
protocol static { ipv4; route ${PREFIX} blackhole; }
protocol bfd { interface "eth0" { interval 300 ms; }; multihop { interval 300 ms; }; }
protocol bgp six {
  local ${own.six} as ${own.asNumber};
  neighbor ${other.six} as ${other.asNumber};
  direct; ${timers}
  ipv4 { import all; export where source = RTS_STATIC; extended next hop on; };
}
protocol bgp four {
  local ${own.four} as ${own.asNumber};
  neighbor ${other.four} as ${other.asNumber};
  multihop 4; ${timers}
  ipv6 { import all; export none; };
}
`;
}

function startLinkFrr({ lab, namespace, own, other }: LinkPeerStart): LinkPeer {
  const bgpd = frrConfig(own, other);
  const { ask } = startFrr(lab, namespace, { zebra: '', bfdd: '', bgpd });
  return {
    bfdState(address) {
      const peers = JSON.parse(ask('show bfd peers json')) as readonly BfdPeerView[];
      return peers.find(({ peer }) => peer === address)?.status ?? 'absent';
    },
  };
}

interface BfdPeerView {
  readonly peer: string;
  readonly status: string;
}

function frrConfig(own: LinkEnd, other: LinkEnd): string {
  return `
router bgp ${own.asNumber}
 bgp router-id ${own.four}
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 no bgp network import-check
 neighbor ${other.six} remote-as ${other.asNumber}
 neighbor ${other.six} timers connect 1
 neighbor ${other.six} capability extended-nexthop
 neighbor ${other.six} bfd
 neighbor ${other.four} remote-as ${other.asNumber}
 neighbor ${other.four} timers connect 1
 neighbor ${other.four} ebgp-multihop 4
 neighbor ${other.four} bfd
 address-family ipv4 unicast
  network ${PREFIX}
  neighbor ${other.six} activate
 exit-address-family
 address-family ipv6 unicast
  neighbor ${other.four} activate
 exit-address-family
exit
`;
}
