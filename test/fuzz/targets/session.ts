/**
 * A session and its peer on a network in memory: any messages, in any pieces, with time passing, calls
 * from outside and broken lines in between.
 *
 * Holds: nothing is thrown; every up has its down; no timer is left; what it sends is well-formed; it
 * comes back as soon as it is let.
 */
import type { SessionSettings } from '../../../src/bgp/session/settings.ts';
import { KEEPALIVE } from '../../../src/bgp/wire/header.ts';
import { encodeNotification } from '../../../src/bgp/wire/notification.ts';
import { encodeRouteRefresh } from '../../../src/bgp/wire/route-refresh.ts';
import { overrunFault } from '../../../src/bgp/wire/update-fault.ts';
import {
  END_OF_RIB,
  Lab,
  openMessage,
  type Puppet,
  RESTART_CAPABILITY,
  type Speaker,
} from '../../bgp/session/lab.ts';
import { concat, message } from '../../bgp/wire/build.ts';
import type { Dice } from '../dice.ts';
import { mutateBytes } from '../mutate-bytes.ts';
import { readSteps, type Step, smallerScripts, writeSteps } from '../records.ts';
import { check, type FuzzTarget } from '../target.ts';
import { makeUpdate, mutateUpdate, smallerUpdates } from '../update-parts.ts';

const CHUNKS: readonly number[] = [1, 3, 19, 1000, Number.POSITIVE_INFINITY];
const FAMILY = { afi: 1, safi: 1 };
const RICH_OPEN = openMessage({
  capabilities: [
    { kind: 'multiprotocol', ...FAMILY },
    { kind: 'four-octet-as', asNumber: 64512 },
    { kind: 'route-refresh' },
    { kind: 'enhanced-route-refresh' },
    { kind: 'extended-message' },
    { kind: 'add-path', families: [{ ...FAMILY, mode: 3 }] },
    RESTART_CAPABILITY,
    { kind: 'extended-next-hop', families: [{ ...FAMILY, nextHopAfi: 2 }] },
    { kind: 'fqdn', hostName: 'r\u001b[2J', domainName: 'x'.repeat(64) },
    { kind: 'software-version', text: 'v' },
  ],
});
const EXTERNAL_OPEN = openMessage({
  asNumber: 65_001,
  capabilities: [
    { kind: 'multiprotocol', ...FAMILY },
    { kind: 'four-octet-as', asNumber: 65_001 },
    { kind: 'role', role: 4 },
  ],
});

/** Settings beyond the plain ones, by two bits of the first octet. */
function extrasOf(mode: number): Partial<SessionSettings> {
  const extended = { extendedMessages: true, extendedNextHop: true, softwareVersion: 'x' };
  const external = { asNumber: 65_001, role: 'peer', strictRole: true } as const;
  return { ...((mode & 0x20) !== 0 && extended), ...((mode & 0x10) !== 0 && external) };
}

/** The first octet chooses chunks and settings; records of kinds below follow. */
export const SESSION: FuzzTarget = {
  name: 'session',
  isText: false,
  make: (dice) => concat(Uint8Array.of(dice.below(256)), writeSteps(makeScript(dice))),
  run,
  reductions: (input) =>
    smallerScripts(input.slice(0, 1), readSteps(input.subarray(1)), function* (octets) {
      for (const body of smallerUpdates(octets.subarray(19))) yield message(octets[18] ?? 2, body);
    }),
};

const SEND = 0;
const ADVANCE = 1;
const KINDS: readonly ((scene: Scene, octets: Uint8Array) => void)[] = [
  ({ peer }, octets) => peer.send(octets),
  ({ lab }, octets) => lab.clock.advance(((octets[0] ?? 0) + 1) ** 2),
  ({ peer }) => peer.connection?.abort(),
  (scene) => {
    scene.peer = scene.peer.dial('10.0.0.1');
  },
  ({ lab }) => lab.network.cut(Uint8Array.of(10, 0, 0, 2)),
  ({ lab }) => lab.network.heal(Uint8Array.of(10, 0, 0, 2)),
  ({ speaker }) => speaker.session.stop('silent'),
  ({ speaker }) => speaker.session.start(),
  ({ peer }) => peer.connection?.close(),
  ({ speaker }) => void speaker.session.requestRefresh(),
];

interface Scene {
  readonly lab: Lab;
  readonly speaker: Speaker;
  peer: Puppet;
}

function makeScript(dice: Dice): Step[] {
  const opening = dice.pick([openMessage(), RICH_OPEN, EXTERNAL_OPEN]);
  const steps: Step[] = dice.oneIn(8) ? [] : [{ kind: SEND, octets: opening }];
  if (!dice.oneIn(8)) steps.push({ kind: SEND, octets: KEEPALIVE });
  for (let left = dice.below(12); left > 0; left--) {
    if (dice.oneIn(3))
      steps.push({ kind: 1 + dice.below(KINDS.length - 1), octets: dice.octets(1) });
    else steps.push({ kind: SEND, octets: makeMessage(dice) });
    if (dice.oneIn(2)) steps.push({ kind: ADVANCE, octets: Uint8Array.of(2) });
  }
  return steps;
}

function makeMessage(dice: Dice): Uint8Array {
  const shape = { asWidth: 4, hasPathIds: false } as const;
  const messages = [
    openMessage,
    () => RICH_OPEN,
    () => EXTERNAL_OPEN,
    () => KEEPALIVE,
    () => END_OF_RIB,
    () => encodeRouteRefresh(dice.pick(['ipv4-unicast', 'ipv6-unicast']), dice.below(4)),
    () =>
      encodeNotification({ code: dice.below(9), subcode: dice.below(12), data: dice.octets(5) }),
    () => message(2, mutateUpdate(dice, makeUpdate(dice, shape), makeUpdate(dice, shape))),
  ];
  const made = dice.pick(messages)();
  return dice.oneIn(3) ? mutateBytes(dice, made, RICH_OPEN) : made;
}

async function run(input: Uint8Array): Promise<void> {
  const mode = input[0] ?? 0;
  const lab = new Lab();
  lab.network.chunkBytes = CHUNKS[mode % CHUNKS.length]!;
  const peer = await lab.puppet();
  const speaker = await lab.speaker('10.0.0.1', '10.0.0.2', {
    passive: (mode & 0x80) !== 0,
    ...extrasOf(mode),
  });
  if ((mode & 0x40) !== 0) speaker.log.onUpdate = faultNow(speaker);
  const scene: Scene = { lab, speaker, peer };
  speaker.session.start();
  lab.clock.advance(1_010);
  for (const { kind, octets } of readSteps(input.subarray(1))) {
    KINDS[kind % KINDS.length]!(scene, octets);
    lab.clock.advance(2);
  }
  checkEnd(scene);
}

/** A RIB that finds fault with every third message: a route, then the session. */
function faultNow({ log }: Speaker): Speaker['log']['onUpdate'] {
  return () => {
    if (log.updates.length % 3 !== 0) return undefined;
    const action = log.updates.length % 2 === 0 ? 'session-reset' : 'treat-as-withdraw';
    return { ...overrunFault(), action };
  };
}

function checkEnd({ lab, speaker: { session, log, listener }, peer }: Scene): void {
  const balance = log.ups - log.downs.length;
  check(balance === (session.state === 'Established' ? 1 : 0), `${balance} ups too many`);
  lab.network.heal(Uint8Array.of(10, 0, 0, 2));
  session.stop('silent');
  lab.clock.advance(60_000);
  check(log.ups === log.downs.length, 'ups and downs differ');
  listener.close();
  peer.connection?.abort();
  lab.clock.advance(600_000);
  check(lab.clock.pendingTimers === 0, 'timers are left behind');
}
