import t from 'tap';
import { routeFilter } from '../../src/api/route-filter.ts';
import type { RouteView } from '../../src/api/views.ts';
import { routeView } from '../support/stub-views.ts';

function keeps(query: string, change: Partial<RouteView> = {}): boolean {
  return routeFilter(new URLSearchParams(query))!({ ...routeView(1), ...change });
}

t.test('a query without filters keeps everything', async (t) => {
  t.equal(routeFilter(new URLSearchParams('query=10.0.0.0/8')), undefined);
});

t.test('by neighbor and by community, with globs', async (t) => {
  t.equal(keeps('neighbor=Mesh_10_0_0_2'), true);
  t.equal(keeps('neighbor=Mesh_*'), true);
  t.equal(keeps('neighbor=Mesh'), false);
  t.equal(keeps('community=64512:1'), true);
  t.equal(keeps('community=64512:*'), true);
  t.equal(keeps('community=64512:1&community=64512:2'), false, 'all that is given must hold');
  t.equal(keeps('community=1:2:3', { largeCommunities: ['1:2:3'] }), true);
});

t.test('by AS path: a run of numbers, begin, end and any one AS', async (t) => {
  const asPath = '64513 64514 {64515,64516}';
  for (const [path, isKept] of [
    ['64514', true],
    ['64513 64514', true],
    ['64514 64513', false],
    ['^64513', true],
    ['^64514', false],
    ['64516$', true],
    ['64515$', false],
    ['^64513 ? ? 64516$', true],
    ['^64513 ? 64516$', false],
    ['6451', false],
  ] as const) {
    t.equal(keeps(`as-path=${encodeURIComponent(path)}`, { asPath }), isKept, path);
  }
  t.equal(keeps('as-path=%5E$', { asPath: '' }), true, 'an empty path');
  t.equal(keeps('as-path=%5E$', { asPath }), false);
});

t.test('by what covers it, by family, and only the best', async (t) => {
  t.equal(keeps('longer=10.0.0.0/16'), true);
  t.equal(keeps('longer=10.1.0.0/16'), false);
  t.equal(keeps('longer=::/0'), false);
  t.equal(keeps('longer=fd00::/8', { prefix: 'fd00:1::/64' }), true);
  t.equal(keeps('family=ipv4'), true);
  t.equal(keeps('family=ipv6-unicast'), false);
  t.equal(keeps('best=', { best: false }), false);
});

t.test('what means nothing is told, not ignored', async (t) => {
  for (const query of ['longer=10.0.0.1', 'family=vpn', 'as-path=64513%20*', 'as-path=(a%2B)%2B']) {
    t.throws(() => routeFilter(new URLSearchParams(query)), { code: 'CATBIRD_API_REQUEST' }, query);
  }
});
