/**
 * A second pair of hosts per column, for what needs the peer's own kernel side: BFD and IPv6 next hops
 * of IPv4 routes. Two sessions join them:
 *
 *   six   over IPv6, directly: BFD with one hop; IPv4 routes with next hops of IPv6
 *   four  over IPv4, several hops away: BFD with several hops; IPv6 unicast, which neither has
 */
import assert from 'node:assert/strict';
import type { Laboratory } from '../../../lab/support/laboratory.ts';
import { CatbirdSpeaker } from '../../../lab/support/peers/catbird-speaker.ts';
import { type LinkPeer, startLinkPeer } from './link-peers.ts';

export const LINK_PREFIXES = { ours: '10.8.0.0/26', theirs: '10.9.0.0/24' } as const;
export type LinkSession = 'six' | 'four';

const OUR_AS = 65001;
const FAR = { asNumber: 65002, four: '172.18.0.13', six: 'fd00::13' } as const;
const NEAR = { asNumber: OUR_AS, four: '172.18.0.12', six: 'fd00::12' } as const;
const BFD = { interval: 300, multiplier: 3 } as const;

const CONFIG = {
  router: { asNumber: OUR_AS, routerId: NEAR.four },
  blocks: [{ cidr: LINK_PREFIXES.ours }],
  neighbors: [
    {
      ...{ name: 'six', address: FAR.six, asNumber: FAR.asNumber, families: ['ipv4-unicast'] },
      // zebra advertises the prefix, so that our host has an address of its own making besides.
      ...{ connectRetryTime: 1, extendedNextHop: true, bfd: BFD },
    },
    {
      ...{ name: 'four', address: FAR.four, asNumber: FAR.asNumber, families: ['ipv6-unicast'] },
      ...{ connectRetryTime: 1, bfd: { ...BFD, multihop: true } },
    },
  ],
};

/** Both ends running, and the wire between them. */
export class Link {
  readonly #lab: Laboratory;
  readonly #us: CatbirdSpeaker;
  readonly #peer: LinkPeer;
  readonly #hosts: Readonly<Record<'near' | 'far', string>>;

  /** @returns undefined where the program has no kernel side */
  static start(lab: Laboratory, program: string): Link | undefined {
    const startPeer = startLinkPeer[program];
    return startPeer && new Link(lab, startPeer);
  }

  constructor(lab: Laboratory, startPeer: NonNullable<(typeof startLinkPeer)[string]>) {
    const addHost = (name: string, { four, six }: { four: string; six: string }) => {
      const host = lab.network.addHost(name, `${four}/24`);
      lab.run(host, ['ip', 'address', 'add', `${six}/64`, 'dev', 'eth0', 'nodad']);
      const keep = 'echo 1 > /proc/sys/net/ipv6/conf/eth0/keep_addr_on_down';
      lab.run(host, ['sh', '-c', keep]);
      return host;
    };
    this.#lab = lab;
    this.#hosts = { near: addHost('near', NEAR), far: addHost('far', FAR) };
    this.#us = new CatbirdSpeaker(lab, this.#hosts.near, CONFIG, 'near');
    this.#peer = startPeer({ lab, namespace: this.#hosts.far, own: FAR, other: NEAR });
  }

  cut(): void {
    this.#lab.run(this.#hosts.far, ['ip', 'link', 'set', 'eth0', 'down']);
  }

  mend(): void {
    this.#lab.run(this.#hosts.far, ['ip', 'link', 'set', 'eth0', 'up']);
  }

  /** Both ends say Up of BFD, and we that BGP is Established. */
  assertUp(session: LinkSession): void {
    const { state, bfd, lastError } = this.#us.neighbor(session);
    assert.equal(bfd, 'Up', `we say ${bfd} of BFD`);
    assert.equal(state, 'Established', `we say ${state} (${lastError})`);
    const theirs = this.#peer.bfdState(NEAR[session]);
    assert.equal(theirs, 'up', `the peer says ${theirs} of BFD`);
  }

  /** BFD took the session with it. */
  assertDown(session: LinkSession): void {
    const { state, bfd } = this.#us.neighbor(session);
    assert.notEqual(bfd, 'Up', 'BFD is still Up');
    assert.notEqual(state, 'Established', 'the session is still up');
  }

  /** Each kernel has the other's IPv4 route, through IPv6. */
  assertForwarding(): void {
    const { ours, theirs } = LINK_PREFIXES;
    for (const [host, prefix] of [
      [this.#hosts.near, theirs],
      [this.#hosts.far, ours],
    ] as const) {
      const route = this.#lab.run(host, ['ip', 'route', 'show', prefix]).trim();
      const where = host === this.#hosts.near ? 'our kernel' : "the peer's kernel";
      assert.match(route, / via inet6 \S+ dev eth0/, `${where} has '${route}' for ${prefix}`);
    }
  }
}
