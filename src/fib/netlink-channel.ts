/**
 * One netlink socket for requests, used by one caller at a time.
 *
 * The kernel answers rtnetlink while it takes the request: once `send` is done, every answer waits in the
 * socket, so reading never has to wait. Only sending goes to another thread, because that is where the
 * kernel works.
 */
import { CatbirdError } from '../net/error.ts';
import type { Native } from '../runtime/native.ts';
import { errnoName, errnoText, errnoValue } from './errno.ts';
import {
  AF_NETLINK,
  MSG_TRUNC,
  NETLINK_CAP_ACK,
  NETLINK_EXT_ACK,
  NETLINK_GET_STRICT_CHK,
  NETLINK_ROUTE,
  NLM_F_DUMP_INTR,
  SO_RCVBUF,
  SO_RCVBUFFORCE,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_NETLINK,
  SOL_SOCKET,
} from './netlink-constants.ts';
import { type Answer, MessageCursor, type MessageWriter, readAnswer } from './netlink-message.ts';

/** The kernel fills at most 32 KiB per datagram of a dump. */
export const RECEIVE_BUFFER_BYTES = 64 * 1024;
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
/** A dump hands the event loop back after this long. */
const SLICE_MS = 5;

/** Opens a bound, non-blocking rtnetlink socket listening to the groups (RTMGRP_…). */
export function openNetlinkSocket(native: Native, groups: number): number {
  const fd = native.socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw openError(native.errno());
  raiseBuffers(native, fd);
  for (const option of [NETLINK_CAP_ACK, NETLINK_EXT_ACK, NETLINK_GET_STRICT_CHK]) {
    native.setsockopt(fd, SOL_NETLINK, option, int32(1)); // refused by old kernels: only comfort is lost
  }
  if (native.bind(fd, netlinkAddress(groups)) < 0) {
    const errno = native.errno();
    native.close(fd);
    throw openError(errno);
  }
  return fd;
}

/** Beyond net.core.rmem_max with the privilege, up to it without. */
function raiseBuffers(native: Native, fd: number): void {
  const size = int32(SOCKET_BUFFER_BYTES);
  if (native.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, size) < 0) {
    native.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, size);
  }
  native.setsockopt(fd, SOL_SOCKET, SO_SNDBUF, size);
}

function openError(errno: number): CatbirdError {
  const reason = `cannot open a netlink socket: ${errnoText(errno)} (${errnoName(errno)})`;
  return new CatbirdError('CATBIRD_NETLINK_FAILED', reason);
}

/** struct sockaddr_nl with a port chosen by the kernel. */
function netlinkAddress(groups: number): Uint8Array {
  const words = new Uint32Array(3);
  new Uint16Array(words.buffer)[0] = AF_NETLINK;
  words[2] = groups;
  return new Uint8Array(words.buffer);
}

function int32(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** What became of a dump. */
export type DumpResult = 'complete' | 'interrupted';

/** Requests and their answers, one caller at a time. */
export class NetlinkChannel {
  readonly #native: Native;
  readonly #fd: number;
  readonly #buffer = new Uint8Array(RECEIVE_BUFFER_BYTES);
  #sequence = 0;
  #portId = 0;
  #tail: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(native: Native) {
    this.#native = native;
    this.#fd = openNetlinkSocket(this.#native, 0);
  }

  /** The kernel's name for this socket, known after the first answer. */
  get portId(): number {
    return this.#portId;
  }

  nextSequence(): number {
    this.#sequence = (this.#sequence + 1) >>> 0;
    return this.#sequence;
  }

  /** Runs `use` when all earlier callers are done. */
  exclusive<T>(use: () => Promise<T>): Promise<T> {
    const turn = this.#tail.then(() => {
      if (this.#isClosed) throw new CatbirdError('CATBIRD_NETLINK_FAILED', 'netlink is closed');
      return use();
    });
    this.#tail = turn.catch(() => undefined); // the caller of `turn` hears of it
    return turn;
  }

  /**
   * Sends what the writer holds and hands over every answer that came back.
   *
   * @returns false when answers were lost for want of socket memory
   */
  async transact(
    writer: MessageWriter,
    onAnswer: (sequence: number, answer: Answer) => void,
  ): Promise<boolean> {
    await this.#send(writer);
    return this.#drain((message) => {
      const answer = readAnswer(message);
      if (answer) onAnswer(message.sequence, answer);
    });
  }

  /** Sends a dump request and visits the messages of its answer, giving way to the event loop in between. */
  async dump(
    writer: MessageWriter,
    sequence: number,
    visit: (message: MessageCursor) => void,
  ): Promise<DumpResult> {
    await this.#send(writer);
    let isInterrupted = false;
    let sliceEnd = performance.now() + SLICE_MS;
    for (;;) {
      const size = this.#native.recv(this.#fd, this.#buffer, MSG_TRUNC);
      if (size < 0 && errnoName(this.#native.errno()) !== 'ENOBUFS') return 'interrupted';
      // Read on to the end all the same: the socket takes no new request before.
      if (size < 0 || size > this.#buffer.length) isInterrupted = true;
      else {
        const part = new MessageCursor(this.#buffer, size);
        const state = visitPart(part, sequence, isInterrupted ? ignore : visit);
        isInterrupted ||= state.isInterrupted;
        if (state.isLast) return isInterrupted ? 'interrupted' : 'complete';
      }
      if (performance.now() < sliceEnd) continue;
      await nextTurn();
      sliceEnd = performance.now() + SLICE_MS;
    }
  }

  async close(): Promise<void> {
    await this.exclusive(async () => {
      this.#isClosed = true;
      this.#native.close(this.#fd);
    });
  }

  async #send(writer: MessageWriter): Promise<void> {
    const { result, errno } = await this.#native.send(this.#fd, writer.bytes, writer.sizeBytes);
    if (result === writer.sizeBytes) return;
    const reason = `netlink request failed: ${errnoText(errno)} (${errnoName(errno)})`;
    throw new CatbirdError('CATBIRD_NETLINK_FAILED', reason);
  }

  /** Reads until nothing waits; false when the socket reported losses. */
  #drain(visit: (message: MessageCursor) => void): boolean {
    let isComplete = true;
    for (;;) {
      const size = this.#native.recv(this.#fd, this.#buffer, MSG_TRUNC);
      if (size < 0) {
        if (errnoName(this.#native.errno()) !== 'ENOBUFS') return isComplete;
        isComplete = false;
        continue;
      }
      const message = new MessageCursor(this.#buffer, size);
      while (message.next()) {
        this.#portId = message.portId;
        visit(message);
      }
    }
  }
}

/** @throws CatbirdError when the kernel refused the dump */
function visitPart(
  message: MessageCursor,
  sequence: number,
  visit: (message: MessageCursor) => void,
): PartState {
  let isInterrupted = false;
  while (message.next()) {
    if (message.sequence !== sequence) continue;
    isInterrupted ||= (message.flags & NLM_F_DUMP_INTR) !== 0;
    const answer = readAnswer(message);
    if (!answer) visit(message);
    else if (answer.errno === 0 || answer.errno === ENOENT) return { isInterrupted, isLast: true };
    else throw dumpError(answer);
  }
  return { isInterrupted, isLast: false };
}

interface PartState {
  /** Tables changed meanwhile (NLM_F_DUMP_INTR). */
  readonly isInterrupted: boolean;
  readonly isLast: boolean;
}

/** What strict checking answers for a table that does not exist. */
const ENOENT = errnoValue('ENOENT');

function ignore(): void {}

function dumpError({ errno, message }: Answer): CatbirdError {
  const reason = message || errnoText(errno);
  return new CatbirdError('CATBIRD_NETLINK_FAILED', `cannot read from the kernel: ${reason}`);
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
