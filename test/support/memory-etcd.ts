/** An etcd in memory behind the EtcdConnection port: keeps its history, and misbehaves when told to. */
import {
  type EtcdConnection,
  EtcdError,
  STATUS,
  type WatchListener,
  type WatchStream,
} from '../../src/datastore/etcd/connection.ts';
import type {
  KeyValue,
  RangeRequest,
  RangeResponse,
  WatchCreate,
  WatchEvent,
  WatchResponse,
} from '../../src/datastore/etcd/messages.ts';

const COMPACTED = 'mvcc: required revision has been compacted';

export class MemoryEtcd {
  clusterId = 1;
  raftTerm = 2;
  revision = 1;
  /** Not reachable: nothing connects, what is connected is cut. */
  isDown = false;
  /** Connects and answers ranges, and says nothing on watches. */
  isHanging = false;
  /** Tokens that are taken; undefined: no authentication. */
  tokens: Set<string> | undefined;
  /** Answers to ranges hold at most this many keys, or are refused as too large. */
  largestPage = Number.POSITIVE_INFINITY;
  readonly requests: RangeRequest[] = [];
  readonly watches: WatchCreate[] = [];
  authentications = 0;
  progressRequests = 0;
  #compacted = 0;
  #history: WatchEvent[] = [];
  readonly #connections = new Set<MemoryConnection>();

  connect(): EtcdConnection {
    const connection = new MemoryConnection(this, () => this.#connections.delete(connection));
    this.#connections.add(connection);
    return connection;
  }

  get connections(): number {
    return this.#connections.size;
  }

  put(key: string, value: object | string): void {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    this.#change('put', { key, value: Buffer.from(text), modRevision: ++this.revision });
  }

  /** Without a previous value, as after a compaction. */
  delete(key: string): void {
    this.#change('delete', { key, value: new Uint8Array(), modRevision: ++this.revision });
  }

  compact(revision = this.revision): void {
    this.#compacted = revision;
  }

  /** Cuts every connection. */
  cut(reason = 'the connection was cut'): void {
    for (const { stream } of this.#connections) {
      stream?.end(new EtcdError(STATUS.UNAVAILABLE, reason));
    }
  }

  /** Sends something on every stream. */
  say(response: Partial<WatchResponse>): void {
    for (const { stream } of this.#connections) stream?.respond(response);
  }

  /** Becomes what it was at an earlier revision. */
  restore(revision: number): void {
    this.#history = this.#history.filter(({ kv }) => kv.modRevision <= revision);
    this.revision = revision;
    this.#compacted = 0;
    this.cut();
  }

  range({ key, rangeEnd, limit, revision }: RangeRequest): RangeResponse {
    if (revision > 0 && revision < this.#compacted) {
      throw new EtcdError(STATUS.OUT_OF_RANGE, COMPACTED);
    }
    const at = revision || this.revision;
    const keys = new Map<string, KeyValue>();
    for (const { kind, kv } of this.#history) {
      if (kv.modRevision > at || kv.key < key || kv.key >= rangeEnd) continue;
      if (kind === 'put') keys.set(kv.key, kv);
      else keys.delete(kv.key);
    }
    const all = [...keys.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
    if (Math.min(all.length, limit) > this.largestPage) {
      throw new EtcdError(STATUS.RESOURCE_EXHAUSTED, 'larger than max');
    }
    return { header: this.header(), kvs: all.slice(0, limit), more: all.length > limit };
  }

  header() {
    const { clusterId, revision, raftTerm } = this;
    return { clusterId, revision, raftTerm };
  }

  /** What a new watch is told first. */
  opening({ key, rangeEnd, startRevision }: WatchCreate): Partial<WatchResponse>[] {
    if (startRevision < this.#compacted) {
      return [{ created: true }, { canceled: true, compactRevision: this.#compacted }];
    }
    const missed = this.#history.filter(
      ({ kv }) => kv.modRevision >= startRevision && kv.key >= key && kv.key < rangeEnd,
    );
    return [{ created: true }, ...(missed.length > 0 ? [{ events: missed }] : [])];
  }

  #change(kind: WatchEvent['kind'], kv: KeyValue): void {
    const event = { kind, kv };
    this.#history.push(event);
    for (const { stream } of this.#connections) stream?.tell(event);
  }
}

class MemoryConnection implements EtcdConnection {
  readonly #etcd: MemoryEtcd;
  readonly #onClose: () => void;
  stream: MemoryStream | undefined;

  constructor(etcd: MemoryEtcd, onClose: () => void) {
    this.#etcd = etcd;
    this.#onClose = onClose;
  }

  async ready(): Promise<void> {
    if (this.#etcd.isDown) throw new EtcdError(STATUS.UNAVAILABLE, 'connection refused');
  }

  async range(request: RangeRequest, token: string | undefined): Promise<RangeResponse> {
    this.#etcd.requests.push(request);
    this.#checkToken(token);
    return this.#etcd.range(request);
  }

  async authenticate(): Promise<string> {
    const { tokens } = this.#etcd;
    if (!tokens) throw new EtcdError(STATUS.FAILED_PRECONDITION, 'authentication is not enabled');
    const token = `token ${++this.#etcd.authentications}`;
    tokens.add(token);
    return token;
  }

  watch(token: string | undefined, listener: WatchListener): WatchStream {
    this.stream = new MemoryStream(this.#etcd, token, listener);
    return this.stream;
  }

  close(): void {
    this.stream?.cancel();
    this.#onClose();
  }

  #checkToken(token: string | undefined): void {
    const { tokens } = this.#etcd;
    if (!tokens || tokens.has(token ?? '')) return;
    throw new EtcdError(STATUS.UNAUTHENTICATED, 'invalid auth token');
  }
}

/** One stream; answers come in later turns, as from a network. */
class MemoryStream implements WatchStream {
  readonly #etcd: MemoryEtcd;
  readonly #token: string | undefined;
  readonly #listener: WatchListener;
  readonly #watches: WatchCreate[] = [];
  #isOver = false;

  constructor(etcd: MemoryEtcd, token: string | undefined, listener: WatchListener) {
    this.#etcd = etcd;
    this.#token = token;
    this.#listener = listener;
  }

  create(watch: WatchCreate): void {
    this.#etcd.watches.push(watch);
    const { tokens } = this.#etcd;
    if (tokens && !tokens.has(this.#token ?? '')) {
      const cancelReason =
        'rpc error: code = Unauthenticated desc = etcdserver: invalid auth token';
      this.respond({ created: true, canceled: true, cancelReason });
      return;
    }
    for (const response of this.#etcd.opening(watch)) {
      this.respond({ watchId: watch.watchId, ...response });
    }
    this.#watches.push(watch);
  }

  requestProgress(): void {
    this.#etcd.progressRequests++;
    this.respond({ watchId: -1 });
  }

  cancel(): void {
    this.#isOver = true;
  }

  tell(event: WatchEvent): void {
    const { key } = event.kv;
    const watch = this.#watches.find((known) => key >= known.key && key < known.rangeEnd);
    if (watch) this.respond({ watchId: watch.watchId, events: [event] });
  }

  respond(response: Partial<WatchResponse>): void {
    const header = this.#etcd.header();
    queueMicrotask(() => {
      if (this.#isOver || this.#etcd.isHanging) return;
      this.#listener.onResponse({
        header,
        watchId: 0,
        created: false,
        canceled: false,
        compactRevision: 0,
        cancelReason: '',
        fragment: false,
        events: [],
        ...response,
      });
    });
  }

  end(error: EtcdError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    queueMicrotask(() => this.#listener.onEnd(error));
  }
}
