import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { claimLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { holdPartitionLeases } from './partition-leases.ts';

/** The lease of partition 0. Workers of an earlier version, without partitions, also hold it. */
const FIRST = 'settle-checkouts';
const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
beforeEach(async () => {
  await workLeases(store).deleteMany({});
});

/** Holds leases like a worker, and records the partitions that it may settle. */
function givenWorker(partitions = 1, throughStore = store) {
  const settles = new Set<number>();
  const seen = { gained: 0, lost: 0 };
  const leases = holdPartitionLeases({
    store: throughStore,
    partitions,
    onGained: (partition) => {
      expect(settles).not.toContain(partition);
      settles.add(partition);
      seen.gained += 1;
    },
    onLost: (partition) => {
      expect(settles).toContain(partition);
      settles.delete(partition);
      seen.lost += 1;
    },
    onError: () => undefined,
  });
  onTestFinished(() => leases.release());
  return { settles, seen, release: () => leases.release() };
}

type GivenWorker = ReturnType<typeof givenWorker>;

const allSettled = (workers: readonly GivenWorker[]) =>
  workers.flatMap(({ settles }) => [...settles]).sort();
const shares = (workers: readonly GivenWorker[]) => workers.map(({ settles }) => settles.size);

/** Returns a store whose writes to the leases hang while `isReachable` returns false. */
function unreliableStore(isReachable: () => boolean): Store {
  const unreliable = { ...store, connection: Object.create(store.connection) };
  unreliable.connection.collection = (name: string) => {
    const collection = workLeases(store);
    expect(name).toBe(collection.collectionName);
    return new Proxy(collection, {
      get: (target, member, receiver) => {
        if (!isReachable() && member === 'bulkWrite') return () => new Promise(() => undefined);
        return Reflect.get(target, member, receiver);
      },
    });
  };
  return unreliable;
}

test('one of several workers settles, and when it ends another worker starts at once', async () => {
  const workers = [givenWorker(), givenWorker(), givenWorker()];
  const settling = () => workers.filter(({ settles }) => settles.size > 0);
  await expect.poll(() => settling().length).toBe(1);
  const [first] = settling();
  await first?.release();
  expect(first?.seen).toEqual({ gained: 1, lost: 1 });
  await expect.poll(() => settling().length).toBe(1);
  expect(settling()[0]).not.toBe(first);
});

test('a worker that died is replaced when its lease has lapsed', async () => {
  const dead = { id: FIRST, owner: 'dead', leaseMs: 1_500 };
  expect(await claimLease(workLeases(store), dead)).toBe(true);
  const { settles } = givenWorker();
  await expect.poll(() => settles.size).toBe(1);
  expect(await claimLease(workLeases(store), dead)).toBe(false);
});

test('a worker stops settling when another worker has taken its lease', async () => {
  const { settles, seen } = givenWorker();
  await expect.poll(() => settles.size).toBe(1);
  const taken = { owner: 'another', until: new Date(Date.now() + 60_000) };
  await workLeases(store).updateOne({ _id: FIRST }, { $set: taken });
  await expect.poll(() => seen).toEqual({ gained: 1, lost: 1 });
  expect(settles.size).toBe(0);
});

test('a worker that cannot renew its leases stops before another worker can claim them', async () => {
  let isReachable = true;
  const { settles } = givenWorker(
    2,
    unreliableStore(() => isReachable),
  );
  await expect.poll(() => settles.size).toBe(2);
  isReachable = false;
  const other = { id: FIRST, owner: 'another', leaseMs: 60_000 };
  const takeOver = async () => {
    const isTaken = await claimLease(workLeases(store), other);
    return { isTaken, settles: isTaken ? settles.size : 'not yet' };
  };
  await expect.poll(takeOver).toEqual({ isTaken: true, settles: 0 });
});

test('workers share the partitions with workers that join, and take over from workers that end', async () => {
  const workers = [givenWorker(5)];
  await expect.poll(() => shares(workers)).toEqual([5]);
  workers.push(givenWorker(5), givenWorker(5));
  await expect.poll(() => shares(workers).sort()).toEqual([1, 2, 2]);
  expect(allSettled(workers)).toEqual([0, 1, 2, 3, 4]);
  await workers[0]?.release();
  await expect.poll(() => shares(workers.slice(1)).sort()).toEqual([2, 3]);
  expect(allSettled(workers)).toEqual([0, 1, 2, 3, 4]);
});

test('the partitions of a worker that died are shared out among the other workers', async () => {
  let isReachable = true;
  const dying = givenWorker(
    4,
    unreliableStore(() => isReachable),
  );
  await expect.poll(() => dying.settles.size).toBe(4);
  const others = [givenWorker(4), givenWorker(4)];
  await expect.poll(() => shares([dying, ...others])).toEqual([2, 1, 1]);
  isReachable = false;
  await expect.poll(() => shares(others)).toEqual([2, 2]);
  expect(allSettled([dying, ...others])).toEqual([0, 1, 2, 3]);
  // When the worker is back, it is the last to have joined, and takes no more than its share.
  isReachable = true;
  await expect.poll(() => shares([...others, dying]).sort()).toEqual([1, 1, 2]);
  expect(allSettled([dying, ...others])).toEqual([0, 1, 2, 3]);
});

test('while PARTITIONS differs between workers, each partition is settled by one of them', async () => {
  const before = givenWorker(1);
  await expect.poll(() => [...before.settles]).toEqual([0]);
  const after = [givenWorker(4), givenWorker(4)];
  await expect.poll(() => allSettled(after)).toEqual([1, 2, 3]);
  expect([...before.settles]).toEqual([0]);
  await before.release();
  await expect.poll(() => allSettled(after)).toEqual([0, 1, 2, 3]);
  await expect.poll(() => shares(after)).toEqual([2, 2]);
});
