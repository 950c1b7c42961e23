/** What the dialog needs of the daemon, for one family: Calico runs a BIRD, hence a socket, for each. */
import type { DaemonCommands, DaemonViews } from '../api/views.ts';

export interface InterfaceFacts {
  readonly name: string;
  readonly index: number;
  readonly mtu: number;
  readonly isUp: boolean;
  readonly isLoopback: boolean;
  readonly hasBroadcast: boolean;
  readonly hasMulticast: boolean;
  readonly hasCarrier: boolean;
  /** With prefix length. */
  readonly addresses: readonly string[];
}

export interface BirdHost {
  readonly family: 'ipv4-unicast' | 'ipv6-unicast';
  readonly views: Pick<DaemonViews, 'version' | 'neighbors' | 'rib' | 'adjOut'>;
  readonly commands: Pick<DaemonCommands, 'clearNeighbor' | 'shutdownNeighbor' | 'enableNeighbor'>;
  status(): {
    readonly isRecovering: boolean;
    /** Milliseconds since the epoch. */
    readonly startedAt: number;
    readonly configuredAt: number;
  };
  /** Reads the configuration again; what differs is applied later. */
  reload(): void;
  interfaces(): readonly InterfaceFacts[];
  /** Milliseconds since the epoch. */
  wallTime(): number;
}

/** BIRD's word for the one table there is. */
export const TABLE = 'master';
