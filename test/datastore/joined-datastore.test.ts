import t from 'tap';
import { JoinedDatastore, readOnce } from '../../src/datastore/joined-datastore.ts';
import type { ObjectSource, SourceContents } from '../../src/datastore/object-source.ts';
import type { Snapshot } from '../../src/datastore/snapshot.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { sourcesOf } from '../support/snapshot.ts';

/** A source that tells what a test says. */
class ScriptedSource implements ObjectSource {
  readonly seen: Snapshot[] = [];
  #tell: (contents: SourceContents) => void = () => {};
  #resolve: () => void = () => {};

  start(onContents: (contents: SourceContents) => void): Promise<void> {
    this.#tell = onContents;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  async stop(): Promise<void> {
    this.#resolve();
  }

  /** Whether all is read that a snapshot refers to. */
  isReadyFor: (snapshot: Snapshot) => boolean = () => true;

  onSnapshot(snapshot: Snapshot): boolean {
    this.seen.push(snapshot);
    return this.isReadyFor(snapshot);
  }

  /** Holds these peers from now on. */
  tell(...names: string[]): void {
    const text = names
      .map(
        (name) => `kind: BGPPeer\napiVersion: projectcalico.org/v3\nmetadata: { name: ${name} }\n`,
      )
      .join('---\n');
    this.#tell({ sources: sourcesOf(text), faults: [] });
    this.#resolve();
  }
}

const peersOf = (snapshot: Snapshot | undefined) => [...(snapshot?.bgpPeers.keys() ?? [])];

function join(...sources: ScriptedSource[]) {
  const clock = new FakeClock();
  const datastore = new JoinedDatastore(sources, clock);
  const received: Snapshot[] = [];
  const started = datastore.start((snapshot) => received.push(snapshot));
  return { clock, datastore, received, started };
}

t.test('nothing is delivered before every source has told what it holds (START-2)', async (t) => {
  const [a, b] = [new ScriptedSource(), new ScriptedSource()];
  const { clock, datastore, received, started } = join(a, b);
  a.tell('a');
  clock.advance(60_000);
  t.equal(received.length, 0);
  b.tell('b');
  await started;
  t.strictSame(received.map(peersOf), [['a', 'b']]);
  t.strictSame([a.seen, b.seen], [received, received], 'sources are told of the whole');
  await datastore.stop();
});

t.test('a snapshot waits for what it refers to, and nothing else does (START-2)', async (t) => {
  const [a, b] = [new ScriptedSource(), new ScriptedSource()];
  b.isReadyFor = () => false;
  const { clock, datastore, received, started } = join(a, b);
  a.tell('a');
  b.tell();
  clock.advance(60_000);
  t.equal(received.length, 0);
  b.isReadyFor = () => true;
  b.tell('b');
  clock.advance(100);
  await started;
  t.strictSame(received.map(peersOf), [['a', 'b']]);
  b.isReadyFor = (snapshot) => !snapshot.bgpPeers.has('late');
  a.tell('a', 'late');
  clock.advance(100);
  t.equal(received.length, 1);
  b.isReadyFor = () => true;
  b.tell('b');
  clock.advance(100);
  t.strictSame(received.slice(1).map(peersOf), [['a', 'b', 'late']], 'though b told nothing new');
  await datastore.stop();
});

t.test('a burst is one snapshot, unending change is a snapshot now and then', async (t) => {
  const source = new ScriptedSource();
  const { clock, datastore, received, started } = join(source);
  source.tell('a');
  await started;
  for (let i = 0; i < 100; i++) source.tell('a', `b${i}`);
  clock.advance(100);
  t.strictSame(received.slice(1).map(peersOf), [['a', 'b99']]);
  for (let i = 0; i < 100; i++) {
    source.tell('a', `c${i}`);
    clock.advance(10);
  }
  t.ok(received.length >= 5 && received.length <= 8, `${received.length} snapshots`);
  await datastore.stop();
  source.tell('late');
  clock.advance(60_000);
  t.notOk(received.some((snapshot) => snapshot.bgpPeers.has('late')));
  t.equal(clock.pendingTimers, 0);
});

t.test('reading once gives up on a source that stays silent', async (t) => {
  const clock = new FakeClock();
  const silent = new ScriptedSource();
  const nothing = readOnce([silent], clock, 5000);
  clock.advance(5000);
  t.equal(await nothing, undefined);
  const source = new ScriptedSource();
  const something = readOnce([source], clock, 5000);
  source.tell('a');
  t.strictSame(peersOf(await something), ['a']);
  t.equal(clock.pendingTimers, 0);
});
