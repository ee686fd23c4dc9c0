import { beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { claimLease, workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { holdSettlingLease } from './settling-lease.ts';

const ID = 'settle-checkouts';
const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
beforeEach(async () => {
  await workLeases(store).deleteMany({});
});

/** Starts a worker that wants to settle, and records whether it may. */
function givenWorker() {
  const seen = { settles: false, gained: 0, lost: 0 };
  const lease = holdSettlingLease({
    store,
    onGained: () => {
      seen.settles = true;
      seen.gained += 1;
    },
    onLost: () => {
      seen.settles = false;
      seen.lost += 1;
    },
    onError: () => undefined,
  });
  onTestFinished(() => lease.release());
  return { seen, release: () => lease.release() };
}

test('one of several workers settles, and the next one as soon as it ends', async () => {
  const workers = [givenWorker(), givenWorker(), givenWorker()];
  const settling = () => workers.filter(({ seen }) => seen.settles);
  await expect.poll(() => settling().length).toBe(1);
  const [first] = settling();
  await first?.release();
  expect(first?.seen).toEqual({ settles: false, gained: 1, lost: 1 });
  await expect.poll(() => settling().length).toBe(1);
  expect(settling()[0]).not.toBe(first);
});

test('a worker that died is replaced when its lease has lapsed', async () => {
  const dead = { id: ID, owner: 'dead', leaseMs: 1_500 };
  expect(await claimLease(workLeases(store), dead)).toBe(true);
  const { seen } = givenWorker();
  await expect.poll(() => seen.settles).toBe(true);
  expect(await claimLease(workLeases(store), dead)).toBe(false);
});

test('a worker stops to settle when another has taken its lease', async () => {
  const { seen } = givenWorker();
  await expect.poll(() => seen.settles).toBe(true);
  const taken = { owner: 'another', until: new Date(Date.now() + 60_000) };
  await workLeases(store).updateOne({ _id: ID }, { $set: taken });
  await expect.poll(() => seen).toEqual({ settles: false, gained: 1, lost: 1 });
});

test('a worker that cannot renew its lease stops before another may have it', async () => {
  const unreachable = { ...store, connection: Object.create(store.connection) };
  let isReachable = true;
  unreachable.connection.collection = (name: string) => {
    const collection = workLeases(store);
    expect(name).toBe(collection.collectionName);
    return new Proxy(collection, {
      get: (target, member, receiver) => {
        if (!isReachable && member === 'updateOne') return () => new Promise(() => undefined);
        return Reflect.get(target, member, receiver);
      },
    });
  };
  let settles = false;
  const lease = holdSettlingLease({
    store: unreachable,
    onGained: () => {
      settles = true;
    },
    onLost: () => {
      settles = false;
    },
    onError: () => undefined,
  });
  onTestFinished(() => lease.release());
  await expect.poll(() => settles).toBe(true);
  isReachable = false;
  const other = { id: ID, owner: 'another', leaseMs: 60_000 };
  const takeOver = async () => {
    const isTaken = await claimLease(workLeases(store), other);
    return { isTaken, settles: isTaken ? settles : 'not yet' };
  };
  await expect.poll(takeOver).toEqual({ isTaken: true, settles: false });
});
