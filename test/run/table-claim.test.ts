import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { claimTable } from '../../src/run/table-claim.ts';

/** A table of nobody else, whatever runs beside. */
const place = { table: 100_000 + process.pid, protocol: 12 };

t.test(
  'a second daemon for the same routes is refused, with the process id of the first',
  async (t) => {
    const claim = await claimTable(place);
    await t.rejects(claimTable(place, 0), {
      code: 'CATBIRD_TABLE_TAKEN',
      message: new RegExp(
        `^another Catbird, process ${process.pid}, keeps the routes of protocol 12 in kernel table ${place.table}: `,
      ),
    });
    const other = await claimTable({ ...place, protocol: 99 });
    other.release();
    claim.release();
    (await claimTable(place)).release();
  },
);

t.test('a claim ends with its process, and the successor waits for that', async (t) => {
  const url = new URL('../../src/run/table-claim.ts', import.meta.url);
  const script = `import { claimTable } from '${url}';
    await claimTable(${JSON.stringify(place)});
    console.log('claimed');
    setInterval(() => {}, 60_000);`;
  const node = [...process.execArgv, '--input-type=module', '-e', script];
  const first = spawn(process.execPath, node, { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(first.stdout, 'data');
  const successor = claimTable(place, 60_000);
  await t.rejects(claimTable(place, 0), { message: new RegExp(`process ${first.pid},`) });
  first.kill('SIGKILL');
  (await successor).release();
});
