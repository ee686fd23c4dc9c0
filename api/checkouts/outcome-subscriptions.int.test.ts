import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { WireEvent } from '../../shared/contract/events.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckout,
  givenLedger,
  givenVariants,
  lineOf,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { OutcomeSubscriptions } from './outcome-subscriptions.ts';

/** Unless told otherwise, whoever waits reads again this often. */
const REREAD_MS = 1_000;
/** Longer than any test may take: what does not end by itself fails. */
const FOREVER_MS = 3_600_000;

const namespace = testNamespace();
let store: Store;
let variant: GivenVariant;

beforeAll(async () => {
  store = await openTestStore(namespace);
  [variant] = await givenVariants(store, [{ onHand: 1_000 }]);
});

async function givenQueued(): Promise<string> {
  return (await givenCheckout(store, { lines: [lineOf(variant)] }))._id;
}

async function settle(checkoutId: string): Promise<void> {
  await settleCheckouts(givenLedger(store), [checkoutId]);
}

function eventOf(subjectId: string, type: WireEvent['type'] = 'checkout.placed'): WireEvent {
  return {
    id: 'evt',
    type,
    at: new Date().toISOString(),
    subjectId,
    seq: 1,
    shopIds: [],
    data: {},
  };
}

/** A watch that never reads again by itself, unless told how often. */
function openWatch(rereadMs = FOREVER_MS) {
  const reads = vi.spyOn(store.checkouts, 'find');
  onTestFinished(() => reads.mockRestore());
  const watch = new OutcomeSubscriptions(store, rereadMs);
  // Unlike `reads`, only those of the watch: settling reads checkouts too.
  return { watch, reads, looks: vi.spyOn(watch, 'read') };
}

async function elapsed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await work;
  return { result, ms: performance.now() - startedAt };
}

test('what has been settled is answered at once, and so is what does not exist', async () => {
  const { watch, reads } = openWatch();
  const id = await givenQueued();
  await settle(id);
  reads.mockClear();
  expect(await watch.settled(id, { timeoutMs: FOREVER_MS })).toMatchObject({
    _id: id,
    status: 'placed',
  });
  expect(await watch.settled('chk_unknown', { timeoutMs: FOREVER_MS })).toBeUndefined();
  expect(reads).toHaveBeenCalledTimes(2);
});

test('an event ends the wait, long before it would have been read again', async () => {
  const { watch, reads, looks } = openWatch();
  const id = await givenQueued();
  const waiting = watch.settled(id, { timeoutMs: FOREVER_MS });
  await expect.poll(() => reads.mock.calls.length).toBe(1);
  await settle(id);
  watch.hear([eventOf('chk_other'), eventOf(id)]);
  expect(await waiting).toMatchObject({ status: 'placed' });
  expect(looks).toHaveBeenCalledTimes(2);
});

test('it listens before it reads: what is settled in between is not missed', async () => {
  const { watch, reads, looks } = openWatch();
  const id = await givenQueued();
  const find = store.checkouts.find.bind(store.checkouts);
  reads.mockImplementationOnce((filter, options) => {
    const cursor = find(filter, options);
    const toArray = cursor.toArray.bind(cursor);
    // Right after this has been read as queued it is settled, and the event is already here.
    cursor.toArray = async () => {
      const found = await toArray();
      await settle(id);
      watch.hear([eventOf(id)]);
      return found;
    };
    return cursor;
  });
  expect(await watch.settled(id, { timeoutMs: FOREVER_MS })).toMatchObject({ status: 'placed' });
  expect(looks).toHaveBeenCalledTimes(2);
});

test('without any event it is read again, once a second and not more often', async () => {
  const { watch, looks } = openWatch(REREAD_MS);
  const id = await givenQueued();
  const waiting = elapsed(watch.settled(id, { timeoutMs: FOREVER_MS }));
  await expect.poll(() => looks.mock.calls.length).toBe(1);
  await settle(id);
  const { result, ms } = await waiting;
  expect(result?.status).toBe('placed');
  expect(looks.mock.calls.length).toBeGreaterThanOrEqual(2);
  expect(looks.mock.calls.length).toBeLessThanOrEqual(2 + ms / REREAD_MS);
});

test('when the time is over it answers how things stand', async () => {
  const { watch } = openWatch();
  const id = await givenQueued();
  const { result, ms } = await elapsed(watch.settled(id, { timeoutMs: 60 }));
  expect(result?.status).toBe('queued');
  expect(ms).toBeGreaterThanOrEqual(55);
});

test('what is heard before anybody waits is remembered, once', async () => {
  const { watch } = openWatch();
  const listener = watch.listen('chk_1');
  onTestFinished(() => listener.close());
  watch.hear([eventOf('chk_1'), eventOf('chk_1')]);
  await listener.heard(FOREVER_MS);
  expect((await elapsed(listener.heard(50))).ms).toBeGreaterThanOrEqual(45);
});

test('events of other kinds and of other checkouts wake nobody', async () => {
  const { watch } = openWatch();
  const listener = watch.listen('chk_1');
  onTestFinished(() => listener.close());
  watch.hear([eventOf('chk_1', 'order.confirmed'), eventOf('chk_2')]);
  expect((await elapsed(listener.heard(50))).ms).toBeGreaterThanOrEqual(45);
});

test('all who wait for a checkout are told, and who has gone is forgotten', async () => {
  const { watch } = openWatch();
  const [gone, first, second] = [1, 2, 3].map(() => watch.listen('chk_1'));
  gone?.close();
  const waits = [first, second].map((listener) => listener?.heard(FOREVER_MS) ?? Promise.reject());
  watch.hear([eventOf('chk_1')]);
  await Promise.all(waits);
  expect(watch.watchedCount).toBe(1);
  first?.close();
  second?.close();
  expect(watch.watchedCount).toBe(0);
});

test('waiting leaves no listener behind, however it ends', async () => {
  const { watch, reads } = openWatch();
  const [settled, queued] = [await givenQueued(), await givenQueued()];
  await settle(settled);
  reads.mockImplementationOnce(() => {
    throw new Error('no database');
  });
  await expect(watch.settled(queued, { timeoutMs: FOREVER_MS })).rejects.toThrow('no database');
  await Promise.all([
    watch.settled(settled, { timeoutMs: FOREVER_MS }),
    watch.settled(queued, { timeoutMs: 20 }),
    watch.settled('chk_unknown', { timeoutMs: FOREVER_MS }),
  ]);
  expect(watch.watchedCount).toBe(0);
});

test('many who read at the same time share a query, and each gets its own', async () => {
  const { watch, reads } = openWatch();
  const ids = await Promise.all(Array.from({ length: 20 }, givenQueued));
  reads.mockClear();
  const records = await Promise.all([...ids, ...ids].map((id) => watch.read(id)));
  expect(records.map((record) => record?._id)).toEqual([...ids, ...ids]);
  expect(reads).toHaveBeenCalledTimes(1);
});
