/**
 * Capabilities of the OPEN message (RFC 5492) as a union by kind; codes we do not know, and optional
 * text we cannot read, stay raw.
 */
import type { AfiSafi } from './afi-safi.ts';

/** An address family of a graceful-restart capability. */
export interface RestartFamily extends AfiSafi {
  /** The F bit: forwarding state was kept over the restart. */
  readonly isForwardingPreserved: boolean;
}

export type Capability =
  /** RFC 4760 §8. */
  | ({ readonly kind: 'multiprotocol' } & AfiSafi)
  /** RFC 2918. */
  | { readonly kind: 'route-refresh' }
  /** RFC 8950 §4. */
  | { readonly kind: 'extended-next-hop'; readonly families: readonly NextHopFamily[] }
  /** RFC 8654. */
  | { readonly kind: 'extended-message' }
  /** RFC 9234 §4.1: 0 provider, 1 route server, 2 its client, 3 customer, 4 peer. */
  | { readonly kind: 'role'; readonly role: number }
  /** RFC 4724 §3; `hasNotificationSupport` is the N bit of RFC 8538. */
  | {
      readonly kind: 'graceful-restart';
      readonly isRestarting: boolean;
      readonly hasNotificationSupport: boolean;
      /** 0–4095. */
      readonly restartTimeSec: number;
      readonly families: readonly RestartFamily[];
    }
  /** RFC 6793 §3. */
  | { readonly kind: 'four-octet-as'; readonly asNumber: number }
  /** RFC 7911 §4; mode 1 receive, 2 send, 3 both. */
  | { readonly kind: 'add-path'; readonly families: readonly AddPathFamily[] }
  /** RFC 7313 §3.1. */
  | { readonly kind: 'enhanced-route-refresh' }
  /** RFC 9494 §3. */
  | { readonly kind: 'long-lived-graceful-restart'; readonly families: readonly StaleFamily[] }
  /** Host and domain name, escaped for printing. */
  | { readonly kind: 'fqdn'; readonly hostName: string; readonly domainName: string }
  /** Software version, escaped for printing. */
  | { readonly kind: 'software-version'; readonly text: string }
  | { readonly kind: 'unknown'; readonly code: number; readonly value: Uint8Array };

export interface NextHopFamily extends AfiSafi {
  readonly nextHopAfi: number;
}

export interface AddPathFamily extends AfiSafi {
  readonly mode: number;
}

export interface StaleFamily extends RestartFamily {
  /** 24 bits. */
  readonly staleTimeSec: number;
}
