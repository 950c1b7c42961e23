/** `/healthz` and `/readyz`, as a kubelet asks them. */
import type { Heartbeat } from '../runtime/heartbeat.ts';
import { textAnswer, type WebPage } from './page.ts';
import type { Readiness } from './readiness.ts';

/** A timer that is later than this has been lost, or the process hangs. */
const LOST_MS = 10_000;

/** Healthy is a process whose event loop turns, which an answer proves, and whose timers fire. */
export function healthPage(heartbeat: Heartbeat): WebPage {
  return {
    path: '/healthz',
    answer() {
      const { overdueMs } = heartbeat;
      if (overdueMs <= LOST_MS) return textAnswer(200, ['ok']);
      return textAnswer(503, [`timers do not fire: one is ${Math.round(overdueMs)} ms overdue`]);
    },
  };
}

/** @param judge asked at each request */
export function readyPage(judge: () => Readiness): WebPage {
  return {
    path: '/readyz',
    answer() {
      const { isReady, reasons } = judge();
      const [status, word] = isReady ? [200, 'ready'] : [503, 'not ready'];
      return textAnswer(status, [word, ...reasons]);
    },
  };
}
