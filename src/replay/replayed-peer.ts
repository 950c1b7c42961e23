/** One peer of a recording: its place in the RIB, and what is known of the session it is in. */
import type { NegotiatedSession } from '../bgp/session/negotiate.ts';
import { EXTENDED_MESSAGE_SIZE } from '../bgp/wire/constants.ts';
import type { WireOptions } from '../bgp/wire/wire-options.ts';
import type { Config, NeighborConfig } from '../config/model.ts';
import { ribPeerOf } from '../daemon/rib-peer.ts';
import { FAMILIES, type Family } from '../net/family.ts';
import type { PeerId } from '../rib/ids.ts';
import type { OutboundPeer } from '../rib/ports.ts';
import type { Rib } from '../rib/rib.ts';

/** Takes everything; nobody is told. */
const NOWHERE: OutboundPeer = { send: () => true };

/** What is never sent needs no address of ours, but a sound one: the dummy of RFC 7600. */
const NOBODY = Uint8Array.of(192, 0, 0, 8);

export class ReplayedPeer {
  readonly config: NeighborConfig;
  readonly peerId: PeerId;
  readonly #rib: Rib;
  #negotiated: NegotiatedSession | undefined;
  #wire: WireOptions;
  #isUp = false;
  /** UPDATEs that were faulty in whole or part. */
  faults = 0;

  constructor(neighbor: NeighborConfig, config: Config, rib: Rib) {
    this.config = neighbor;
    this.#rib = rib;
    this.peerId = rib.addPeer(ribPeerOf(neighbor, config));
    this.#wire = this.#plainWire();
  }

  /** Another session begins with what both OPENs agree on. */
  opened(negotiated: NegotiatedSession): void {
    this.down();
    this.#negotiated = negotiated;
    this.#wire = { ...negotiated, maximumMessageSize: EXTENDED_MESSAGE_SIZE };
  }

  /** Without graceful restart: what the peer had told is gone. */
  down(): void {
    if (!this.#isUp) return;
    this.#isUp = false;
    this.#negotiated = undefined;
    this.#wire = this.#plainWire();
    this.#rib.peerDown(this.peerId, { keepStale: [] });
  }

  up(routerId = 0): void {
    if (this.#isUp) return;
    this.#isUp = true;
    this.#rib.peerUp(this.peerId, {
      wire: this.#wire,
      families: this.#negotiated?.families ?? FAMILIES,
      remoteRouterId: this.#negotiated?.remoteRouterId ?? routerId,
      localAddress: NOBODY,
      localAddressOther: undefined,
      outbound: NOWHERE,
    });
  }

  /** @param family of its prefixes, where it tells; what the record says of the encoding counts */
  update(
    message: Uint8Array,
    asWidth: 2 | 4,
    family: Family | undefined,
    hasPathIds: boolean,
  ): void {
    this.#read(asWidth, family, hasPathIds);
    this.up();
    const fault = this.#rib.receiveUpdate(this.peerId, message, 0, message.length);
    if (!fault) return;
    this.faults++;
    if (fault.action === 'session-reset') this.down();
  }

  #read(asWidth: 2 | 4, family: Family | undefined, hasPathIds: boolean): void {
    const { addPathReceive } = this.#wire;
    const isSame = family === undefined || addPathReceive.includes(family) === hasPathIds;
    if (this.#wire.asWidth === asWidth && isSame) return;
    const others = addPathReceive.filter((each) => each !== family);
    const next = family && hasPathIds ? [...others, family] : others;
    this.#wire = { ...this.#wire, asWidth, addPathReceive: next };
    // The same session goes on: its routes stay.
    this.#isUp = false;
  }

  #plainWire(): WireOptions {
    const { asNumber, localAsNumber } = this.config;
    return {
      asWidth: 4,
      addPathReceive: [],
      addPathSend: [],
      maximumMessageSize: EXTENDED_MESSAGE_SIZE,
      isInternal: asNumber === localAsNumber,
      hasExtendedNextHop: true,
    };
  }
}
