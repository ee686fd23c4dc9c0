import mongoose from 'mongoose';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { settleCheckouts } from '../ledger/settle-checkouts.ts';
import { givenCheckout, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { promiseRuns } from '../testing/promises.ts';
import { runConcurrently } from '../testing/run-concurrently.ts';
import { openTestStore } from '../testing/test-store.ts';
import { timed } from '../testing/timed.ts';
import { isDuplicateKey, isTransientError } from './faults.ts';
import type { Session, Store } from './store.ts';
import { inTransaction, StaleReadError } from './transaction.ts';
import { writable } from './writable.ts';

/** The promised bound: every transaction ends within this time. */
const BOUND_MS = 10_000;
const CONFLICTS = promiseRuns(500, 100);
const RACES = promiseRuns(200, 50);
const CONCURRENCY = 8;

const namespace = testNamespace({ isOwnDatabase: true });
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
  await store.connection.createCollection('counters');
  await store.connection.createCollection('claims');
});

function counters() {
  return store.connection.collection<{ _id: string; own: number; others: number }>('counters');
}

function claims() {
  return store.connection.collection<{ _id: string }>('claims');
}

/** Runs work and returns its outcome and duration. */
async function measureOutcome<T>(work: Promise<T>) {
  const { result, ms } = await timed(() => Promise.allSettled([work]));
  return { ...result[0], ms };
}

test(`${CONFLICTS} transactions with a write conflict each have a known outcome in ${BOUND_MS} ms, and no increment is lost`, async () => {
  await counters().insertOne({ _id: 'hot', own: 0, others: 0 });
  const outcomes = await runConcurrently(CONFLICTS, CONCURRENCY, () => {
    let tries = 0;
    const work = async (session: Session) => {
      tries += 1;
      const counter = await counters().findOne({ _id: 'hot' }, { session });
      // Another writer changes the document between read and write, at least at the first attempt.
      if (tries === 1) await counters().updateOne({ _id: 'hot' }, { $inc: { others: 1 } });
      const own = (counter?.own ?? 0) + 1;
      await counters().updateOne({ _id: 'hot' }, { $set: { own } }, { session });
      return tries;
    };
    return measureOutcome(inTransaction(store, work));
  });
  expect(Math.max(...outcomes.map((outcome) => outcome.ms))).toBeLessThan(BOUND_MS);
  const tries = outcomes.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? [outcome.value] : [],
  );
  expect(Math.min(...tries)).toBeGreaterThan(1);
  // On a busy machine a transaction may time out; it has then changed nothing.
  const reasons = outcomes.flatMap((outcome) =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  );
  expect(reasons.filter((reason) => !isTransientError(reason))).toEqual([]);
  expect(tries.length).toBeGreaterThan(0.9 * CONFLICTS);
  const counted = await counters().findOne({ _id: 'hot' });
  expect(counted).toMatchObject({ own: tries.length, others: CONFLICTS });
}, 60_000);

test(`${RACES} races for a key have one winner and one loser each, in ${BOUND_MS} ms`, async () => {
  await counters().insertOne({ _id: 'winners', own: 0, others: 0 });
  const outcomes = await runConcurrently(RACES, CONCURRENCY, (race) => {
    const claim = async (session: Session) => {
      await claims().insertOne({ _id: `claim-${race}` }, { session });
      await counters().updateOne({ _id: 'winners' }, { $inc: { own: 1 } }, { session });
    };
    return Promise.all([1, 2].map(() => measureOutcome(inTransaction(store, claim))));
  });
  for (const pair of outcomes) {
    expect(Math.max(...pair.map((outcome) => outcome.ms))).toBeLessThan(BOUND_MS);
    expect(pair.map((outcome) => outcome.status).sort()).toEqual(['fulfilled', 'rejected']);
    const loser = pair.find((outcome) => outcome.status === 'rejected');
    expect(isDuplicateKey(loser?.reason)).toBe(true);
  }
  expect(await claims().countDocuments()).toBe(RACES);
  expect(await counters().findOne({ _id: 'winners' })).toMatchObject({ own: RACES });
}, 60_000);

test('endless conflicts are given up within the bound and change nothing', async () => {
  // Time passes only with attempts, so a busy machine cannot reduce their number.
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let tries = 0;
  const work = async (session: Session) => {
    tries += 1;
    vi.advanceTimersByTime(100);
    await claims().insertOne({ _id: 'never' }, { session });
    throw new StaleReadError('it');
  };
  await expect(inTransaction(store, work, 300)).rejects.toThrow(StaleReadError);
  expect(tries).toBe(3);
  expect(await claims().findOne({ _id: 'never' })).toBeNull();
});

test('without a bound of its own, a transaction is not repeated after eight seconds', async () => {
  vi.useFakeTimers({ toFake: ['performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let tries = 0;
  const work = async () => {
    tries += 1;
    vi.advanceTimersByTime(1_000);
    throw new StaleReadError('it');
  };
  await expect(inTransaction(store, work)).rejects.toThrow(StaleReadError);
  expect(tries).toBe(8);
});

test('a transaction reads one snapshot of the primary, and commits on the disks of the majority', async () => {
  const start = vi.spyOn(mongoose.mongo.ClientSession.prototype, 'startTransaction');
  onTestFinished(() => start.mockRestore());
  await inTransaction(store, async () => undefined);
  expect(start.mock.calls).toEqual([
    [
      {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority', j: true },
        readPreference: 'primary',
      },
    ],
  ]);
});

test('a socket that breaks while a command is written makes the transaction run again', async () => {
  let tries = 0;
  await inTransaction(store, async (session) => {
    tries += 1;
    await counters().insertOne({ _id: 'broken', own: tries, others: 0 }, { session });
    if (tries > 1) return;
    throw Object.assign(new Error('This socket has been ended'), { code: 'EPIPE' });
  });
  expect(await counters().findOne({ _id: 'broken' })).toMatchObject({ own: 2 });
});

test('an error that a retry cannot fix is thrown at once, and nothing is changed', async () => {
  let tries = 0;
  const work = async (session: Session) => {
    tries += 1;
    await claims().insertOne({ _id: 'broken' }, { session });
    throw new RangeError('broken');
  };
  await expect(inTransaction(store, work)).rejects.toThrow('broken');
  expect(tries).toBe(1);
  expect(await claims().findOne({ _id: 'broken' })).toBeNull();
});

test(`an abandoned transaction blocks its variant for less than ${BOUND_MS} ms`, async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const abandoned = await store.connection.startSession();
  abandoned.startTransaction();
  await writable(store).stock.updateOne(
    { _id: variant.variantId },
    { $inc: { reserved: 1, version: 1 } },
    { session: abandoned },
  );
  const { _id } = await givenCheckout(store, { lines: [toPricedLine(variant)] });
  const outcome = await measureOutcome(settleCheckouts(givenLedger(store), [_id]));
  expect(outcome).toMatchObject({ status: 'fulfilled', value: [{ status: 'placed' }] });
  expect(outcome.ms).toBeLessThan(BOUND_MS);
  expect(await store.stock.findOne({ _id: variant.variantId })).toMatchObject({ reserved: 1 });
  await expect(abandoned.commitTransaction()).rejects.toThrow();
  await abandoned.endSession();
});
