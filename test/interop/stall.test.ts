/**
 * A daemon that is stopped for longer than the hold time and goes on: what its peers sent meanwhile waits in
 * the sockets and counts, so that no session is lost but that of a peer who said nothing (RFC 4271 §6.5).
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { encodeAnnouncements } from '../../bench/load/route-set.ts';
import { Session } from '../../bench/load/session.ts';
import { catbird } from '../../bench/programs/catbird.ts';
import type { Role } from '../../bench/programs/program.ts';
import { internetTable } from '../../bench/scenario/generated-routes.ts';
import { plainRole } from '../../bench/scenario/scenario.ts';
import { eventually } from '../../lab/support/wait.ts';
import { inNamespace } from '../support/namespace.ts';

const HOLD_TIME_SEC = 3;
const STOPPED_MS = 20_000;
const PEERS = 40;
const FIRST_AS = 65001;
/** What each peer sends while nobody reads. */
const PREFIXES = 2000;

const asNumbers = Array.from({ length: PEERS }, (_, i) => FIRST_AS + i);

function roleOnLoopback(): Role {
  const role = plainRole('external', asNumbers);
  const neighbors = role.neighbors.map((neighbor, i) => ({
    ...neighbor,
    address: `127.0.1.${i + 1}`,
  }));
  return { ...role, address: '127.0.0.1', neighbors, holdTimeSec: HOLD_TIME_SEC };
}

await inNamespace(t, import.meta.url, async () => {
  await t.test('SIGSTOP beyond the hold time, then SIGCONT', async (t) => {
    const role = roleOnLoopback();
    const folder = mkdtempSync(join(tmpdir(), `catbird-stall-${process.pid}-`));
    const [command, ...args] = catbird.prepare(role, folder);
    const daemon = spawn(command!, args, { stdio: 'ignore' });
    t.teardown(() => {
      daemon.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });
    const lost: string[] = [];
    let received = 0;
    const sessions = role.neighbors.map((self) => {
      const onLost = (reason: string) => void lost.push(`${self.address}: ${reason}`);
      return new Session({ self, role, onUpdate: () => received++, onLost });
    });
    await Promise.all(sessions.map((session) => session.establish()));
    const silent = sessions.pop()!;
    silent.fallSilent();
    daemon.kill('SIGSTOP');
    for (const [i, session] of sessions.entries()) {
      const { address } = role.neighbors[i]!;
      session.send(encodeAnnouncements(internetTable(PREFIXES, 100, FIRST_AS + i, address)));
    }
    await delay(STOPPED_MS);
    received = 0;
    daemon.kill('SIGCONT');
    await eventually('it reads again', 20, () => {
      if (received === 0) throw new Error('no UPDATE came');
    });
    const { address } = role.neighbors.at(-1)!;
    await eventually('who said nothing is missed', 20, () => {
      if (!lost.some((text) => text.startsWith(`${address}:`))) throw new Error('not yet');
    });
    await delay(HOLD_TIME_SEC * 1000);
    t.strictSame(lost, [`${address}: NOTIFICATION 4/0`], 'no other session was lost');
    for (const session of sessions) session.close();
  });
});
