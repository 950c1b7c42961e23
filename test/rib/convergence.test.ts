/**
 * Property: whatever happens in whatever order, once the RIB is at rest its best paths and what every
 * peer holds are what computing from scratch gives; and when all routes are gone, so is all state.
 */
import fc from 'fast-check';
import t from 'tap';
import type { PathAttributes } from '../../src/bgp/wire/path-attributes.ts';
import type { PolicyRule } from '../../src/policy/model.ts';
import { localSet, type NaivePeer, NaiveRib } from './support/naive-rib.ts';
import {
  address,
  asPath,
  attributes,
  describe,
  type LabPeer,
  prefix,
  RibLab,
} from './support/rib-lab.ts';

const PREFIXES = ['10.0.0.0/24', '10.0.1.0/24', '10.0.2.0/24', '10.0.2.128/25', '0.0.0.0/0'];

const SETS: readonly PathAttributes[] = [
  attributes({ localPref: 100 }),
  attributes({ localPref: 100, nextHop: address('192.0.2.2') }),
  attributes({ localPref: 100, nextHop: address('192.0.2.3'), origin: 2 }),
  attributes({ localPref: 200, asPath: asPath(65001, 65002) }),
  attributes({ asPath: asPath(65001), med: 10 }),
  attributes({ asPath: asPath(65001), med: 20 }),
  attributes({ asPath: asPath(65002), med: 15 }),
  attributes({ asPath: asPath(65002), med: 5, nextHop: address('192.0.2.2') }),
  attributes({ asPath: asPath(65001), communities: Uint32Array.of(0xffffff01) }),
  attributes({ asPath: asPath(65002), communities: Uint32Array.of(0xffffff02) }),
  attributes({ asPath: asPath(65001, 64512) }),
  attributes({ originatorId: 7, clusterList: Uint32Array.of(5, 6) }),
  attributes({ originatorId: 7, clusterList: Uint32Array.of(0x01010101) }),
  attributes({ originatorId: 0x0a000064 }),
  attributes({ localPref: 2_147_483_135 }),
];

const RULES: readonly (readonly PolicyRule[])[] = [
  [],
  [{ name: 'm', match: {}, set: { med: 77 }, action: 'next' }],
  [
    {
      name: 'r',
      match: { prefixes: [{ prefix: prefix('10.0.1.0/24'), minLength: 24, maxLength: 24 }] },
      set: {},
      action: 'reject',
    },
  ],
  [
    {
      name: 'p',
      match: { prefixes: [{ prefix: prefix('10.0.2.0/24'), minLength: 24, maxLength: 32 }] },
      set: { localPref: 300, addCommunities: [4259905537] },
      action: 'accept',
    },
  ],
  [{ name: 'w', match: { med: { max: 15 } }, set: { weight: 9 }, action: 'next' }],
  [{ name: 'n', match: { localPref: { min: 150 } }, set: {}, action: 'reject' }],
];

interface PeerRow {
  readonly name: string;
  readonly internal: boolean;
  readonly client: boolean;
  readonly routerId: number;
  readonly addPath: boolean;
  /** Add-Path tells only so many. */
  readonly best?: number;
  /** It is told no private AS numbers. */
  readonly hides?: boolean;
}

const PEERS: readonly PeerRow[] = [
  { name: 'e1', internal: false, client: false, routerId: 1, addPath: false, hides: true },
  { name: 'e2', internal: false, client: false, routerId: 1, addPath: true, best: 2 },
  { name: 'c1', internal: true, client: true, routerId: 2, addPath: false },
  { name: 'c2', internal: true, client: true, routerId: 3, addPath: false },
  { name: 'c3', internal: true, client: true, routerId: 3, addPath: true },
  { name: 'n1', internal: true, client: false, routerId: 4, addPath: false },
  { name: 'n2', internal: true, client: false, routerId: 5, addPath: true, best: 1 },
];

type Step = readonly [action: number, peer: number, a: number, b: number];

class Scenario {
  readonly lab: RibLab;
  readonly naive: NaiveRib;
  readonly peers: { lab: LabPeer; naive: NaivePeer }[];

  readonly #maximumPaths: number;

  constructor(maximumPaths: number) {
    this.#maximumPaths = maximumPaths;
    this.lab = new RibLab({ maximumPaths });
    this.naive = new NaiveRib(0x0a000064, 0x01010101, this.lab.nextHops);
    this.peers = PEERS.map((peer, index) => this.#addPeer(peer, index));
  }

  #addPeer(
    { name, internal, client, routerId, addPath, best, hides = false }: PeerRow,
    index: number,
  ) {
    const own = address(`10.0.0.${index + 1}`);
    const lab = this.lab.peer(name, {
      address: own,
      isInternal: internal,
      isRouteReflectorClient: client,
      routerId,
      addPathSend: addPath,
      addPathReceive: addPath,
      addPathBest: best,
      removePrivateAs: hides ? { all: true, replace: false } : undefined,
    });
    const role = { isInternal: internal, isClient: client, hasAddPathSend: addPath };
    const rules = { importRules: [], exportRules: [], weight: 0, removesPrivateAs: hides };
    const limit = best === undefined ? {} : { addPathBest: best };
    return { lab, naive: { name, address: own, routerId, ...role, ...rules, ...limit } };
  }

  do([action, index, a, b]: Step): void {
    const { lab, naive } = this.peers[index % this.peers.length]!;
    const pathId = naive.hasAddPathSend ? 1 + (b % 2) : 0;
    const to = PREFIXES[a % PREFIXES.length]!;
    if (action < 8) this.#announce(lab, naive, a, b, pathId);
    else if (action < 11) this.#withdraw(lab, naive, to, pathId);
    else if (action === 11) this.#upOrDown(lab, naive);
    else if (action === 12) this.#restart(lab, naive, a, b, pathId);
    else if (action === 13) lab.hasRoom = false;
    else if (action === 14) lab.drain();
    else if (action === 15) this.#setRules(lab, naive, a, b);
    else if (action === 16) this.#local(to, b);
    else if (action === 17) this.#resolve(a, b);
    else if (action === 19) this.#decide(a, b);
    else if (action === 20) this.#weigh(lab, naive, b);
    else if (action === 21) this.lab.nowMs += 1000;
    else if (action === 18) this.lab.rib.routeRefresh(lab.id, 'ipv4-unicast');
    else this.lab.step();
  }

  #announce(lab: LabPeer, naive: NaivePeer, a: number, b: number, pathId: number): void {
    if (!lab.isUp) return;
    const set = SETS[b % SETS.length]!;
    const count = 1 + (b % 2);
    for (let i = 0; i < count; i++) {
      const to = PREFIXES[(a + i) % PREFIXES.length]!;
      lab.announce([to], set, pathId || undefined);
      this.naive.announce(naive, to, set, pathId, Math.floor(this.lab.nowMs / 1000));
    }
  }

  #withdraw(lab: LabPeer, naive: NaivePeer, to: string, pathId: number): void {
    if (!lab.isUp) return;
    lab.withdraws([to], pathId || undefined);
    this.naive.withdraw(naive, to, pathId);
  }

  #upOrDown(lab: LabPeer, naive: NaivePeer): void {
    if (lab.isUp) {
      lab.down();
      this.naive.drop(naive);
    } else lab.up();
  }

  /** A graceful restart in which one route is announced again. */
  #restart(lab: LabPeer, naive: NaivePeer, a: number, b: number, pathId: number): void {
    if (!lab.isUp) return;
    lab.down(true);
    if (b % 2 === 0) this.lab.step();
    lab.up();
    this.naive.drop(naive, true);
    this.#announce(lab, naive, a, b, pathId);
    this.naive.endRestart();
    lab.sendEndOfRib();
  }

  #setRules(lab: LabPeer, naive: NaivePeer, a: number, b: number): void {
    naive.importRules = RULES[a % RULES.length]!;
    naive.exportRules = RULES[b % RULES.length]!;
    lab.update({ importRules: naive.importRules, exportRules: naive.exportRules });
  }

  /** Any combination of switches; without deterministic MED there is no one right answer. */
  #decide(a: number, b: number): void {
    const bit = (at: number) => ((a + b * 21) >> at) % 2 === 1;
    this.naive.options = {
      alwaysCompareMed: bit(0),
      deterministicMed: true,
      missingMedAsWorst: bit(1),
      compareRouterId: bit(2),
      ignoreAsPath: bit(3),
      ignoreIgpMetric: bit(4),
      multipath: { internal: 1 + (a % 4), external: 1 + (b % 4), relaxAsPath: bit(5) },
    };
    this.lab.rib.setDecision(this.naive.options);
  }

  #weigh(lab: LabPeer, naive: NaivePeer, b: number): void {
    naive.weight = b % 3;
    lab.update({ weight: naive.weight });
  }

  #local(to: string, b: number): void {
    if (b % 2 === 0) {
      this.lab.rib.originate({ prefix: prefix(to), source: 'static', gateway: undefined });
      this.naive.announce(undefined, to, localSet());
    } else {
      this.lab.rib.withdrawLocal(prefix(to), 'static');
      this.naive.withdraw(undefined, to);
    }
  }

  #resolve(a: number, b: number): void {
    const igpCost = b % 3;
    this.lab.nextHops.set(`192.0.2.${1 + (a % 3)}`, {
      isReachable: b % 4 !== 0,
      igpCost,
      interface: 'eth0',
    });
    this.lab.rib.nextHopsChanged();
  }

  rest(): void {
    for (const { lab } of this.peers) if (lab.isUp) lab.drain();
    this.lab.settle();
  }

  /** What differs from the naive model, in words. */
  difference(): string | undefined {
    const { views } = this.lab.rib;
    const best = [...views.locRib('ipv4-unicast')].map(
      (path) =>
        `${path.prefix} ${describe(views.attributes(path.attrs))} from ${views.sourceName(path.peer)}`,
    );
    const wanted = this.naive.locRib();
    if (best.sort().join('\n') !== wanted.join('\n')) {
      return `Loc-RIB is\n${best.join('\n')}\nbut should be\n${wanted.join('\n')}`;
    }
    const order = this.#orderDifference();
    if (order) return order;
    for (const { lab, naive } of this.peers) {
      if (!lab.isUp) continue;
      const held = lab.lines.map((line) => line.replace(/#\d+/, '')).sort();
      const due = this.naive.adjRibOut(naive);
      const count = this.lab.rib.counters(lab.id, 'ipv4-unicast').advertised;
      if (held.join('\n') !== due.join('\n') || count !== due.length) {
        return `${naive.name} holds (${count})\n${held.join('\n')}\nbut should hold\n${due.join('\n')}`;
      }
      if (!lab.endsOfRib.includes('ipv4-unicast')) return `${naive.name} got no End-of-RIB`;
    }
    return undefined;
  }

  /** What differs in the order of preference, in the reasons for it or in multipath. */
  #orderDifference(): string | undefined {
    const { views } = this.lab.rib;
    const rankings = this.naive.rankings(this.#maximumPaths);
    for (const id of views.prefixIds('ipv4-unicast')) {
      const text = views.prefixText('ipv4-unicast', id);
      const ranked = views.decision('ipv4-unicast', id);
      const names = ranked.map(({ path }) => {
        const { peer, pathId } = views.path('ipv4-unicast', path);
        return `${views.sourceName(peer)} ${pathId}`;
      });
      const { order = [], width = 0 } = rankings.get(text) ?? {};
      if (names.join() !== order.join()) return `${text} is ${names}, but should be ${order}`;
      const isUnexplained = ranked.slice(1).some(({ loss }) => !loss || loss.step === 'equal');
      if (isUnexplained) return `${text}: a path lost for no reason`;
      const shared = views.multipath('ipv4-unicast', id).length;
      if (shared !== width) return `${text} is shared by ${shared}, but should be by ${width}`;
    }
    return undefined;
  }

  /** Everything goes; answers what is left. */
  empty(): object {
    for (const { lab } of this.peers) {
      if (lab.isUp) lab.down();
      else lab.down(false);
    }
    for (const to of PREFIXES) this.lab.rib.withdrawLocal(prefix(to), 'static');
    this.lab.settle();
    return this.lab.rib.views.sizes('ipv4-unicast');
  }
}

const step: fc.Arbitrary<Step> = fc.tuple(
  fc.nat({ max: 24 }),
  fc.nat({ max: PEERS.length - 1 }),
  fc.nat({ max: 20 }),
  fc.nat({ max: 40 }),
);

for (const maximumPaths of [1, 4]) {
  t.test(`incremental equals from scratch, ${maximumPaths} paths`, async (t) => {
    const property = fc.property(fc.array(step, { minLength: 5, maxLength: 80 }), (steps) => {
      const scenario = new Scenario(maximumPaths);
      for (const { lab } of scenario.peers.slice(0, 5)) lab.up();
      for (const one of steps) scenario.do(one);
      scenario.rest();
      const difference = scenario.difference();
      if (difference) throw new Error(difference);
      const left = scenario.empty();
      const none = { prefixes: 0, paths: 0, best: 0, attributeSets: 0, nextHops: 0 };
      if (JSON.stringify(left) !== JSON.stringify(none)) {
        throw new Error(`left over: ${JSON.stringify(left)}`);
      }
    });
    fc.assert(property, { numRuns: 150, seed: 7 });
    t.pass();
  });
}

/** One policy of one neighbour becomes another while everything is at rest. */
function changeRules(scenario: Scenario, [, index, a, b]: Step): void {
  const { lab, naive } = scenario.peers[index % scenario.peers.length]!;
  const rules = RULES[a % RULES.length]!;
  if (b % 2 === 0) naive.importRules = rules;
  else naive.exportRules = rules;
  lab.update({ importRules: naive.importRules, exportRules: naive.exportRules });
}

t.test(
  'another policy puts the differences on the wire, each once, and nothing else',
  async (t) => {
    let differences = 0;
    const property = fc.property(
      fc.array(step, { minLength: 30, maxLength: 60 }),
      fc.array(step, { minLength: 1, maxLength: 5 }),
      (steps, changes) => {
        const scenario = new Scenario(1);
        for (const { lab } of scenario.peers) lab.up();
        for (const one of steps) scenario.do(one);
        scenario.rest();
        for (const change of changes) {
          const before = scenario.peers.map(({ lab }) => ({
            lines: lab.lines,
            changes: lab.changes,
          }));
          changeRules(scenario, change);
          scenario.rest();
          scenario.peers.forEach(({ lab, naive }, i) => {
            const due = differing(before[i]!.lines, lab.lines);
            const sent = lab.changes - before[i]!.changes;
            differences += due;
            if (sent !== due) throw new Error(`${naive.name} was sent ${sent}, but ${due} differ`);
          });
          const difference = scenario.difference();
          if (difference) throw new Error(difference);
        }
      },
    );
    fc.assert(property, { numRuns: 150, seed: 11 });
    t.ok(differences > 300, `${differences} differences`);
  },
);

/** How many routes are in one list only, or not the same in both. */
function differing(before: readonly string[], after: readonly string[]): number {
  const keyOf = (line: string) => line.slice(0, line.indexOf(' '));
  const changed = [
    ...before.filter((line) => !after.includes(line)),
    ...after.filter((line) => !before.includes(line)),
  ];
  return new Set(changed.map(keyOf)).size;
}
