/** The looking glass: a frame that stays, and the view of the place one is at. */
import { explainView } from './explain.ts';
import { Frame } from './frame.ts';
import { kernelView } from './kernel.ts';
import { neighborView } from './neighbor.ts';
import { neighborsView } from './neighbors.ts';
import { overview } from './overview.ts';
import { type Place, placeOf } from './place.ts';
import { Pulse, Refused, read } from './reader.ts';
import { STATUS_FIELDS, type Status } from './status.ts';
import type { View } from './view.ts';

const frame = new Frame();
let view: View = overview();
let shown = '';

const pulse = new Pulse(
  async (signal) => {
    const of = view;
    try {
      const status = await read<Status>(`status?fields=${STATUS_FIELDS}`, signal);
      frame.showStatus(status);
      await of.refresh(signal, status);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (!signal.aborted) frame.showRefusal(error);
    }
  },
  (beat) => frame.showBeat(beat),
);

function viewOf({ parts: [section, name], query }: Place): View {
  if (section === 'neighbors' && name) return neighborView(name);
  if (section === 'neighbors') return neighborsView(query);
  if (section === 'kernel') return kernelView();
  if (section === 'explain' && name) return explainView(name, query.get('neighbor') ?? undefined);
  return overview();
}

/** @param isFirst nobody has moved yet: the keyboard stays where the browser put it */
function go(isFirst: boolean): void {
  // A filter writes itself into the address while one types, without going anywhere.
  const place = location.hash;
  if (!isFirst && place === shown) return;
  shown = place;
  view = viewOf(placeOf(place));
  frame.show(view, isFirst);
  pulse.now();
}

document.body.replaceChildren(...frame.elements);
addEventListener('hashchange', () => go(false));
go(true);
