/** Asks the daemon, and asks again while somebody looks. */

const PATIENCE_MS = 20_000;
const INTERVAL_MS = 5000;
const LONGEST_MS = 60_000;

/** The daemon answers, and it is no. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * One document of the API.
 *
 * @param path below `/api/v1/`, relative to the page: it may stand behind a proxy in a folder
 * @throws Refused, or whatever `fetch` throws when nobody answers
 */
export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(PATIENCE_MS);
  const signals = signal ? AbortSignal.any([limit, signal]) : limit;
  const answer = await fetch(`api/v1/${path}`, { signal: signals });
  const type = answer.headers.get('content-type') ?? '';
  const body = type.startsWith('application/json') ? await answer.json() : undefined;
  if (answer.ok) return body as T;
  throw new Refused(answer.status, body?.error ?? `the daemon answers ${answer.status}`);
}

export type Beat = 'fresh' | 'lost';

/** Runs a round of questions every few seconds while the page is seen; ever more seldom while nobody answers. */
export class Pulse {
  readonly #round: (signal: AbortSignal) => Promise<void>;
  readonly #told: (beat: Beat) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: AbortController | undefined;
  #delayMs = INTERVAL_MS;

  constructor(round: (signal: AbortSignal) => Promise<void>, told: (beat: Beat) => void) {
    this.#round = round;
    this.#told = told;
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.now();
      else this.#stop();
    });
  }

  /** Asks at once; what is being asked is forgotten. */
  now(): void {
    this.#stop();
    const running = new AbortController();
    this.#running = running;
    void this.#run(running.signal);
  }

  #stop(): void {
    this.#running?.abort();
    clearTimeout(this.#timer);
  }

  async #run(signal: AbortSignal): Promise<void> {
    try {
      await this.#round(signal);
      this.#delayMs = INTERVAL_MS;
      if (!signal.aborted) this.#told('fresh');
    } catch {
      if (signal.aborted) return;
      this.#delayMs = Math.min(2 * this.#delayMs, LONGEST_MS);
      this.#told('lost');
    }
    if (signal.aborted) return;
    this.#timer = setTimeout(() => this.now(), this.#delayMs);
  }
}
