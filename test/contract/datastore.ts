/**
 * What every Datastore must do, whatever it reads from. A driver writes objects where the datastore
 * under test looks; each test gets its own, empty at first.
 */
import type { Test } from 'tap';
import type { Datastore } from '../../src/datastore/datastore.ts';
import type { Snapshot } from '../../src/datastore/snapshot.ts';

/** An object as Calico or Kubernetes defines it. */
export interface WrittenObject {
  readonly kind: string;
  readonly apiVersion: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: unknown;
}

/** Writes to the store behind a datastore; each call resolves when the store has it. */
export interface DatastoreDriver {
  /** Makes a datastore that reads this store. */
  open(): Datastore | Promise<Datastore>;
  put(object: WrittenObject): Promise<void>;
  delete(object: WrittenObject): Promise<void>;
  close(): Promise<void>;
}

/** Collects snapshots, and hands out the first one that satisfies a condition. */
export class SnapshotQueue {
  readonly received: Snapshot[] = [];
  #onNext: () => void = () => {};

  readonly push = (snapshot: Snapshot): void => {
    this.received.push(snapshot);
    this.#onNext();
  };

  /** Waits for a snapshot, received already or later, that satisfies the condition. */
  async until(holds: (snapshot: Snapshot) => boolean): Promise<Snapshot> {
    for (;;) {
      const found = this.received.find(holds);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#onNext = resolve;
      });
    }
  }
}

const API_VERSION = 'projectcalico.org/v3';

const peer = (name: string, spec: Record<string, unknown>): WrittenObject => {
  return { kind: 'BGPPeer', apiVersion: API_VERSION, metadata: { name }, spec };
};

const pool = (name: string, cidr: string): WrittenObject => {
  return { kind: 'IPPool', apiVersion: API_VERSION, metadata: { name }, spec: { cidr } };
};

interface Running {
  readonly driver: DatastoreDriver;
  readonly datastore: Datastore;
  readonly snapshots: SnapshotQueue;
}

/** Runs the suite; `makeDriver` is called once per test. */
export function testDatastore(t: Test, makeDriver: () => Promise<DatastoreDriver>): void {
  const scenario = (
    name: string,
    initial: readonly WrittenObject[],
    run: (t: Test, running: Running) => Promise<void>,
  ) => {
    t.test(name, async (t) => {
      const driver = await makeDriver();
      for (const object of initial) await driver.put(object);
      const datastore = await driver.open();
      const snapshots = new SnapshotQueue();
      await datastore.start(snapshots.push);
      try {
        await run(t, { driver, datastore, snapshots });
      } finally {
        await datastore.stop();
        await driver.close();
      }
    });
  };

  scenario(
    'the first snapshot is complete and there when start resolves (START-2)',
    [peer('a', { asNumber: 1 }), peer('b', { asNumber: 2 }), pool('p', '10.0.0.0/8')],
    async (t, { snapshots }) => {
      t.equal(snapshots.received.length, 1);
      const [first] = snapshots.received;
      t.strictSame([...(first?.bgpPeers.keys() ?? [])].sort(), ['a', 'b']);
      t.strictSame([...(first?.ipPools.keys() ?? [])], ['p']);
      t.strictSame(first?.faults, []);
    },
  );

  scenario('an empty store is a snapshot, too', [], async (t, { snapshots }) => {
    t.match(snapshots.received, [{ bgpPeers: new Map(), faults: [] }]);
  });

  scenario('adding, changing, deleting', [peer('a', { asNumber: 1 })], async (t, running) => {
    const { driver, snapshots } = running;
    await driver.put(peer('b', { asNumber: 2 }));
    const added = await snapshots.until(({ bgpPeers }) => bgpPeers.has('b'));
    t.ok(added.bgpPeers.has('a'), 'the rest is in every snapshot');
    await driver.put(peer('a', { asNumber: 3 }));
    const changed = await snapshots.until(({ bgpPeers }) => bgpPeers.get('a')?.asNumber === 3);
    t.equal(changed.bgpPeers.get('b')?.asNumber, 2);
    await driver.delete(peer('b', {}));
    await snapshots.until(
      (snapshot) => snapshot !== added && !snapshot.bgpPeers.has('b') && isLatest(snapshot),
    );
    const revisions = snapshots.received.map(({ revision }) => revision);
    t.equal(new Set(revisions).size, revisions.length, 'each snapshot has its own revision');

    function isLatest(snapshot: Snapshot): boolean {
      return snapshots.received.indexOf(snapshot) > snapshots.received.indexOf(changed);
    }
  });

  scenario(
    'a spoilt object stays as it was, and is reported until mended (§4.1)',
    [peer('a', { asNumber: 1 })],
    async (t, { driver, snapshots }) => {
      await driver.put(peer('a', { asNumber: 'many' }));
      const spoilt = await snapshots.until(({ faults }) => faults.length > 0);
      t.equal(spoilt.bgpPeers.get('a')?.asNumber, 1);
      t.match(spoilt.faults, [{ object: 'BGPPeer/a', path: 'spec.asNumber', reason: /many/ }]);
      await driver.put(peer('a', { asNumber: 2 }));
      const mended = await snapshots.until(({ bgpPeers }) => bgpPeers.get('a')?.asNumber === 2);
      t.strictSame(mended.faults, []);
    },
  );

  scenario(
    'a change of nothing that matters delivers nothing (RECONF-12)',
    [],
    async (t, running) => {
      const { driver, snapshots } = running;
      await driver.put(peer('a', { asNumber: 1 }));
      await snapshots.until(({ bgpPeers }) => bgpPeers.has('a'));
      await driver.put(peer('a', { asNumber: 1, inventedLater: true }));
      await driver.put({ ...peer('x', {}), kind: 'FelixConfiguration' });
      await driver.put(peer('b', {}));
      await snapshots.until(({ bgpPeers }) => bgpPeers.has('b'));
      t.equal(snapshots.received.length, 3);
    },
  );

  scenario('a burst is far fewer snapshots than changes (RECONF-14)', [], async (t, running) => {
    const { driver, snapshots } = running;
    const count = 100;
    for (let i = 0; i < count; i++) await driver.put(peer(`p${i}`, { asNumber: 1 }));
    await snapshots.until(({ bgpPeers }) => bgpPeers.size === count);
    t.ok(snapshots.received.length <= 1 + count / 10, `${snapshots.received.length} snapshots`);
  });

  scenario('after stop nothing is delivered', [], async (t, { driver, datastore, snapshots }) => {
    await driver.put(peer('a', {}));
    await datastore.stop();
    const before = snapshots.received.length;
    await driver.put(peer('b', {}));
    const other = await driver.open();
    const witness = new SnapshotQueue();
    await other.start(witness.push);
    await driver.put(peer('c', {}));
    await witness.until(({ bgpPeers }) => bgpPeers.has('c'));
    await other.stop();
    t.equal(snapshots.received.length, before);
    await t.resolves(datastore.stop(), 'stopping twice is fine');
  });
}
