import t from 'tap';
import { type RequestFacts, refuse } from '../../src/web/request-gate.ts';

const OURS = new Set(['node-1.example']);

function statusOf(change: Partial<RequestFacts>): number | undefined {
  const { headers, ...rest } = change;
  const request = { method: 'GET', target: '/metrics', headers: { host: '10.0.0.1:9179' } };
  const all = { ...request, ...rest, headers: { ...request.headers, ...headers } };
  return refuse(all, OURS)?.status;
}

t.test('what reads a page by address or by a name of ours is let in', async (t) => {
  for (const host of [
    '127.0.0.1',
    '10.0.0.1:9179',
    '[::1]:9179',
    'localhost',
    'NODE-1.example:1',
  ]) {
    t.equal(statusOf({ headers: { host } }), undefined, host);
  }
  t.equal(statusOf({ method: 'HEAD' }), undefined);
});

t.test('every method that does not read is refused', async (t) => {
  for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT', 'PATCH', '']) {
    t.equal(statusOf({ method }), 405, method);
  }
});

t.test('bodies are refused, however they are announced', async (t) => {
  t.equal(statusOf({ headers: { 'content-length': '1' } }), 413);
  t.equal(statusOf({ headers: { 'transfer-encoding': 'chunked' } }), 413);
  t.equal(statusOf({ headers: { 'content-length': '0' } }), undefined);
});

t.test('targets of other servers and endless ones are refused', async (t) => {
  for (const target of ['http://10.0.0.1/metrics', '//evil/metrics', '*', 'metrics', '']) {
    t.equal(statusOf({ target }), 400, target);
  }
  t.equal(statusOf({ target: `/metrics?${'x'.repeat(3000)}` }), 414);
});

t.test("a name that is not ours is somebody else's page (DNS rebinding)", async (t) => {
  for (const host of [
    'evil.example',
    '10.0.0.1.evil.example',
    'localhost.evil.example',
    '',
    '1.2.3',
  ]) {
    t.equal(statusOf({ headers: { host } }), 421, host);
  }
});

t.test('pages of other sites may link here, but not read here', async (t) => {
  const site = (site: string, mode: string, dest: string) => ({
    headers: { 'sec-fetch-site': site, 'sec-fetch-mode': mode, 'sec-fetch-dest': dest },
  });
  t.equal(statusOf(site('cross-site', 'no-cors', 'script')), 403);
  t.equal(statusOf(site('cross-site', 'cors', 'empty')), 403);
  t.equal(statusOf(site('same-site', 'cors', 'empty')), 403);
  t.equal(statusOf(site('cross-site', 'navigate', 'iframe')), 403);
  t.equal(statusOf(site('cross-site', 'navigate', 'document')), undefined);
  t.equal(statusOf(site('same-origin', 'cors', 'empty')), undefined);
  t.equal(statusOf(site('none', 'navigate', 'document')), undefined);
  t.equal(statusOf({ headers: { origin: 'http://evil.example' } }), 403);
  t.equal(statusOf({ headers: { origin: 'null' } }), 403);
  t.equal(statusOf({ headers: { origin: 'http://10.0.0.1:9179' } }), undefined);
});
