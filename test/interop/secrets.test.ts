/** A password of a session is in no view, log, metric, page, file, core or process title. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { catbird, showNeighbors, startCatbird } from '../../lab/support/catbird.ts';
import { Laboratory } from '../../lab/support/laboratory.ts';
import { SILENT } from '../../lab/support/narrator.ts';
import { obstacleTo } from '../../lab/support/requirements.ts';
import { attempt } from '../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../bin/catbird', import.meta.url));
const skip = obstacleTo([], catbird) ?? false;

const SECRET = 'Kookaburra-7731';
const OTHER = 'Currawong-4402';

const VIEWS = [
  'show neighbors',
  'show neighbor n2',
  'show config',
  'show quarantine',
  'show fib',
  'status',
  'explain 10.244.2.0/24',
  'diff',
  'show version',
];
const PAGES = ['metrics', 'readyz', 'healthz', ''];

function configOf(own: string, peer: string, password: string): string {
  const [router, name] = [`10.9.0.${own}`, `n${peer}`];
  return JSON.stringify({
    router: { asNumber: 64512, routerId: router },
    blocks: [{ cidr: `10.244.${own}.0/24` }],
    neighbors: [{ name, address: `10.9.0.${peer}`, asNumber: 64512, password }],
    log: { level: 'trace' },
  });
}

t.test('secrets stay where they are needed', { skip }, async (t) => {
  const lab = new Laboratory(SILENT);
  t.teardown(() => lab.dispose());
  const start = (own: string, peer: string, password: string, more: string[] = []) => {
    const host = lab.network.addHost(`n${own}`, `10.9.0.${own}/24`);
    const file = lab.path(`n${own}.yaml`);
    writeFileSync(file, configOf(own, peer, password));
    return { host, file, ...startCatbird(lab, `n${own}`, host, ['--config', file, ...more]) };
  };
  const first = start('1', '2', SECRET, ['--http', '127.0.0.1:9179', '--log-level', 'trace']);
  const second = start('2', '1', SECRET);
  const isUp = () => {
    const state = showNeighbors(first.socket)[0]?.state;
    if (state !== 'Established') throw new Error(`${state}`);
  };
  await lab.expect('the session is up with the key', 30, isUp);
  writeFileSync(second.file, configOf('2', '1', OTHER)); // and something to complain about
  attempt([process.execPath, CATBIRD, 'apply', '--api', second.socket]);
  attempt([process.execPath, CATBIRD, 'clear', 'neighbor', 'n2', '--api', first.socket]);

  const holds = (text: string) => text.includes(SECRET) || text.includes(OTHER);
  for (const view of VIEWS) {
    const words = ['sh', '-c', `${CATBIRD} ${view} --api ${first.socket} -o json 2>&1; true`];
    t.notOk(holds(lab.run(first.host, words)), `catbird ${view}`);
  }
  const plan = `${CATBIRD} plan --diff --config ${second.file} --api ${first.socket} 2>&1; true`;
  t.notOk(holds(lab.run(first.host, ['sh', '-c', plan])), 'catbird plan --diff');
  for (const page of PAGES) {
    const program = `fetch('http://127.0.0.1:9179/${page}').then((r) => r.text()).then(console.log)`;
    t.notOk(holds(lab.run(first.host, [process.execPath, '-e', program])), `page /${page}`);
  }
  t.notOk(holds(readFileSync(`/proc/${first.daemon.pid}/cmdline`, 'latin1')), 'process title');

  attempt(['prlimit', '--pid', `${first.daemon.pid}`, '--core=unlimited']);
  const filter = readFileSync(`/proc/${first.daemon.pid}/coredump_filter`, 'utf8');
  t.equal(Number.parseInt(filter, 16), 0, 'no memory goes into a core file');
  await first.daemon.stop('SIGABRT');
  const left = readdirSync(lab.directory, { recursive: true, withFileTypes: true });
  const files = left.filter((each) => each.isFile() && !/^n\d\.yaml$/.test(each.name));
  for (const { parentPath, name } of files) {
    t.notOk(holds(readFileSync(join(parentPath, name), 'latin1')), `file ${name}`);
  }
});
