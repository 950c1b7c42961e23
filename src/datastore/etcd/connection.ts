/** A connection to one etcd server, as a port: what following needs of it and nothing more. */
import type { RangeRequest, RangeResponse, WatchCreate, WatchResponse } from './messages.ts';

export interface EtcdConnection {
  /** Resolves when the server answers. @throws EtcdError when it does not within the dial timeout */
  ready(): Promise<void>;
  /** @throws EtcdError */
  range(request: RangeRequest, token: string | undefined): Promise<RangeResponse>;
  /** @returns a token. @throws EtcdError */
  authenticate(name: string, password: string): Promise<string>;
  /** Opens a stream of watches; `onEnd` is called once, unless the stream is cancelled by us. */
  watch(token: string | undefined, listener: WatchListener): WatchStream;
  /** Ends everything under way. */
  close(): void;
}

export interface WatchListener {
  onResponse(response: WatchResponse): void;
  onEnd(error: EtcdError): void;
}

export interface WatchStream {
  create(watch: WatchCreate): void;
  requestProgress(): void;
  /** Nothing is heard of it afterwards. */
  cancel(): void;
}

/** Status codes of gRPC that matter here. */
export const STATUS = {
  CANCELLED: 1,
  UNKNOWN: 2,
  DEADLINE_EXCEEDED: 4,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  OUT_OF_RANGE: 11,
  UNAVAILABLE: 14,
  UNAUTHENTICATED: 16,
} as const;

/** What a server answered instead, or why it did not answer. */
export class EtcdError extends Error {
  /** gRPC status. */
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }

  /** The token has expired, or was made before users were changed: a new one may do. */
  get isStaleToken(): boolean {
    if (this.status === STATUS.UNAUTHENTICATED) return true;
    return /invalid auth token|auth store is old|user name is empty/.test(this.message);
  }

  get isCompacted(): boolean {
    return this.message.includes('required revision has been compacted');
  }

  /** The cluster knows no users. */
  get isWithoutAuthentication(): boolean {
    return this.message.includes('authentication is not enabled');
  }
}
