/**
 * Datagrams across the network while something happens, counted by the kernels of both ends.
 *
 * Nobody has to receive them: the destination's kernel counts what arrives, also for a port without a socket,
 * so that a busy machine, on which a receiver would come late to its socket, loses none of them.
 */
import type { Daemon } from './daemon.ts';
import type { Laboratory } from './laboratory.ts';
import { eventually } from './wait.ts';

/** The discard port. */
const PORT = 9;
/** On the wire and in queues, after the last was sent. */
const UNDER_WAY_SEC = 5;

export interface Flow {
  /** Namespace of the sender. */
  readonly from: string;
  /** Namespace and address of each receiver. */
  readonly to: readonly { readonly namespace: string; readonly address: string }[];
}

export interface Tally {
  readonly sent: number;
  readonly lost: number;
}

/** All flows at once, each at the rate. */
export class LossProbe {
  readonly #lab: Laboratory;
  readonly #flows: readonly Flow[];
  readonly #ratePerSec: number;
  #runs = 0;

  constructor(lab: Laboratory, flows: readonly Flow[], ratePerSec: number) {
    this.#lab = lab;
    this.#flows = flows;
    this.#ratePerSec = ratePerSec;
  }

  /** What was sent and lost while `happens` was under way. */
  async during(happens: () => Promise<void>): Promise<Tally> {
    const before = this.#arrived();
    this.#runs++;
    const senders = this.#flows.map((flow, i) => this.#send(flow, i));
    await happens();
    await Promise.all(senders.map((sender) => sender.stop()));
    const sent = senders.reduce((sum, sender) => sum + triedBy(sender), 0);
    return { sent, lost: await this.#missing(before + sent, sent) };
  }

  #send({ from, to }: Flow, i: number): Daemon {
    const script = new URL('./datagrams.mjs', import.meta.url).pathname;
    const addresses = to.map(({ address }) => address);
    const argv = [process.execPath, script, String(this.#ratePerSec), String(PORT), ...addresses];
    return this.#lab.start(`datagrams-${this.#runs}-${i}`, from, argv);
  }

  async #missing(expected: number, sent: number): Promise<number> {
    if (sent === 0) throw new Error('nothing was sent');
    try {
      await eventually('all datagrams arrive', UNDER_WAY_SEC, () => {
        if (this.#arrived() < expected) throw new Error('not all');
      });
      return 0;
    } catch {
      return expected - this.#arrived();
    }
  }

  /** Datagrams that came to the receivers, with a socket there or without. */
  #arrived(): number {
    const namespaces = new Set(
      this.#flows.flatMap(({ to }) => to.map(({ namespace }) => namespace)),
    );
    return [...namespaces].reduce((sum, namespace) => sum + this.#arrivedIn(namespace), 0);
  }

  #arrivedIn(namespace: string): number {
    const text = this.#lab.run(namespace, ['cat', '/proc/net/snmp']);
    const [names, values] = text.split('\n').filter((line) => line.startsWith('Udp:'));
    const counters = new Map(names!.split(' ').map((name, i) => [name, values!.split(' ')[i]]));
    const [received, unclaimed] = ['InDatagrams', 'NoPorts'].map((name) => counters.get(name));
    return Number(received) + Number(unclaimed);
  }
}

/** @throws Error when the sender did not say */
function triedBy(sender: Daemon): number {
  return (JSON.parse(sender.logTail(1)) as { tried: number }).tried;
}
