import t from 'tap';
import { Dialog } from '../../src/bird-control/dialog.ts';
import type { BirdHost } from '../../src/bird-control/host.ts';
import { NEIGHBOR, recordingCommands, routeView, stubViews } from '../support/stub-views.ts';

const NOW = Date.parse('2026-01-01T12:00:00.000Z');

const V6 = {
  ...NEIGHBOR,
  name: 'Mesh_fd00__2',
  address: 'fd00::2',
  state: 'Active',
  lastError: 'Connection refused',
  families: { 'ipv6-unicast': NEIGHBOR.families['ipv4-unicast']! },
};

const OWN = { ...routeView(7), neighbor: 'static', nextHop: null, prefix: '10.9.0.0/26' };

function setUp(changes: Partial<BirdHost> = {}) {
  const record: string[] = [];
  const views = stubViews();
  const reached = { interface: 'eth0', igpCost: 0 };
  const host: BirdHost = {
    family: 'ipv4-unicast',
    views: {
      ...views,
      neighbors: () => [NEIGHBOR, V6],
      *rib(query) {
        for (const route of views.rib(query)) yield { ...route, ...reached };
        if (query === undefined || query === OWN.prefix) yield OWN;
      },
    },
    commands: recordingCommands(record),
    status: () => ({ isRecovering: false, startedAt: NOW, configuredAt: NOW }),
    reload: () => void record.push('reload'),
    interfaces: () => [],
    wallTime: () => NOW,
    ...changes,
  };
  const dialog = new Dialog(host);
  const ask = (line: string) => [...dialog.answer(line)].join('').split('\n').slice(0, -1);
  return { ask, dialog, record };
}

t.test('the greeting begins with BIRD behind its code (OBS-1, OBS-3)', async (t) => {
  t.equal([...setUp().dialog.greet()].join(''), '0001 BIRD Catbird-0.0.0 ready.\n');
});

t.test(
  'show status ends with 0013, and says 0024 only while restart recovery runs (OBS-1)',
  async (t) => {
    const lines = setUp().ask('show status');
    t.match(lines[0], /^1000-BIRD /);
    t.equal(lines[1], '1011-Router ID is 10.0.0.1');
    t.match(lines[2], /^ Current server time is \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
    t.equal(lines.at(-1), '0013 Daemon is up and running');
    t.notOk(lines.some((line) => line.startsWith('0024')));
    const status = () => ({ isRecovering: true, startedAt: NOW, configuredAt: NOW });
    t.match(setUp({ status }).ask('show status'), [...Array(5).fill(String), /^0024-/, /^0013 /]);
  },
);

t.test(
  'show protocols has BIRD’s header, rows and end, and the family’s neighbours only (OBS-1, OBS-2)',
  async (t) => {
    const lines = setUp().ask('show protocols');
    t.strictSame(lines[0]!.slice(5).split(/\s+/), [
      'name',
      'proto',
      'table',
      'state',
      'since',
      'info',
    ]);
    t.match(lines[0], /^2002-/);
    t.match(lines[1], /^1002-static1 /);
    t.ok(
      lines.slice(2, -1).every((line) => line.startsWith(' ')),
      'rows of one code go on with a blank',
    );
    t.equal(lines.at(-1), '0000 ');
    const bgp = lines.filter((line) => line.includes(' BGP '));
    t.equal(bgp.length, 1);
    const [name, proto, table, state, since, info] = bgp[0]!.trim().split(/\s+/);
    t.strictSame(
      [name, proto, table, state, info],
      ['Mesh_10_0_0_2', 'BGP', 'master', 'up', 'Established'],
    );
    t.match(since, /^\d\d:\d\d:\d\d$/);
  },
);

t.test('a session that is down shows its state and its error (OBS-6)', async (t) => {
  const lines = setUp({ family: 'ipv6-unicast' }).ask('show protocols Mesh_fd00__2');
  t.match(
    lines[1],
    /^1002-Mesh_fd00__2 BGP +master +start +\S+ +Active +Error: Connection refused$/,
  );
});

t.test('show protocols all NAME tells state and address (OBS-5)', async (t) => {
  const lines = setUp().ask('show protocols all Mesh_10_0_0_2');
  t.ok(lines.includes('1006-  BGP state:          Established'));
  t.ok(lines.includes('     Neighbor address: 10.0.0.2'));
  t.equal(lines.at(-1), '0000 ');
});

t.test('a pattern in quotes names several protocols, an unknown name is a fault', async (t) => {
  const { ask } = setUp();
  t.match(ask('show protocols "Mesh*"')[1], /Mesh_10_0_0_2/);
  t.match(ask('show protocols nope'), [/^9001 syntax error/]);
});

t.test('show route has rows that begin with 1007, the best path marked (OBS-5)', async (t) => {
  const lines = setUp().ask('show route');
  t.match(
    lines[0],
    /^1007-10\.0\.0\.0\/24 +via 10\.0\.0\.2 on eth0 \[Mesh_10_0_0_2 \S+\] \* \(100\/0\) \[AS64514i\]$/,
  );
  t.match(lines.at(-2), /^ 10\.9\.0\.0\/26 +blackhole \[static1 \S+\] \* \(200\)$/);
  t.equal(lines.at(-1), '0000 ');
});

t.test('show route for, exact, all, count, protocol and primary', async (t) => {
  const { ask } = setUp();
  t.match(ask('show route for 10.0.1.0/26')[0], /^1007-10\.0\.1\.0\/24 /);
  t.match(ask('show route 192.0.2.0/24'), ['8001 Network not found']);
  t.ok(ask('show route 10.0.1.0/24 all').includes(' \tBGP.local_pref: 100'));
  t.strictSame(ask('show route count'), ['0014 3 of 3 routes for 3 networks']);
  t.strictSame(ask('show route protocol static1 count'), ['0014 1 of 3 routes for 3 networks']);
  t.equal(ask('show route primary table master').length, 4);
  t.equal(ask('show route export Mesh_10_0_0_2').length, 2);
  t.match(ask('show route for'), [/^9001 .*wants a value/]);
  t.match(ask('show route for ;rm'), [/^9001 /]);
});

t.test('disable, enable and restart reach neighbours only; configure reads again', async (t) => {
  const { ask, record } = setUp();
  t.strictSame(ask('disable Mesh_10_0_0_2'), ['0009-Mesh_10_0_0_2: disabled', '0000 ']);
  t.strictSame(ask('enable Mesh_10_0_0_2'), ['0010-Mesh_10_0_0_2: already enabled', '0000 ']);
  t.strictSame(ask('restart all'), ['0012-Mesh_10_0_0_2: restarted', '0000 ']);
  t.strictSame(ask('disable static1'), ['0000 ']);
  t.match(ask('configure soft'), [/^0004 /]);
  t.match(ask('configure "x.conf"'), [/^9001 /]);
  t.strictSame(record, ['shutdown Mesh_10_0_0_2', 'clear Mesh_10_0_0_2', 'reload']);
});

t.test('a restricted client may look and not touch', async (t) => {
  const { ask, record } = setUp();
  t.strictSame(ask('restrict'), ['0016 Access restricted']);
  for (const line of ['disable all', 'restart all', 'configure']) {
    t.strictSame(ask(line), ['8007 Access denied']);
  }
  t.match(ask('show protocols')[0], /^2002-/);
  t.strictSame(record, []);
});

t.test(
  'junk gets one line of error, and nothing of it can pass for an answer of ours',
  async (t) => {
    const { ask } = setUp();
    for (const line of [
      '',
      'show',
      'bla',
      'show "',
      'restart',
      'show protocols a b',
      '\u0000\r0000 ',
    ]) {
      const lines = ask(line);
      t.equal(lines.length, 1);
      t.match(lines[0], /^9001 /);
    }
  },
);
