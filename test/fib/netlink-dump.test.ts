/** Reads of the kernel that something comes in between: told as interrupted, repeated, never mixed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import type { KernelRoute, RouteVisitor } from '../../src/fib/kernel.ts';
import { NetlinkKernel } from '../../src/fib/netlink-kernel.ts';
import { formatPrefix } from '../../src/net/text.ts';
import { loadNative, type Native } from '../../src/runtime/native.ts';
import { makeInterfaces, removeInterfaces } from '../support/kernel-lab.ts';
import { inNamespace, ip, ipBatch } from '../support/namespace.ts';

const ROUTES = 2000;
/** Interfaces and routes nobody touches. */
const STEADY = ['lo', 'lan0', 'far0', 'tunl0'];
const ENOBUFS = 105;
const RTM_GETROUTE = 26;
/** Offset of nlmsg_flags, and the flag that says that tables changed meanwhile. */
const FLAGS_AT = 6;
const DUMP_INTERRUPTED = 0x10;

/** Notes what it is told of a read. */
class Seen implements RouteVisitor {
  starts = 0;
  prefixes: string[] = [];

  restart(): void {
    this.starts++;
    this.prefixes = [];
  }

  route({ prefix }: KernelRoute): void {
    this.prefixes.push(formatPrefix(prefix));
  }
}

/** What a disturbed `recv` gives for what was received. */
type Disturb = (size: number, into: Uint8Array) => number;

function markInterrupted(size: number, into: Uint8Array): number {
  into[FLAGS_AT]! |= DUMP_INTERRUPTED;
  return size;
}

function loseOne(): number {
  return -1;
}

function truncateOne(_size: number, into: Uint8Array): number {
  return into.length + 1;
}

/** The kernel's calls, with one datagram of each dump of routes disturbed, so many times. */
class Disturbed {
  readonly native: Native;
  left = 0;
  readonly #times: number;
  #isLost = false;
  #isArmed = false;

  constructor(disturb: Disturb, times: number) {
    const real = loadNative();
    this.#times = times;
    this.native = {
      ...real,
      send: (fd, bytes, sizeBytes) => {
        this.#isArmed = bytes[4] === RTM_GETROUTE;
        return real.send(fd, bytes, sizeBytes);
      },
      recv: (fd, into, flags) => {
        const size = real.recv(fd, into, flags);
        this.#isLost = false;
        if (!this.#isArmed || this.left === 0 || size < 0) return size;
        this.#isArmed = false;
        this.left--;
        const changed = disturb(size, into);
        this.#isLost = changed < 0;
        return changed;
      },
      errno: () => (this.#isLost ? ENOBUFS : real.errno()),
    };
  }

  begin(): void {
    this.left = this.#times;
  }

  end(): void {
    this.left = 0;
  }
}

await inNamespace(t, import.meta.url, async () => {
  makeInterfaces();
  ipBatch(
    Array.from(
      { length: ROUTES },
      (_, i) => `route add 101.${i >> 8}.${i & 255}.0/24 via 10.9.0.2 proto 12`,
    ),
  );

  for (const [what, disturb] of [
    ['the kernel says that the table changed (NLM_F_DUMP_INTR)', markInterrupted],
    ['the socket lost something (ENOBUFS)', loseOne],
    ['a datagram was larger than its buffer', truncateOne],
  ] as const) {
    await t.test(`a read is repeated as a whole when ${what}`, async (t) => {
      const disturbed = new Disturbed(disturb, 2);
      const kernel = await NetlinkKernel.open({ native: disturbed.native });
      t.teardown(() => kernel.close());
      const seen = new Seen();
      disturbed.begin();
      await kernel.scanRoutes({ family: 'ipv4-unicast', protocol: 12 }, seen);
      t.equal(disturbed.left, 0, 'it came in between twice');
      t.equal(seen.starts, 3);
      t.equal(seen.prefixes.length, ROUTES);
      t.equal(new Set(seen.prefixes).size, ROUTES, 'each once');
    });
  }

  await t.test('a table that changes during every read is given up with a reason', async (t) => {
    const disturbed = new Disturbed(markInterrupted, Number.POSITIVE_INFINITY);
    const kernel = await NetlinkKernel.open({ native: disturbed.native });
    t.teardown(() => kernel.close());
    disturbed.begin();
    const read = kernel.scanRoutes({ family: 'ipv4-unicast', protocol: 12 }, new Seen());
    await t.rejects(read, { code: 'CATBIRD_KERNEL_BUSY' });
    disturbed.end();
    const seen = new Seen();
    await kernel.scanRoutes({ family: 'ipv4-unicast', protocol: 12 }, seen);
    t.equal(seen.prefixes.length, ROUTES, 'the next one goes through');
  });

  await t.test('what others change meanwhile never makes a read incomplete', async (t) => {
    const kernel = await NetlinkKernel.open();
    t.teardown(() => kernel.close());
    const lines = Array.from({ length: 100 }, (_, i) => [
      `link add v${i % 10} type veth peer name w${i % 10}`,
      `route add 102.0.${i % 250}.0/24 via 10.9.0.2 proto 12`,
      `link del v${i % 10}`,
      `route del 102.0.${i % 250}.0/24 via 10.9.0.2 proto 12`,
    ]).flat();
    const others = spawn('ip', ['-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
    others.stdin.end(`${lines.join('\n')}\n`);
    const ended = once(others, 'exit');
    const faults: string[] = [];
    let reads = 0;
    for (; others.exitCode === null || reads < 3; reads++) {
      const links = (await kernel.dumpLinks()).map(({ name }) => name);
      if (new Set(links).size < links.length) faults.push(`twice in ${links}`);
      if (!STEADY.every((name) => links.includes(name))) faults.push(`not all in ${links}`);
      const seen = new Seen();
      await kernel.scanRoutes({ family: 'ipv4-unicast', protocol: 12 }, seen);
      const steady = new Set(seen.prefixes.filter((prefix) => prefix.startsWith('101.')));
      if (steady.size < ROUTES) faults.push(`${steady.size} routes`);
    }
    t.same(faults, []);
    t.same(await ended, [0, null]);
    t.comment(`${reads} reads`);
  });

  removeInterfaces();
  t.equal(ip('route show proto 12'), '');
});
