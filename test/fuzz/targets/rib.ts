/**
 * The whole RIB: two neighbours send anything, three others listen, lag, and ask again.
 *
 * Holds: nothing is thrown; every message sent re-decodes (the lab's peers throw when one does not); who
 * joins late is told what the others were told; once the two are gone, everything is as before, and once
 * all are gone nothing is left.
 */
import { encodePathAttributes } from '../../../src/bgp/wire/encode-path-attributes.ts';
import { FAMILIES, type Family } from '../../../src/net/family.ts';
import { concat, message, toHex } from '../../bgp/wire/build.ts';
import { asPath, type LabPeer, type LabPeerOptions, RibLab } from '../../rib/support/rib-lab.ts';
import type { Dice } from '../dice.ts';
import { readSteps, type Step, smallerScripts, writeSteps } from '../records.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';
import { makeUpdate, mutateUpdate, smallerUpdates } from '../update-parts.ts';

/** Records: the kind's low bit is the sender, the rest what happens; the head chooses who they are. */
export const RIB: FuzzTarget = {
  name: 'rib',
  isText: false,
  make,
  run,
  reductions: (input) =>
    smallerScripts(input.slice(0, 1), readSteps(input.subarray(1)), smallerUpdates),
};

const ACTIONS: readonly ((scene: Scene, from: LabPeer, octets: Uint8Array) => void)[] = [
  (_scene, from, body) => deliver(from, body),
  (_scene, from, body) => deliver(from, body),
  (_scene, from, body) => deliver(from, body),
  ({ lab }) => void lab.step(),
  ({ lab }) => lab.settle(),
  (_scene, from) => from.sendEndOfRib(),
  (_scene, from, octets) => restart(from, (octets[0] ?? 0) % 2 === 0),
  ({ listeners }, _from, octets) => listeners[(octets[0] ?? 0) % 3]!.drain(),
  ({ listeners }, _from, octets) => {
    listeners[(octets[0] ?? 0) % 3]!.hasRoom = false;
  },
  ({ lab, listeners }, _from, octets) => {
    lab.rib.routeRefresh(listeners[(octets[0] ?? 0) % 3]!.id, 'ipv4-unicast');
  },
  ({ lab }, from, octets) => lab.rib.beginRefresh(from.id, familyOf(octets)),
  ({ lab }, from, octets) => lab.rib.endRefresh(from.id, familyOf(octets)),
  ({ lab }, from) => lab.rib.reimport(from.id),
  ({ lab, listeners }, _from, octets) => {
    const listener = listeners[(octets[0] ?? 0) % listeners.length]!;
    lab.rib.routeRefresh(listener.id, familyOf(octets));
    listener.update({ exportRules: (octets[0] ?? 0) < 128 ? [HARMLESS] : [] });
  },
];

/** Puts a listener into another group without changing what it is told. */
const HARMLESS = { name: 'all', match: {}, set: {}, action: 'accept' } as const;

function familyOf(octets: Uint8Array): Family {
  return FAMILIES[(octets[0] ?? 0) & 1]!;
}

interface Scene {
  readonly lab: RibLab;
  readonly senders: readonly LabPeer[];
  readonly listeners: readonly LabPeer[];
}

/** Attributes may triple on the way to a peer of two-octet numbers; what fits no message is withdrawn, from all. */
const LARGE_BODY = 1200;

const INTERNAL = 1;
const CLIENT = 2;
const TWO_OCTET = 4;
const ADD_PATH = 8;

function make(dice: Dice): Uint8Array {
  const head = dice.below(256);
  const steps = Array.from({ length: 1 + dice.below(10) }, (): Step => {
    const sender = dice.below(2);
    const mode = modeOf(head, sender);
    const action = dice.oneIn(2) ? 0 : dice.below(ACTIONS.length);
    const kind = (action << 1) | sender;
    return { kind, octets: action < 3 ? makeBody(dice, mode) : dice.octets(1) };
  });
  return concat(Uint8Array.of(head), writeSteps(steps));
}

function makeBody(dice: Dice, mode: number): Uint8Array {
  const asWidth = (mode & TWO_OCTET) === 0 ? 4 : 2;
  const shape = { asWidth, hasPathIds: (mode & ADD_PATH) !== 0 } as const;
  const parts = makeUpdate(dice, shape);
  return mutateUpdate(dice, parts, makeUpdate(dice, shape));
}

/** Four bits of the head for each of the two senders. */
function modeOf(head: number, sender: number): number {
  return (head >> (sender * 4)) & 15;
}

function optionsOf(mode: number): LabPeerOptions {
  const isInternal = (mode & INTERNAL) !== 0;
  const hasAddPath = (mode & ADD_PATH) !== 0;
  const role = isInternal ? undefined : hasAddPath ? 'provider' : 'peer';
  return {
    isInternal,
    asNumber: isInternal ? 64_512 : 65_001,
    role,
    ...(role === 'peer' && { onlyToCustomer: 65_001 }),
    hasExtendedNextHop: hasAddPath || isInternal,
    isRouteReflectorClient: isInternal && (mode & CLIENT) !== 0,
    asWidth: (mode & TWO_OCTET) === 0 ? 4 : 2,
    addPathReceive: hasAddPath,
    addPathSend: hasAddPath,
    families: FAMILIES,
  };
}

/** An iBGP client, an eBGP peer of old make, one with Add-Path, and one that takes everything new. */
const LISTENERS: readonly LabPeerOptions[] = [
  optionsOf(INTERNAL | CLIENT),
  optionsOf(TWO_OCTET),
  { ...optionsOf(INTERNAL | ADD_PATH), hasEnhancedRefresh: true },
  {
    ...optionsOf(INTERNAL | CLIENT),
    hasEnhancedRefresh: true,
    maximumMessageSize: 65_535,
    localAddress: '2001:db8::100',
  },
];

function run(input: Uint8Array): void {
  const scene = setScene(input[0] ?? 0);
  const steps = readSteps(input.subarray(1));
  const { lab, senders, listeners } = scene;
  const sizesBefore = sizes(lab);
  const toldBefore = listeners.map(told);
  for (const peer of senders) peer.up();
  for (const { kind, octets } of steps) {
    ACTIONS[(kind >> 1) % ACTIONS.length]!(scene, senders[kind & 1]!, octets);
  }
  for (const peer of listeners) peer.drain();
  lab.settle();
  checkSplitHorizon(scene);
  checkLatecomers(scene);
  if (steps.every(({ octets }) => octets.length < LARGE_BODY)) checkWithdrawals(listeners);
  for (const peer of senders) peer.down();
  lab.settle();
  checkSame(sizes(lab), sizesBefore, 'sizes without the two');
  checkSame(listeners.map(told), toldBefore, 'what others were told without the two');
  for (const peer of listeners) peer.down();
  lab.settle();
  const none = { prefixes: 0, paths: 0, best: 0, attributeSets: 0, nextHops: 0 };
  checkSame(sizes(lab), [none, none], 'sizes at the end');
}

function setScene(head: number): Scene {
  const lab = new RibLab();
  const senders = [0, 1].map((i) => lab.peer(`sender ${i}`, optionsOf(modeOf(head, i))));
  const listeners = LISTENERS.map((options, i) => lab.upPeer(`listener ${i}`, options));
  listeners[1]!.announce(['10.99.0.0/16', '11.0.0.0/16'], { asPath: asPath(65_001) });
  lab.settle();
  return { lab, senders, listeners };
}

/** What a session does with a message: a reset is a reset. */
function deliver(from: LabPeer, body: Uint8Array): void {
  if (body.length < 4 || body.length > 65_000) return;
  const fault = from.deliver(message(2, body));
  if (fault?.action === 'session-reset') restart(from, false);
}

function restart(peer: LabPeer, keepStale: boolean): void {
  peer.down(keepStale);
  peer.up();
}

/** Nobody is told a route it sent. */
function checkSplitHorizon({ lab, senders, listeners }: Scene): void {
  const peers = new Map([...senders, ...listeners].map((peer) => [peer.id, peer]));
  for (const family of FAMILIES) {
    for (const { peer, prefix, path, isBest } of lab.rib.views.paths(family)) {
      const from = peers.get(peer);
      if (!from) continue;
      const hasAddPath = from.wire.addPathSend.length > 0;
      const key = hasAddPath ? `${prefix}#${path}` : prefix;
      if (!hasAddPath && !isBest) continue;
      check(!from.routes.has(key), `${key} went back to ${from.config.name}`);
    }
  }
}

/** A peer like each listener that joins now holds the same routes, its own aside. */
function checkLatecomers({ lab, listeners }: Scene): void {
  for (const [i, options] of LISTENERS.entries()) {
    const late = lab.upPeer(`late ${i}`, options);
    const own = new Set(i === 1 ? ['10.99.0.0/16', '11.0.0.0/16'] : []);
    const strip = (peer: LabPeer) => told(peer).filter((line) => !own.has(line.split(/[ #]/)[0]!));
    checkSame(strip(listeners[i]!), strip(late), `a latecomer like listener ${i}`);
    lab.rib.removePeer(late.id);
    late.isUp = false;
    lab.settle();
  }
}

function checkWithdrawals(listeners: readonly LabPeer[]): void {
  for (const { config, needlessWithdrawals } of listeners) {
    check(
      needlessWithdrawals === 0,
      `${needlessWithdrawals} needless withdrawals to ${config.name}`,
    );
  }
}

/** Routes with every octet of their attributes, sorted. */
function told(peer: LabPeer): string[] {
  return [...peer.routes]
    .map(
      ([key, set]) => `${key} ${toHex(set.nextHop)} ${toHex(encodePathAttributes(set, 4, false))}`,
    )
    .sort();
}

function sizes(lab: RibLab): object[] {
  return FAMILIES.map((family) => lab.rib.views.sizes(family));
}
