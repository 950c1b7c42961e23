/** `catbird top` on a real terminal: tmux draws it, resizes it, and presses q. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';

const CATBIRD = new URL('../../bin/catbird', import.meta.url).pathname;
const hasTmux = !spawnSync('tmux', ['-V'], { stdio: 'ignore' }).error;

t.test(
  'top draws the sessions, fits the window, and leaves the terminal as it was',
  {
    skip: hasTmux ? false : 'tmux is not installed (Debian package tmux)',
  },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'catbird-top-'));
    const names = Array.from(
      { length: 40 },
      (_, i) =>
        `  - { name: Mesh_${i}, address: 127.0.1.${i + 1}, asNumber: 64512, passive: true }`,
    );
    const router = 'router: { asNumber: 64512, routerId: 10.0.0.1, listen: { port: 0 } }';
    writeFileSync(
      join(folder, 'c.yaml'),
      `${router}\nfib: { enabled: false }\nneighbors:\n${names.join('\n')}\n`,
    );
    const api = join(folder, 's');
    const daemon = spawn(CATBIRD, ['run', '--config', join(folder, 'c.yaml'), '--api', api]);
    const gone = once(daemon, 'exit');
    const tmux = (...words: string[]) =>
      spawnSync('tmux', ['-S', join(folder, 'tmux'), ...words], { encoding: 'utf8' }).stdout;
    t.teardown(async () => {
      tmux('kill-server');
      daemon.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true });
    });
    await new Promise<void>((resolve) => {
      createInterface(daemon.stdout).on(
        'line',
        (line) => line.includes('catbird runs') && resolve(),
      );
    });
    const screen = async (fits: RegExp) => {
      for (let tries = 0; tries < 100; tries++) {
        const text = tmux('capture-pane', '-p', '-t', 'top');
        if (fits.test(text)) return text;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`never on the screen: ${fits}`);
    };
    tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'top', '-x', '90', '-y', '20', 'sh');
    tmux('send-keys', '-t', 'top', `echo before; ${CATBIRD} top --api ${api}`, 'Enter');
    const text = await screen(/0 of 40 sessions Established/);
    t.match(text, /NEIGHBOR +STATE +UPTIME/);
    t.match(text, /Mesh_0 +Active/);
    t.match(text, /…/, 'what does not fit is left out');
    t.notMatch(text, /before/);
    tmux('resize-window', '-t', 'top', '-x', '50', '-y', '10');
    t.match(await screen(/^catbird .{1,49}\n\n/), /…/);
    tmux('send-keys', '-t', 'top', 'q');
    t.match(await screen(/before/), /before/, 'the screen from before is back');
  },
);
