/**
 * The kernel over rtnetlink: many routes per system call, one acknowledgement per chunk.
 *
 * Only the last message of a chunk asks for an acknowledgement; the kernel reports errors in any case, by
 * sequence number, so silence means success. Writing and reading use a socket each, so that a long dump
 * does not hold up a route change.
 */
import { CatbirdError } from '../net/error.ts';
import { loadNative, type Native } from '../runtime/native.ts';
import { errnoName, errnoText, errnoValue, noPrivilege } from './errno.ts';
import type {
  InterfaceAddress,
  Kernel,
  KernelChange,
  KernelLink,
  RouteBatch,
  RouteError,
  RouteFilter,
  RouteVisitor,
} from './kernel.ts';
import { LinkTable } from './link-table.ts';
import { NetlinkChannel } from './netlink-channel.ts';
import {
  AF_INET,
  NLM_F_ACK,
  NLM_F_REQUEST,
  RTM_DELROUTE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
} from './netlink-constants.ts';
import { ALL_GROUPS, LINK_GROUPS, NetlinkEvents } from './netlink-events.ts';
import { readAddress, readLink, writeAddressDump, writeLinkDump } from './netlink-link.ts';
import { type Answer, type MessageCursor, MessageWriter } from './netlink-message.ts';
import { readRoute, routeMessageSize, writeRoute, writeRouteDump } from './netlink-route.ts';

/** Small enough that an error for each message still fits the default receive buffer. */
const CHUNK_MESSAGES = 256;
const CHUNK_BYTES = 64 * 1024;
/** One route of this many hops fits a chunk by far. */
const MAXIMUM_NEXT_HOPS = 256;
/** A table that changes faster than it can be read is read this often before giving up. */
const DUMP_ATTEMPTS = 20;

/** How to open {@link NetlinkKernel}. */
export interface NetlinkKernelOptions {
  /** Read only: needs no privilege. */
  readonly isReadOnly?: boolean;
  /** Watchers hear of no route. */
  readonly ignoresRoutes?: boolean;
  /** The system calls, others in tests. */
  readonly native?: Native;
}

/** Live kernel over rtnetlink, in the network namespace of the process. */
export class NetlinkKernel implements Kernel {
  readonly #native: Native;
  readonly #writeChannel: NetlinkChannel;
  readonly #readChannel: NetlinkChannel;
  /** One is filled while the kernel works on the other. */
  readonly #writers = [new MessageWriter(CHUNK_BYTES), new MessageWriter(CHUNK_BYTES)] as const;
  readonly #request = new MessageWriter(256);
  readonly #links = new LinkTable();
  readonly #watchers = new Set<(change: KernelChange) => void>();
  readonly #ignoresRoutes: boolean;
  #events: NetlinkEvents | undefined;
  #areLinksCurrent = false;

  private constructor(native: Native, ignoresRoutes: boolean) {
    this.#native = native;
    this.#ignoresRoutes = ignoresRoutes;
    this.#writeChannel = new NetlinkChannel(native);
    this.#readChannel = new NetlinkChannel(native);
  }

  /**
   * Opens the sockets and asks the kernel whether this process may change routes.
   *
   * @throws CatbirdError CATBIRD_NO_PRIVILEGE without CAP_NET_ADMIN, CATBIRD_NETLINK_FAILED when there is
   *   no netlink
   */
  static async open(options: NetlinkKernelOptions = {}): Promise<NetlinkKernel> {
    const kernel = new NetlinkKernel(
      options.native ?? loadNative(),
      options.ignoresRoutes ?? false,
    );
    try {
      await kernel.#probe(options.isReadOnly ?? false);
      await kernel.dumpLinks();
    } catch (error) {
      await kernel.close();
      throw error;
    }
    return kernel;
  }

  apply(batch: RouteBatch): Promise<RouteError[]> {
    return this.#writeChannel.exclusive(() => this.#apply(batch));
  }

  async scanRoutes(filter: RouteFilter, visitor: RouteVisitor): Promise<void> {
    await this.dumpLinks();
    const nameOf = (index: number) => this.#links.nameOf(index);
    await this.#dump((sequence) => writeRouteDump(this.#request, filter, sequence), {
      restart: () => visitor.restart(),
      message(message) {
        const route = message.type === RTM_NEWROUTE && readRoute(message, filter, nameOf);
        if (route) visitor.route(route);
      },
    });
  }

  async dumpAddresses(): Promise<InterfaceAddress[]> {
    await this.dumpLinks();
    const found: InterfaceAddress[] = [];
    await this.#dump((sequence) => writeAddressDump(this.#request, sequence), {
      restart: () => void found.splice(0),
      message: (message) => {
        if (message.type !== RTM_NEWADDR) return;
        const address = readAddress(message, (index) => this.#links.get(index));
        if (address) found.push(address);
      },
    });
    return found;
  }

  async dumpLinks(): Promise<KernelLink[]> {
    const found: KernelLink[] = [];
    await this.#dump((sequence) => writeLinkDump(this.#request, sequence), {
      restart: () => void found.splice(0),
      message(message) {
        const link = message.type === RTM_NEWLINK ? readLink(message) : undefined;
        if (link) found.push(link);
      },
    });
    this.#links.replaceAll(found);
    this.#areLinksCurrent = this.#events !== undefined;
    return found;
  }

  watch(onChange: (change: KernelChange) => void): () => void {
    const watcher = (change: KernelChange) => onChange(change); // the same function may watch twice
    this.#watchers.add(watcher);
    this.#events ??= this.#listen();
    return () => {
      this.#watchers.delete(watcher);
      if (this.#watchers.size === 0) this.#stopListening();
    };
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#stopListening();
    await Promise.all([this.#writeChannel.close(), this.#readChannel.close()]);
  }

  /** One socket for all watchers. */
  #listen(): NetlinkEvents {
    this.#areLinksCurrent = false; // what happened between the last look and now is not known
    const tell = (change: KernelChange) => {
      for (const watcher of [...this.#watchers]) watcher(change);
    };
    const groups = this.#ignoresRoutes ? LINK_GROUPS : ALL_GROUPS;
    return new NetlinkEvents(this.#native, groups, this.#writeChannel.portId, this.#links, tell);
  }

  #stopListening(): void {
    this.#events?.close();
    this.#events = undefined;
    this.#areLinksCurrent = false;
  }

  /** A delete of one octet is refused either way: as malformed, or before that for lack of privilege. */
  async #probe(isReadOnly: boolean): Promise<void> {
    this.#request.clear();
    this.#request.begin(RTM_DELROUTE, NLM_F_REQUEST | NLM_F_ACK, this.#writeChannel.nextSequence());
    this.#request.uint8(AF_INET);
    this.#request.end();
    await this.#writeChannel.exclusive(() =>
      this.#writeChannel.transact(this.#request, (_sequence, { errno }) => {
        if (!isReadOnly && errnoName(errno) === 'EPERM') throw noPrivilege();
      }),
    );
  }

  async #apply(batch: RouteBatch): Promise<RouteError[]> {
    if (!this.#areLinksCurrent) await this.dumpLinks();
    const errors: RouteError[] = [];
    let underWay = Promise.resolve();
    for (let next = 0, turn = 0; next < batch.operations.length; turn = 1 - turn) {
      const writer = this.#writers[turn]!;
      const chunk = this.#fillChunk(writer, batch, next, errors);
      next = chunk.next;
      await underWay;
      if (writer.count > 0) underWay = this.#send(writer, chunk, errors);
    }
    await underWay;
    if (errors.some(({ errno }) => errno === 'ENODEV')) this.#areLinksCurrent = false;
    return errors.sort((a, b) => a.index - b.index);
  }

  async #send(writer: MessageWriter, chunk: Chunk, errors: RouteError[]): Promise<void> {
    writer.addFlags(NLM_F_ACK);
    const lastSequence = chunk.sequences.at(-1);
    const failed = new Set<number>();
    let isAnswered = false;
    const isComplete = await this.#writeChannel.transact(writer, (sequence, answer) => {
      isAnswered ||= sequence === lastSequence;
      const index = chunk.indexes[chunk.sequences.indexOf(sequence)];
      if (answer.errno === 0 || index === undefined) return;
      errors.push(routeError(index, answer));
      failed.add(index);
    });
    if (isAnswered && isComplete) return;
    for (const index of chunk.indexes) if (!failed.has(index)) errors.push(lostError(index));
  }

  #fillChunk(writer: MessageWriter, batch: RouteBatch, first: number, errors: RouteError[]): Chunk {
    const { table, protocol, operations } = batch;
    const context = { table, protocol, indexOf: (name: string) => this.#links.indexOf(name) };
    const chunk: Chunk = { next: first, indexes: [], sequences: [] };
    writer.clear();
    for (; chunk.next < operations.length && writer.count < CHUNK_MESSAGES; chunk.next++) {
      const operation = operations[chunk.next]!;
      if (operation.target.nextHops.length > MAXIMUM_NEXT_HOPS) {
        errors.push({ index: chunk.next, errno: 'EMSGSIZE', reason: 'too many next hops' });
        continue;
      }
      if (!writer.hasRoom(routeMessageSize(operation))) break;
      const sequence = this.#writeChannel.nextSequence();
      const missing = writeRoute(writer, operation, context, sequence);
      if (missing === undefined) {
        chunk.indexes.push(chunk.next);
        chunk.sequences.push(sequence);
      } else {
        errors.push({ index: chunk.next, errno: 'ENODEV', reason: `no interface ${missing}` });
      }
    }
    return chunk;
  }

  async #dump(
    write: (sequence: number) => void,
    visitor: { restart(): void; message(message: MessageCursor): void },
  ): Promise<void> {
    await this.#readChannel.exclusive(async () => {
      for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
        const sequence = this.#readChannel.nextSequence();
        this.#request.clear();
        write(sequence);
        visitor.restart();
        const visit = (message: MessageCursor) => visitor.message(message);
        const result = await this.#readChannel.dump(this.#request, sequence, visit);
        if (result === 'complete') return;
      }
      const reason = `kernel tables changed during each of ${DUMP_ATTEMPTS} attempts to read them`;
      throw new CatbirdError('CATBIRD_KERNEL_BUSY', reason);
    });
  }
}

/** Messages of one system call. */
interface Chunk {
  /** Index of the first operation that did not fit. */
  next: number;
  /** Operation index per message. */
  readonly indexes: number[];
  readonly sequences: number[];
}

/** @throws CatbirdError CATBIRD_NO_PRIVILEGE: no other operation would fare better */
function routeError(index: number, { errno, message }: Answer): RouteError {
  if (errno === EPERM) throw noPrivilege();
  return { index, errno: errnoName(errno), reason: message || errnoText(errno) };
}

const EPERM = errnoValue('EPERM');

/** Without the closing acknowledgement nothing is known about what was not reported as failed. */
function lostError(index: number): RouteError {
  return { index, errno: 'ENOBUFS', reason: 'the kernel ran out of socket memory' };
}
