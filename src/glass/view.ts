/** One view of the page: made when one goes there, told what is new while one stays. */

import type { Status } from './status.ts';

export interface View {
  /** Of the window; the heading says it, too. */
  readonly title: string;
  readonly element: HTMLElement;
  /** Which entry of the navigation it belongs to. */
  readonly section: string;
  /** Asks what it shows, every few seconds. @throws when nobody answers */
  refresh(signal: AbortSignal, status: Status): Promise<void>;
}
