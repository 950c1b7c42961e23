/**
 * The BFD control packet (RFC 5880 §4.1): bytes ↔ values, with the checks of §6.8.6 that need no
 * session. Authentication is not in use, so a packet that carries it is faulty.
 */

export const STATE_ADMIN_DOWN = 0;
export const STATE_DOWN = 1;
export const STATE_INIT = 2;
export const STATE_UP = 3;

/** One of the four states, as on the wire. */
export type WireState = 0 | 1 | 2 | 3;

export const DIAG_NONE = 0;
export const DIAG_DETECTION_TIME_EXPIRED = 1;
export const DIAG_NEIGHBOR_SIGNALED_DOWN = 3;
export const DIAG_ADMINISTRATIVELY_DOWN = 7;

/** A packet without authentication, in octets. */
export const CONTROL_SIZE = 24;

const VERSION = 1;
const POLL = 0x20;
const FINAL = 0x10;
const CONTROL_PLANE_INDEPENDENT = 0x08;
const AUTHENTICATION = 0x04;
const DEMAND = 0x02;
const MULTIPOINT = 0x01;

/** Intervals are microseconds, discriminators unsigned 32-bit. */
export interface ControlPacket {
  readonly diagnostic: number;
  readonly state: WireState;
  readonly isPoll: boolean;
  readonly isFinal: boolean;
  readonly isControlPlaneIndependent: boolean;
  readonly isDemand: boolean;
  readonly detectMultiplier: number;
  readonly myDiscriminator: number;
  readonly yourDiscriminator: number;
  readonly desiredMinTxUs: number;
  readonly requiredMinRxUs: number;
  readonly requiredMinEchoRxUs: number;
}

/** The packet as 24 new octets. */
export function encodeControl(packet: ControlPacket): Uint8Array {
  const bytes = new Uint8Array(CONTROL_SIZE);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, (VERSION << 5) | packet.diagnostic);
  view.setUint8(1, (packet.state << 6) | flagsOf(packet));
  view.setUint8(2, packet.detectMultiplier);
  view.setUint8(3, CONTROL_SIZE);
  view.setUint32(4, packet.myDiscriminator);
  view.setUint32(8, packet.yourDiscriminator);
  view.setUint32(12, packet.desiredMinTxUs);
  view.setUint32(16, packet.requiredMinRxUs);
  view.setUint32(20, packet.requiredMinEchoRxUs);
  return bytes;
}

/**
 * Decodes a datagram; octets after the packet's own length are ignored.
 *
 * @param bytes the datagram; borrowed, not kept
 * @returns the packet, or a few words on why it must be discarded (RFC 5880 §6.8.6)
 */
export function decodeControl(bytes: Uint8Array): ControlPacket | string {
  if (bytes.length < CONTROL_SIZE) return 'too short';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fault = faultOf(view);
  if (fault !== undefined) return fault;
  const flags = view.getUint8(1);
  return {
    diagnostic: view.getUint8(0) & 0x1f,
    state: (flags >> 6) as WireState,
    isPoll: (flags & POLL) !== 0,
    isFinal: (flags & FINAL) !== 0,
    isControlPlaneIndependent: (flags & CONTROL_PLANE_INDEPENDENT) !== 0,
    isDemand: (flags & DEMAND) !== 0,
    detectMultiplier: view.getUint8(2),
    myDiscriminator: view.getUint32(4),
    yourDiscriminator: view.getUint32(8),
    desiredMinTxUs: view.getUint32(12),
    requiredMinRxUs: view.getUint32(16),
    requiredMinEchoRxUs: view.getUint32(20),
  };
}

function faultOf(view: DataView): string | undefined {
  const flags = view.getUint8(1);
  const size = view.getUint8(3);
  if (view.getUint8(0) >> 5 !== VERSION) return 'unknown version';
  if (size < CONTROL_SIZE) return 'length field too small';
  if (size > view.byteLength) return 'length field beyond the datagram';
  if (view.getUint8(2) === 0) return 'detect multiplier is zero';
  if (flags & MULTIPOINT) return 'multipoint bit set';
  if (view.getUint32(4) === 0) return 'my discriminator is zero';
  if (view.getUint32(8) === 0 && flags >> 6 > STATE_DOWN) return 'your discriminator is zero';
  if (flags & AUTHENTICATION) return 'authentication is not in use';
  return undefined;
}

function flagsOf(packet: ControlPacket): number {
  return (
    (packet.isPoll ? POLL : 0) |
    (packet.isFinal ? FINAL : 0) |
    (packet.isControlPlaneIndependent ? CONTROL_PLANE_INDEPENDENT : 0) |
    (packet.isDemand ? DEMAND : 0)
  );
}
