/** The end of a service manager: the socket that daemons tell their state on, as in sd_notify(3). */
import type { Test } from 'tap';
import { loadNative } from '../../src/runtime/native.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const MSG_DONTWAIT = 0x40;

/** Binds a socket, abstract where the name begins with `@`. @returns gives what came since the last time */
export function bindNotifySocket(t: Test, name: string): () => string[] {
  const native = loadNative();
  const fd = native.socket(AF_UNIX, SOCK_DGRAM, 0);
  const path = Buffer.from(name.startsWith('@') ? `\0${name.slice(1)}` : `${name}\0`);
  t.equal(native.bind(fd, Buffer.concat([Uint8Array.of(AF_UNIX, 0), path])), 0);
  t.teardown(() => native.close(fd));
  return () => {
    const heard: string[] = [];
    const into = new Uint8Array(256);
    for (let size = 0; ; heard.push(Buffer.from(into.subarray(0, size)).toString())) {
      size = native.recv(fd, into, MSG_DONTWAIT);
      if (size <= 0) return heard;
    }
  };
}
