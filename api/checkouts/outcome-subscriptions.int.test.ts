import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import type { WireEvent } from '../../shared/contract/events.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckout,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { OutcomeSubscriptions } from './outcome-subscriptions.ts';

/** The default interval of reads while waiting. */
const REREAD_MS = 1_000;
/** Longer than any test may take: a wait that does not end by itself fails. */
const FOREVER_MS = 3_600_000;

const namespace = testNamespace();
let store: Store;
let variant: GivenVariant;

beforeAll(async () => {
  store = await openTestStore(namespace);
  [variant] = await givenVariants(store, [{ onHand: 1_000 }]);
});

async function givenQueued(): Promise<string> {
  return (await givenCheckout(store, { lines: [toPricedLine(variant)] }))._id;
}

async function settle(checkoutId: string): Promise<void> {
  await settleCheckouts(givenLedger(store), [checkoutId]);
}

function makeEvent(subjectId: string, type: WireEvent['type'] = 'checkout.placed'): WireEvent {
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

/** Subscriptions that read again only after events, unless `rereadMs` is given. */
function openSubscriptions(rereadMs = FOREVER_MS) {
  const reads = vi.spyOn(store.checkouts, 'find');
  onTestFinished(() => reads.mockRestore());
  const subscriptions = new OutcomeSubscriptions(store, rereadMs);
  // `ownReads` counts only reads of the subscriptions, because settling reads checkouts too.
  return { subscriptions, reads, ownReads: vi.spyOn(subscriptions, 'read') };
}

async function elapsed<T>(work: Promise<T>): Promise<{ result: T; ms: number }> {
  const startedAt = performance.now();
  const result = await work;
  return { result, ms: performance.now() - startedAt };
}

test('a wait for a settled or unknown checkout ends at once, after one read', async () => {
  const { subscriptions, reads } = openSubscriptions();
  const id = await givenQueued();
  await settle(id);
  reads.mockClear();
  expect(await subscriptions.settled(id, { timeoutMs: FOREVER_MS })).toMatchObject({
    _id: id,
    status: 'placed',
  });
  expect(await subscriptions.settled('chk_unknown', { timeoutMs: FOREVER_MS })).toBeUndefined();
  expect(reads).toHaveBeenCalledTimes(2);
});

test('an event ends the wait before the next regular read', async () => {
  const { subscriptions, reads, ownReads } = openSubscriptions();
  const id = await givenQueued();
  const waiting = subscriptions.settled(id, { timeoutMs: FOREVER_MS });
  await expect.poll(() => reads.mock.calls.length).toBe(1);
  await settle(id);
  subscriptions.onEvents([makeEvent('chk_other'), makeEvent(id)]);
  expect(await waiting).toMatchObject({ status: 'placed' });
  expect(ownReads).toHaveBeenCalledTimes(2);
});

test('a checkout that was just stored is read only after its event', async () => {
  const { subscriptions, ownReads } = openSubscriptions();
  const id = await givenQueued();
  const stored = (await subscriptions.read(id)) ?? expect.unreachable();
  ownReads.mockClear();
  const waiting = subscriptions.settled(id, { timeoutMs: FOREVER_MS, stored });
  await settle(id);
  expect(ownReads).not.toHaveBeenCalled();
  subscriptions.onEvents([makeEvent(id)]);
  expect(await waiting).toMatchObject({ status: 'placed' });
  expect(ownReads).toHaveBeenCalledTimes(1);
});

test('a wait subscribes before its first read, so it misses no outcome during the read', async () => {
  const { subscriptions, reads, ownReads } = openSubscriptions();
  const id = await givenQueued();
  const find = store.checkouts.find.bind(store.checkouts);
  reads.mockImplementationOnce((filter, options) => {
    const cursor = find(filter, options);
    const toArray = cursor.toArray.bind(cursor);
    // The checkout is settled right after it was read as queued, and the event arrives at once.
    cursor.toArray = async () => {
      const records = await toArray();
      await settle(id);
      subscriptions.onEvents([makeEvent(id)]);
      return records;
    };
    return cursor;
  });
  expect(await subscriptions.settled(id, { timeoutMs: FOREVER_MS })).toMatchObject({
    status: 'placed',
  });
  expect(ownReads).toHaveBeenCalledTimes(2);
});

test('without events the checkout is read again once a second, not more often', async () => {
  const { subscriptions, ownReads } = openSubscriptions(REREAD_MS);
  const id = await givenQueued();
  const waiting = elapsed(subscriptions.settled(id, { timeoutMs: FOREVER_MS }));
  await expect.poll(() => ownReads.mock.calls.length).toBeGreaterThanOrEqual(2);
  await settle(id);
  const { result, ms } = await waiting;
  expect(result?.status).toBe('placed');
  expect(ownReads.mock.calls.length).toBeLessThanOrEqual(2 + ms / REREAD_MS);
});

test('after the timeout a wait returns the current state', async () => {
  const { subscriptions } = openSubscriptions();
  const id = await givenQueued();
  const { result, ms } = await elapsed(subscriptions.settled(id, { timeoutMs: 60 }));
  expect(result?.status).toBe('queued');
  expect(ms).toBeGreaterThanOrEqual(55);
});

test('an event that comes before the first wait ends that wait and no later one', async () => {
  const { subscriptions } = openSubscriptions();
  const listener = subscriptions.listen('chk_1');
  onTestFinished(() => listener.close());
  subscriptions.onEvents([makeEvent('chk_1'), makeEvent('chk_1')]);
  await listener.changed(FOREVER_MS);
  expect((await elapsed(listener.changed(50))).ms).toBeGreaterThanOrEqual(45);
});

test('events of other types and other checkouts end no wait', async () => {
  const { subscriptions } = openSubscriptions();
  const listener = subscriptions.listen('chk_1');
  onTestFinished(() => listener.close());
  subscriptions.onEvents([makeEvent('chk_1', 'order.confirmed'), makeEvent('chk_2')]);
  expect((await elapsed(listener.changed(50))).ms).toBeGreaterThanOrEqual(45);
});

test('all listeners of a checkout are notified, and closed listeners are removed', async () => {
  const { subscriptions } = openSubscriptions();
  const [gone, first, second] = [1, 2, 3].map(() => subscriptions.listen('chk_1'));
  gone?.close();
  const waits = [first, second].map(
    (listener) => listener?.changed(FOREVER_MS) ?? Promise.reject(),
  );
  subscriptions.onEvents([makeEvent('chk_1')]);
  await Promise.all(waits);
  expect(subscriptions.watchedCount).toBe(1);
  first?.close();
  second?.close();
  expect(subscriptions.watchedCount).toBe(0);
});

test('a wait leaves no listener behind, however it ends', async () => {
  const { subscriptions, reads } = openSubscriptions();
  const [settled, queued] = [await givenQueued(), await givenQueued()];
  await settle(settled);
  reads.mockImplementationOnce(() => {
    throw new Error('no database');
  });
  await expect(subscriptions.settled(queued, { timeoutMs: FOREVER_MS })).rejects.toThrow(
    'no database',
  );
  await Promise.all([
    subscriptions.settled(settled, { timeoutMs: FOREVER_MS }),
    subscriptions.settled(queued, { timeoutMs: 20 }),
    subscriptions.settled('chk_unknown', { timeoutMs: FOREVER_MS }),
  ]);
  expect(subscriptions.watchedCount).toBe(0);
});

test('concurrent reads share a query with a time limit, and each returns its own checkout', async () => {
  const { subscriptions, reads } = openSubscriptions();
  const ids = await Promise.all(Array.from({ length: 20 }, givenQueued));
  reads.mockClear();
  const records = await Promise.all([...ids, ...ids].map((id) => subscriptions.read(id)));
  expect(records.map((record) => record?._id)).toEqual([...ids, ...ids]);
  expect(reads).toHaveBeenCalledTimes(1);
  expect(reads.mock.calls[0]?.[1]).toHaveProperty('maxTimeMS');
});
