/**
 * The messages of etcd's gRPC API that reading and following needs, as plain data: Range, Watch and
 * Authenticate. Numbers of fields are those of etcd's rpc.proto, kv.proto and auth.proto (API 3.x).
 */
import { ProtoWriter, readFields } from './protobuf.ts';

/** Revisions and versions are whole numbers below 2^53. */
export interface Header {
  /** Tells clusters apart. */
  readonly clusterId: number;
  /** Of the key space when the response was made. */
  readonly revision: number;
  /** Grows with every election; a cluster made of a backup begins anew. */
  readonly raftTerm: number;
}

export interface KeyValue {
  readonly key: string;
  /** Borrowed from the response. */
  readonly value: Uint8Array;
  /** Of the last change of this key. */
  readonly modRevision: number;
}

export interface RangeRequest {
  readonly key: string;
  /** Exclusive. */
  readonly rangeEnd: string;
  readonly limit: number;
  /** 0: the latest. */
  readonly revision: number;
}

export interface RangeResponse {
  readonly header: Header;
  readonly kvs: readonly KeyValue[];
  /** There are more keys in the range than the limit. */
  readonly more: boolean;
}

export interface WatchEvent {
  readonly kind: 'put' | 'delete';
  readonly kv: KeyValue;
}

export interface WatchCreate {
  readonly key: string;
  readonly rangeEnd: string;
  readonly startRevision: number;
  /** Chosen by us, to know whose events arrive. */
  readonly watchId: number;
}

export interface WatchResponse {
  readonly header: Header;
  readonly watchId: number;
  readonly created: boolean;
  readonly canceled: boolean;
  /** Not 0: what the watch wanted is compacted up to here. */
  readonly compactRevision: number;
  readonly cancelReason: string;
  /** More events of the same revision follow. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

export function encodeRange({ key, rangeEnd, limit, revision }: RangeRequest): Uint8Array {
  return new ProtoWriter()
    .text(1, key)
    .text(2, rangeEnd)
    .number(3, limit)
    .number(4, revision)
    .finish();
}

export function decodeRange(message: Uint8Array): RangeResponse {
  let header = NO_HEADER;
  let more = false;
  const kvs: KeyValue[] = [];
  readFields(message, {
    number(field, value) {
      if (field === 3) more = value !== 0;
    },
    bytes(field, value) {
      if (field === 1) header = decodeHeader(value);
      if (field === 2) kvs.push(decodeKeyValue(value));
    },
  });
  return { header, kvs, more };
}

/** Asks for progress notifications and for large sets of events in fragments. */
export function encodeWatchCreate(create: WatchCreate): Uint8Array {
  const request = new ProtoWriter()
    .text(1, create.key)
    .text(2, create.rangeEnd)
    .number(3, create.startRevision)
    .flag(4, true)
    .number(7, create.watchId)
    .flag(8, true);
  return new ProtoWriter().message(1, request.finish()).finish();
}

/** Asks the server to say on the stream how far it is. */
export function encodeWatchProgress(): Uint8Array {
  return new ProtoWriter().message(3, new Uint8Array()).finish();
}

export function decodeWatch(message: Uint8Array): WatchResponse {
  const response = {
    header: NO_HEADER,
    watchId: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [] as WatchEvent[],
  };
  readFields(message, {
    number(field, value) {
      if (field === 2) response.watchId = value > Number.MAX_SAFE_INTEGER ? -1 : value;
      if (field === 3) response.created = value !== 0;
      if (field === 4) response.canceled = value !== 0;
      if (field === 5) response.compactRevision = value;
      if (field === 7) response.fragment = value !== 0;
    },
    bytes(field, value) {
      if (field === 1) response.header = decodeHeader(value);
      if (field === 6) response.cancelReason = decodeText(value);
      if (field === 11) response.events.push(decodeEvent(value));
    },
  });
  return response;
}

export function encodeAuthenticate(name: string, password: string): Uint8Array {
  return new ProtoWriter().text(1, name).text(2, password).finish();
}

/** @returns the token */
export function decodeAuthenticate(message: Uint8Array): string {
  let token = '';
  readFields(message, {
    bytes(field, value) {
      if (field === 2) token = decodeText(value);
    },
  });
  return token;
}

const NO_HEADER: Header = { clusterId: 0, revision: 0, raftTerm: 0 };

function decodeHeader(message: Uint8Array): Header {
  const header: { -readonly [K in keyof Header]: Header[K] } = { ...NO_HEADER };
  readFields(message, {
    number(field, value) {
      if (field === 1) header.clusterId = value;
      if (field === 3) header.revision = value;
      if (field === 4) header.raftTerm = value;
    },
  });
  return header;
}

function decodeEvent(message: Uint8Array): WatchEvent {
  let kind: WatchEvent['kind'] = 'put';
  let kv: KeyValue = NO_KEY_VALUE;
  readFields(message, {
    number(field, value) {
      if (field === 1 && value === 1) kind = 'delete';
    },
    bytes(field, value) {
      if (field === 2) kv = decodeKeyValue(value);
    },
  });
  return { kind, kv };
}

const NO_KEY_VALUE: KeyValue = { key: '', value: new Uint8Array(), modRevision: 0 };

function decodeKeyValue(message: Uint8Array): KeyValue {
  const kv: { -readonly [K in keyof KeyValue]: KeyValue[K] } = { ...NO_KEY_VALUE };
  readFields(message, {
    number(field, value) {
      if (field === 3) kv.modRevision = value;
    },
    bytes(field, value) {
      if (field === 1) kv.key = decodeText(value);
      if (field === 5) kv.value = value;
    },
  });
  return kv;
}

function decodeText(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}
