/**
 * The connection over gRPC. The only file that knows the library, loaded when a datastore is etcd.
 *
 * Each connection has its channel to itself: when something hangs, closing it is a fresh start.
 */
import { isIP } from 'node:net';
import { type PeerCertificate, checkServerIdentity as verify } from 'node:tls';
import {
  type CallOptions,
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  type ClientOptions,
  type ClientUnaryCall,
  connectivityState,
  credentials,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { EtcdSettings } from '../settings/settings.ts';
import {
  type EtcdConnection,
  EtcdError,
  STATUS,
  type WatchListener,
  type WatchStream,
} from './connection.ts';
import type { Endpoint } from './endpoints.ts';
import {
  decodeAuthenticate,
  decodeRange,
  decodeWatch,
  encodeAuthenticate,
  encodeRange,
  encodeWatchCreate,
  encodeWatchProgress,
  type RangeRequest,
  type RangeResponse,
  type WatchCreate,
  type WatchResponse,
} from './messages.ts';
import { makeTlsContext } from './tls-context.ts';

const DIAL_TIMEOUT_MS = 10_000;
const NO_ANSWER = `no connection within ${DIAL_TIMEOUT_MS / 1000} s`;
const SETTLED_STATES: readonly number[] = [
  connectivityState.READY,
  connectivityState.TRANSIENT_FAILURE,
];
const CALL_TIMEOUT_MS = 30_000;
/** The largest response taken; a page that is larger is asked for in smaller ones. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

const CHANNEL_OPTIONS = {
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.max_receive_message_length': MAX_RESPONSE_BYTES,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0, // nor does Calico's client ask one
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
};

/** @throws CatbirdError CATBIRD_DATASTORE_SETTINGS when certificates cannot be read */
export function connect({ address, isSecure }: Endpoint, settings: EtcdSettings): EtcdConnection {
  if (!isSecure) return new GrpcConnection(address, credentials.createInsecure(), CHANNEL_OPTIONS);
  const context = makeTlsContext(settings);
  const host = address.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(host) === 0) {
    const secure = credentials.createFromSecureContext(context);
    return new GrpcConnection(address, secure, CHANNEL_OPTIONS);
  }
  // An address is no server name (RFC 6066 §3); it is looked for in the certificate all the same.
  const check = { checkServerIdentity: (_: string, peer: PeerCertificate) => verify(host, peer) };
  const secure = credentials.createFromSecureContext(context, check);
  const options = { ...CHANNEL_OPTIONS, 'grpc.ssl_target_name_override': 'etcd' };
  return new GrpcConnection(address, secure, options);
}

class GrpcConnection implements EtcdConnection {
  readonly #client: Client;
  readonly #calls = new Set<ClientUnaryCall>();
  #isClosed = false;

  constructor(address: string, credentials: ChannelCredentials, options: ClientOptions) {
    this.#client = new Client(address, credentials, options);
  }

  /** A connection that was refused counts as ready: the first call then says why it fails. */
  async ready(): Promise<void> {
    const channel = this.#client.getChannel();
    const deadline = within(DIAL_TIMEOUT_MS);
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (SETTLED_STATES.includes(state)) return;
      const error = await new Promise<Error | undefined>((resolve) => {
        channel.watchConnectivityState(state, deadline, resolve);
      });
      if (this.#isClosed) throw new EtcdError(STATUS.CANCELLED, 'closed');
      if (error) throw new EtcdError(STATUS.UNAVAILABLE, NO_ANSWER);
    }
  }

  range(request: RangeRequest, token: string | undefined): Promise<RangeResponse> {
    return this.#call('/etcdserverpb.KV/Range', encodeRange(request), decodeRange, token);
  }

  authenticate(name: string, password: string): Promise<string> {
    const request = encodeAuthenticate(name, password);
    return this.#call('/etcdserverpb.Auth/Authenticate', request, decodeAuthenticate, undefined);
  }

  watch(token: string | undefined, listener: WatchListener): WatchStream {
    const metadata = metadataWith(token);
    metadata.set('hasleader', 'true'); // a server cut off from the others must not seem merely quiet
    const stream = this.#client.makeBidiStreamRequest<Uint8Array, WatchResponse>(
      '/etcdserverpb.Watch/Watch',
      asBuffer,
      decodeWatch,
      metadata,
    );
    return new GrpcWatchStream(stream, listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const call of this.#calls) call.cancel();
    this.#client.close();
  }

  #call<T>(
    path: string,
    request: Uint8Array,
    decode: (message: Uint8Array) => T,
    token: string | undefined,
  ): Promise<T> {
    const options: CallOptions = { deadline: within(CALL_TIMEOUT_MS) };
    const metadata = metadataWith(token);
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, value?: T) => {
        this.#calls.delete(call);
        if (error) reject(etcdError(error));
        else resolve(value!);
      };
      const call: ClientUnaryCall = this.#client.makeUnaryRequest(
        path,
        asBuffer,
        decode,
        request,
        metadata,
        options,
        done,
      );
      this.#calls.add(call);
    });
  }
}

class GrpcWatchStream implements WatchStream {
  readonly #stream: ClientDuplexStream<Uint8Array, WatchResponse>;
  #isOver = false;

  constructor(stream: ClientDuplexStream<Uint8Array, WatchResponse>, listener: WatchListener) {
    this.#stream = stream;
    const end = (error: EtcdError) => {
      if (!this.#isOver) listener.onEnd(error);
      this.#isOver = true;
    };
    stream.on('data', (response: WatchResponse) => {
      if (!this.#isOver) listener.onResponse(response);
    });
    stream.on('error', (error: ServiceError) => end(etcdError(error)));
    stream.on('end', () => end(new EtcdError(STATUS.UNAVAILABLE, 'the server ended the watch')));
  }

  create(watch: WatchCreate): void {
    this.#stream.write(encodeWatchCreate(watch));
  }

  requestProgress(): void {
    this.#stream.write(encodeWatchProgress());
  }

  cancel(): void {
    this.#isOver = true;
    this.#stream.cancel();
  }
}

function metadataWith(token: string | undefined): Metadata {
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('token', token);
  return metadata;
}

function within(timeoutMs: number): Date {
  return new Date(Date.now() + timeoutMs);
}

function asBuffer(message: Uint8Array): Buffer {
  return Buffer.from(message.buffer, message.byteOffset, message.byteLength);
}

/** What happened, without who says so and when: the same trouble has the same reason. */
function etcdError({ code, details, message }: ServiceError): EtcdError {
  const reason = (details || message)
    .replace(/^etcdserver: |^No connection established\. Last error: (?:Error: )?/, '')
    .replace(/ \(\d{4}-\d\d-\d\dT[^)]*\)/, '')
    .replace(/\.? Resolution note: .*$/s, '');
  return new EtcdError(code, reason);
}
