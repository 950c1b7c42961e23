/**
 * The looking glass in a real browser: two daemons and a thousand neighbors that never come, in a network
 * namespace with nothing but loopback.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import t, { type Test } from 'tap';
import type { ExplainView } from '../../src/api/views.ts';
import { inNamespace } from '../support/namespace.ts';

const CATBIRD = new URL('../../bin/catbird', import.meta.url).pathname;
const CHROMIUM = '/usr/bin/chromium';
const hasChromium = !spawnSync(CHROMIUM, ['--version'], { stdio: 'ignore' }).error;
const SECRET = 'a-password-nobody-sees';
const HOSTILE = '</bdi><script>document.title="owned"</script>\u202Eexe.gnp\u0007\u001b[31m';
/** What reaches over the right edge, where the page as a whole does. */
const STICKING_OUT = `document.documentElement.scrollWidth <= innerWidth ? [] :
  [...document.querySelectorAll('body *')]
    .filter((each) => each.getBoundingClientRect().right > innerWidth)
    .map((each) => each.tagName + '.' + each.className + ': ' + each.textContent.slice(0, 80))`;

const VIEWS = [
  '#/',
  '#/neighbors',
  '#/neighbors/rack2-tor',
  '#/kernel',
  '#/explain/10.7.5.0%2F24',
  '#/explain/10.7.5.0%2F24?neighbor=rack2-tor',
  '#/explain/192.0.2.1',
];

const many = Array.from({ length: 1000 }, (_, i) => {
  const address = `127.1.${i >> 8}.${i & 255}`;
  return `  - { name: Mesh_${i}, address: ${address}, asNumber: 64512, passive: true, password: ${SECRET} }`;
});
const blocks = Array.from({ length: 120 }, (_, i) => `{ cidr: 10.7.${i}.0/24 }`);

const CONFIGS = {
  a: `
router: { asNumber: 64512, routerId: 10.0.0.1, listen: { addresses: [127.0.0.1] } }
neighbors:
  - { name: rack2-tor, address: 127.0.0.7, asNumber: 65001, sourceAddress: 127.0.0.1 }
  - { name: hostile, address: 127.0.0.8, asNumber: 65002, sourceAddress: 127.0.0.1 }
${many.join('\n')}
`,
  tor: `
router: { asNumber: 65001, routerId: 10.0.0.7, listen: { addresses: [127.0.0.7] } }
fib: { enabled: false }
blocks: [${blocks.join(', ')}]
neighbors: [{ name: a, address: 127.0.0.1, asNumber: 64512, sourceAddress: 127.0.0.7 }]
`,
  hostile: `
router: { asNumber: 65002, routerId: 10.0.0.8, listen: { addresses: [127.0.0.8] } }
fib: { enabled: false }
neighbors: [{ name: a, address: 127.0.0.1, asNumber: 64512, sourceAddress: 127.0.0.8 }]
`,
} as const;

/** Id of what has the focus, or its text. */
const FOCUSED = `document.activeElement.id || document.activeElement.textContent`;

/** What can be focused and has no name for those who cannot see. */
const NAMELESS = `[...document.querySelectorAll('a, button, input, select, [tabindex="0"]')]
  .filter((each) => !each.textContent.trim() && !each.ariaLabel && !each.labels?.length)
  .map((each) => each.outerHTML)`;

/** Texts with less than 4.5 to 1 between them and what is behind them (WCAG 2.1 §1.4.3). */
const WEAK_CONTRASTS = `(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = numbers(colour).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const colour = getComputedStyle(each).backgroundColor;
      if (numbers(colour)[3] !== 0) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const ownText = (element) => [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.body.querySelectorAll('*')]
    .filter((each) => !each.closest('svg') && !each.disabled && ownText(each))
    .filter((each) => {
      const [a, b] = [light(getComputedStyle(each).color), light(behind(each))].sort((x, y) => y - x);
      return (a + 0.05) / (b + 0.05) < 4.5;
    })
    .map((each) => each.outerHTML.slice(0, 120));
})()`;

const folder = mkdtempSync(join(tmpdir(), 'catbird-glass-'));
t.teardown(() => rmSync(folder, { recursive: true }));

/** @returns the port of its pages, once it runs */
function start(t: Test, name: keyof typeof CONFIGS, ...more: string[]): Promise<number> {
  const config = join(folder, `${name}.yaml`);
  writeFileSync(config, CONFIGS[name]);
  const words = ['run', '--config', config, '--api', join(folder, name), ...more];
  const daemon = spawn(CATBIRD, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => stop(daemon));
  let page = 0;
  return new Promise((resolve, reject) => {
    const lines = createInterface(daemon.stdout);
    lines.on('line', (line) => {
      const { msg, port } = JSON.parse(line) as { msg: string; port: number };
      if (msg === 'HTTP listens') page = port;
      if (msg === 'catbird runs') resolve(page);
    });
    lines.on('close', () => reject(new Error(`${name} ended`)));
  });
}

async function stop(daemon: ChildProcess): Promise<void> {
  if (daemon.exitCode !== null) return;
  daemon.kill('SIGTERM');
  await once(daemon, 'exit');
}

function catbird(name: keyof typeof CONFIGS, ...words: string[]): string {
  const whole = [...words, '--api', join(folder, name)];
  return spawnSync(CATBIRD, whole, { encoding: 'utf8' }).stdout;
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 150; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it never came');
}

/** A page that keeps what it asked for from elsewhere, and what went wrong in it. */
class Visit {
  readonly page: Page;
  readonly url: string;
  readonly faults: string[] = [];

  static async open(
    t: Test,
    browser: Browser,
    url: string,
    options: BrowserContextOptions = {},
  ): Promise<Visit> {
    const context = await browser.newContext({
      viewport: { width: 1200, height: 900 },
      ...options,
    });
    t.teardown(() => context.close());
    return new Visit(await context.newPage(), url);
  }

  private constructor(page: Page, url: string) {
    this.page = page;
    this.url = url;
    page.setDefaultTimeout(10_000);
    page.on('console', (message) => {
      if (message.type() === 'error') this.faults.push(message.text());
    });
    page.on('pageerror', ({ message }) => this.faults.push(message));
    page.on('request', (request) => {
      if (!request.url().startsWith(url)) this.faults.push(`asked ${request.url()}`);
    });
  }

  async go(place: string): Promise<void> {
    await this.page.goto(`${this.url}${place}`);
    await this.page.waitForSelector('h1');
  }

  /** What an expression is in the page. */
  read<Value>(expression: string): Promise<Value> {
    return this.page.evaluate(expression) as Promise<Value>;
  }

  text(selector: string): Promise<string> {
    return this.page.locator(selector).first().innerText();
  }
}

async function look(): Promise<void> {
  const port = await start(t, 'a', '--http', '127.0.0.1:0', '--kernel', 'dry-run');
  await Promise.all([start(t, 'tor'), start(t, 'hostile')]);
  const url = `http://127.0.0.1:${port}/`;
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
  t.teardown(() => browser.close());
  const open = (t: Test, options?: BrowserContextOptions) => Visit.open(t, browser, url, options);
  await until(async () => {
    const rows = await json<{ state: string }[]>(`${url}api/v1/neighbors?fields=state`);
    return rows.filter(({ state }) => state === 'Established').length === 2;
  });
  catbird('hostile', 'shutdown', 'neighbor', 'a', '--message', HOSTILE);

  await t.test('from a neighbor to its routes to the story of one', async (t) => {
    const visit = await open(t);
    const { page } = visit;
    await visit.go('');
    await page.click('#chip-rack2-tor');
    await page.waitForSelector('#facts ~ div >> text=Established');
    t.equal(await visit.text('h1'), 'rack2-tor');
    t.match(await visit.text('.history'), /came up/);
    await page.click('#adj-in-next');
    const prefix = page.locator('section[aria-labelledby="routes-adj-in"] tbody a').first();
    await page.waitForSelector('text=51 to 100');
    const name = await prefix.innerText();
    await prefix.click();
    await page.waitForSelector('.chain');
    t.equal(await visit.text('h1'), `${name} and rack2-tor`);
    t.match(await visit.text('.chain'), /received\s+received\s+announced .* AS path 65001/);
    await page.goBack();
    await page.waitForSelector('.history');
    t.same(visit.faults, []);
  });

  await t.test('the search tells what the command tells', async (t) => {
    const visit = await open(t);
    await visit.go('');
    await visit.page.fill('#search', '10.7.5.77');
    await visit.page.press('#search', 'Enter');
    await visit.page.waitForSelector('.chain');
    const told = JSON.parse(catbird('a', 'explain', '10.7.5.77', '-o', 'json')) as ExplainView;
    t.match(await visit.text('.view'), /The longest prefix for it is 10\.7\.5\.0\/24/);
    const codes = await visit.read<string[]>(
      `[...document.querySelectorAll('.chain .code')].map((each) => each.textContent)`,
    );
    t.same(
      codes.slice(0, 6),
      told.steps.slice(0, 6).map(({ code }) => code),
    );
    const page = await json<ExplainView>(`${url}api/v1/explain?query=10.7.5.77`);
    t.same(
      page.steps.map(({ code, neighbor }) => [code, neighbor]),
      told.steps.map(({ code, neighbor }) => [code, neighbor]),
    );
    await visit.go('#/explain/192.0.2.1');
    await visit.page.waitForSelector('.verdict.no');
    t.match(await visit.text('.chain .first'), /what holds it up[\s\S]*announces it/);
    await visit.go('#/explain/%3Cimg%20src%3Dx%3E');
    await visit.page.waitForSelector('.verdict.no');
    t.match(await visit.text('.verdict'), "'<img src=x>' is neither a prefix nor an address");
    t.same(
      visit.faults.filter((fault) => !fault.includes('400')),
      [],
    );
  });

  await t.test('what a hostile peer says is text', async (t) => {
    const visit = await open(t);
    await visit.go('#/neighbors/hostile');
    await visit.page.waitForSelector('.history li >> text=went down');
    const said = await visit.text('.history');
    t.match(said, '</bdi><script>document.title="owned"</script>');
    t.match(said, '\\u{202e}exe.gnp\\u{7}\\u{1b}[31m');
    t.equal(await visit.read('document.querySelectorAll("main script, header script").length'), 0);
    t.equal(await visit.page.title(), 'hostile · Catbird');
    t.same(visit.faults, []);
    await t.rejects(
      visit.read(`document.body.insertAdjacentHTML('beforeend', '<b>markup</b>')`),
      /TrustedHTML/,
      'nothing is read as markup',
    );
    await visit.read(`(() => {
      const script = document.createElement('img');
      script.src = 'https://example.com/x.png';
      document.body.append(script);
    })()`);
    await until(async () => visit.faults.some((fault) => /Content Security Policy/.test(fault)));
    t.pass('and nothing is fetched from elsewhere');
  });

  await t.test('a thousand neighbors: found by words, a page at a time', async (t) => {
    const visit = await open(t);
    const { page } = visit;
    await visit.go('');
    await page.waitForSelector('#group-mesh');
    t.match(await page.getAttribute('#group-mesh', 'aria-label'), /1,000 connecting/);
    t.ok((await visit.read<number>('document.querySelectorAll("svg *").length')) < 200);
    await page.click('#group-mesh');
    await page.waitForSelector('text=1 to 50 of 1,000');
    t.equal(await page.locator('tbody tr').count(), 50);
    await page.click('#neighbors-next');
    await page.waitForSelector('text=51 to 100 of 1,000');
    await page.fill('#find', 'mesh_99 as64512');
    await page.waitForSelector('text=1 to 11 of 11');
    t.match(page.url(), /find=mesh_99/, 'what was typed can be linked');
    await page.selectOption('#group', '');
    await page.selectOption('#health', 'up');
    await page.fill('#find', '');
    await page.waitForSelector('text=1 to 1 of 1');
    t.equal(await visit.text('tbody th'), 'rack2-tor');
    t.same(visit.faults, []);
  });

  await t.test('on a narrow screen nothing is wider than the screen', async (t) => {
    const visit = await open(t, { viewport: { width: 320, height: 640 } });
    for (const view of VIEWS) {
      await visit.go(view);
      await visit.page.waitForSelector('.figures li, table, .verdict, .calm');
      const wide = await visit.read<string[]>(STICKING_OUT);
      t.same(wide, [], `${view} is no wider than the screen`);
    }
    t.same(visit.faults, []);
  });

  for (const colorScheme of ['light', 'dark'] as const) {
    await t.test(`colours can be told apart: ${colorScheme}`, async (t) => {
      const visit = await open(t, { colorScheme });
      for (const view of ['#/', '#/neighbors/hostile', '#/explain/192.0.2.1']) {
        await visit.go(view);
        await visit.page.waitForSelector('.figures li, table, .verdict, .calm');
        const weak = await visit.read<string[]>(WEAK_CONTRASTS);
        t.same(weak, [], view);
      }
      const ground = await visit.read<string>('getComputedStyle(document.body).backgroundColor');
      const isDark = Number(/\d+/.exec(ground)![0]) < 64;
      t.equal(isDark, colorScheme === 'dark', ground);
    });
  }

  await t.test('with the keyboard alone', async (t) => {
    const visit = await open(t, { reducedMotion: 'reduce' });
    const { page } = visit;
    const focused = () => visit.read<string>(FOCUSED);
    const { keyboard } = page;
    await visit.go('');
    await page.waitForSelector('#chip-rack2-tor');
    await keyboard.press('Tab');
    t.equal(await focused(), 'Skip to the content');
    await keyboard.press('Tab');
    t.equal(await focused(), 'search');
    t.ok(await visit.read('getComputedStyle(document.activeElement).outlineStyle === "solid"'));
    await keyboard.type('10.7.9.0/24');
    await keyboard.press('Enter');
    await page.waitForSelector('.chain');
    t.equal(await focused(), '10.7.9.0/24', 'one is told where one has come to');
    await keyboard.press('Shift+Tab');
    t.equal(await focused(), 'Kernel');
    for (let i = 0; i < 2; i++) await keyboard.press('Shift+Tab');
    await keyboard.press('Enter');
    await page.waitForSelector('#chip-rack2-tor');
    await page.focus('#chip-rack2-tor');
    await page.waitForResponse(/trends/); // what is drawn anew keeps the focus
    t.equal(await focused(), 'chip-rack2-tor');
    await page.focus('svg.chart');
    await keyboard.press('ArrowLeft');
    const value = await page.getAttribute('svg.chart', 'aria-valuetext');
    t.match(value, /^\d\d:\d\d:\d\d: received [\d.]+\/s, sent [\d.]+\/s$/);
    const moving = `getComputedStyle(document.querySelector('nav a')).transitionDuration`;
    t.equal(await visit.read(moving), '0s', 'nothing moves for those who want that');
    t.same(await visit.read(NAMELESS), [], 'whatever can be focused has a name');
    t.same(visit.faults, []);
  });

  await t.test('a daemon that does not answer is told of, and heard again', async (t) => {
    const visit = await open(t);
    const { page } = visit;
    await visit.go('#/neighbors');
    await page.waitForSelector('tbody tr');
    await page.route('**/api/**', (route) => route.abort());
    await page.click('nav >> text=Overview');
    await page.waitForSelector('.notice >> text=The daemon does not answer');
    await page.unroute('**/api/**');
    await page.click('nav >> text=Neighbors');
    await page.waitForSelector('tbody tr');
    await page.waitForSelector('.notice', { state: 'hidden' });
    t.equal(await page.locator('.notice').textContent(), '');
  });

  await t.test('what it reads is only read, and holds no secret', async (t) => {
    const api = `${url}api/v1/`;
    for (const path of ['neighbors', 'neighbors/Mesh_1', 'status', 'blocks', 'fib', 'trends']) {
      const text = await (await fetch(`${api}${path}`)).text();
      t.notMatch(text, SECRET, path);
    }
    const kept = ['config', 'diff', 'quarantine', 'monitor/routes', 'drain', 'x', '../v1/status'];
    for (const path of [...kept, 'neighbors/Mesh_1/clear', 'neighbors/']) {
      t.equal(await statusOf(url, 'GET', `/api/v1/${path}`), 404, path);
    }
    t.equal(await statusOf(url, 'GET', '/api/v1/neighbors/%zz'), 400);
    t.equal(await statusOf(url, 'GET', '/api/v1/explain?query=x'), 400);
    t.equal(await statusOf(url, 'GET', `/api/v1/rib?longer=${'1'.repeat(3000)}`), 414);
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      t.equal(await statusOf(url, method, '/api/v1/neighbors/Mesh_1/clear'), 405, method);
    }
    t.equal(await statusOf(url, 'GET', '/api/v1/status', 'Host: evil.example'), 421);
    const cross = 'Host: 127.0.0.1\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors';
    t.equal(await statusOf(url, 'GET', '/api/v1/status', cross), 403);
    t.equal(await statusOf(url, 'GET', '/glass.js', cross), 403);
    const origin = 'Host: 127.0.0.1\r\nOrigin: https://evil.example';
    t.equal(await statusOf(url, 'GET', '/api/v1/status', origin), 403);
    for (const path of [
      '/glass/',
      '/index.html',
      '/glass.js/../../package.json',
      '/..%2fpackage.json',
    ]) {
      t.equal(await statusOf(url, 'GET', path), 404, path);
    }
    const [policy, type] = await Promise.all(
      ['content-security-policy', 'x-frame-options'].map(async (name) =>
        (await fetch(url)).headers.get(name),
      ),
    );
    t.notMatch(policy, /unsafe|https?:|\*/);
    t.equal(type, 'DENY');
  });
}

async function json<Value>(url: string): Promise<Value> {
  return (await (await fetch(url)).json()) as Value;
}

/** The status of a request as it is written here. */
async function statusOf(
  url: string,
  method: string,
  target: string,
  headers = 'Host: 127.0.0.1',
): Promise<number> {
  const { connect } = await import('node:net');
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.end(`${method} ${target} HTTP/1.1\r\n${headers}\r\nConnection: close\r\n\r\n`);
  socket.setEncoding('utf8');
  let text = '';
  for await (const chunk of socket) text += chunk;
  return Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1]);
}

if (hasChromium) await inNamespace(t, import.meta.url, look);
else {
  const skip = 'chromium is not installed (Debian package chromium)';
  await t.test('the looking glass', { skip }, async () => {});
}
