/**
 * The machines the documents speak of: `worker-1` with Catbird, the ToR, and neighbors with a fault each.
 *
 *   worker-1 192.0.2.1 ── Ethernet ── tor 192.0.2.254 (BIRD, AS 65001)
 *                                  ├─ worker-2 192.0.2.2 (BIRD that calls itself AS 64999)
 *                                  ├─ worker-3 192.0.2.3 (no BGP daemon)
 *                                  └─ worker-4 192.0.2.4 (BIRD with another password)
 *   192.0.2.5 belongs to nobody.
 */
import { spawnSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startCatbird } from '../../../lab/support/catbird.ts';
import type { Laboratory } from '../../../lab/support/laboratory.ts';
import { inside } from '../../../lab/support/shell.ts';

const CATBIRD = fileURLToPath(new URL('../../../bin/catbird', import.meta.url));

const TOR = `
router id 192.0.2.254;
protocol device { }
protocol static {
  ipv4;
  route 0.0.0.0/0 blackhole;
  route 198.51.100.0/24 blackhole;
  route 198.51.100.128/25 blackhole;
  route 203.0.113.0/24 blackhole;
}
protocol bgp worker_1 {
  local 192.0.2.254 as 65001; neighbor 192.0.2.1 as 64512;
  connect delay time 1; connect retry time 2; error wait time 1, 4; graceful restart on;
  ipv4 {
    import all;
    export filter {
      if net = 203.0.113.0/24 then { bgp_next_hop = 10.99.0.1; }
      accept;
    };
  };
}
`;

const worker = (address: string, as: number, more = '') => `
router id ${address};
protocol device { }
protocol bgp worker_1 {
  local ${address} as ${as}; neighbor 192.0.2.1 as 64512; ${more}
  connect delay time 1; connect retry time 2; error wait time 1, 4;
  ipv4 { import all; export all; };
}
`;

/** A shell on worker-1, in the folder of its `catbird.yaml`. */
export class World {
  readonly #lab: Laboratory;
  readonly #host: string;
  readonly #env: NodeJS.ProcessEnv;

  /** @param configuration the text of `catbird.yaml` */
  constructor(lab: Laboratory, configuration: string) {
    this.#lab = lab;
    this.#host = lab.network.addHost('worker-1', '192.0.2.1/24');
    lab.run(this.#host, [
      'ip',
      'route',
      'add',
      '198.51.100.128/25',
      'via',
      '192.0.2.3',
      'proto',
      'static',
    ]);
    this.#startBird('tor', '192.0.2.254', TOR);
    this.#startBird('worker-2', '192.0.2.2', worker('192.0.2.2', 64999));
    lab.network.addHost('worker-3', '192.0.2.3/24');
    this.#startBird('worker-4', '192.0.2.4', worker('192.0.2.4', 64512, 'password "other";'));
    writeFileSync(lab.path('catbird.yaml'), configuration);
    const { socket } = startCatbird(lab, 'worker-1', this.#host, [
      '--config',
      lab.path('catbird.yaml'),
    ]);
    symlinkSync(CATBIRD, `${lab.folder('bin')}/catbird`);
    const path = `${lab.path('bin')}${delimiter}${process.env['PATH']}`;
    this.#env = { ...process.env, PATH: path, CATBIRD_API: socket, NO_COLOR: '1' };
  }

  /** Runs a command line as a reader would type it. @returns what it prints, errors included */
  type(line: string): string {
    const [command, ...args] = inside(this.#host, ['sh', '-c', `${line} 2>&1`]);
    const options = { encoding: 'utf8', cwd: this.#lab.directory, env: this.#env } as const;
    return spawnSync(command!, args, options).stdout;
  }

  #startBird(name: string, address: string, config: string): void {
    const host = this.#lab.network.addHost(name, `${address}/24`);
    writeFileSync(this.#lab.path(`${name}.conf`), config);
    const files = ['-c', `${name}.conf`, '-s', `${name}.ctl`, '-P', `${name}.pid`];
    const paths = files.map((word) => (word.startsWith('-') ? word : this.#lab.path(word)));
    this.#lab.start(name, host, ['bird', '-f', ...paths]);
  }
}
