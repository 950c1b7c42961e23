/** Ends a run that does not: a thread beside looks whether there is progress, and names the seed. */
import { Worker } from 'node:worker_threads';

/** No run may take as long, nor making a find small. */
const LIMIT_SECONDS = 60;

const BESIDE = `
const { workerData, parentPort } = require('node:worker_threads');
const shared = new Int32Array(workerData.shared);
let target = '';
parentPort.on('message', (name) => { target = name; });
let before = -1;
let same = 0;
setInterval(() => {
  const now = Atomics.load(shared, 0);
  same = now === before && Atomics.load(shared, 2) === 1 ? same + 1 : 0;
  before = now;
  if (same < ${LIMIT_SECONDS}) return;
  const seed = Atomics.load(shared, 1) >>> 0;
  const again = 'npm run fuzz -- --target ' + target + ' --seed ' + seed + ' --runs 1';
  require('node:fs').writeSync(2, target + ': no end after ${LIMIT_SECONDS} s\\nagain: ' + again + '\\n');
  process.kill(process.pid, 'SIGKILL');
}, 1000);
`;

/** Watches one run at a time. */
export class Watchdog {
  /** Number of the run, its seed, and 1 while it goes. */
  readonly #shared = new Int32Array(new SharedArrayBuffer(12));
  readonly #worker = new Worker(BESIDE, {
    eval: true,
    workerData: { shared: this.#shared.buffer },
  });
  #target = '';

  begin(target: string, seed: number): void {
    if (target !== this.#target) this.#worker.postMessage(target);
    this.#target = target;
    Atomics.store(this.#shared, 1, seed | 0);
    Atomics.store(this.#shared, 2, 1);
    Atomics.add(this.#shared, 0, 1);
  }

  end(): void {
    Atomics.store(this.#shared, 2, 0);
  }

  stop(): void {
    void this.#worker.terminate(); // nothing is left to be told
  }
}
