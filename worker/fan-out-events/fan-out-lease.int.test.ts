import { afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { systemClock } from '../../shared/runtime/clock.ts';
import { newId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import { workLeases } from '../../shared/store/lease.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { givenEndpoint, givenEvents } from '../deliver-webhooks/testing/given-events.ts';
import { fanOut } from './fan-out.ts';

const namespace = testNamespace();
const WAIT = { timeout: 15_000 };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(async () => {
  await clearStore(store);
  await workLeases(store).deleteMany({});
});

const fan = (signal?: AbortSignal) => fanOut({ store, clock: systemClock }, signal);
const unmarked = () => store.outbox.countDocuments({ isFannedOut: false });

/**
 * Creates a shop with this many webhooks for all events, and outbox entries of this many events.
 */
async function givenEntries(webhooks: number, entries: number, events: number): Promise<void> {
  const { shopId } = await givenEndpoint(store);
  for (let webhook = 1; webhook < webhooks; webhook += 1) await givenEndpoint(store, { shopId });
  const before = Date.now() - 10_000;
  for (let entry = 0; entry < entries; entry += 1) {
    const drafts = Array.from({ length: events }, () => ({ subjectId: newId('ord') }));
    await givenEvents(store, [shopId], drafts, new Date(before + entry));
  }
}

/** Calls `onInsert` before each insert of deliveries, or instead of it if `isStored` is false. */
function watchInserts(
  onInsert: (deliveries: readonly DeliveryRecord[]) => unknown,
  isStored = true,
): void {
  const collection = store.webhookDeliveries;
  const insertMany = collection.insertMany.bind(collection);
  const inserts = vi.spyOn(collection, 'insertMany');
  onTestFinished(() => inserts.mockRestore());
  inserts.mockImplementation(async (deliveries, options) => {
    await onInsert(deliveries);
    if (isStored) return insertMany(deliveries, options);
    return { acknowledged: true, insertedCount: deliveries.length, insertedIds: {} };
  });
}

test('one of several workers fans out a page, and the others insert nothing', async () => {
  await givenEntries(1, 20, 100);
  let sent = 0;
  watchInserts((deliveries) => {
    sent += deliveries.length;
  });
  const counts = await Promise.all([fan(), fan(), fan(), fan()]);
  expect(counts.filter((count) => count > 0)).toEqual([2_000]);
  expect(sent).toBe(2_000);
  expect(await unmarked()).toBe(0);
  expect(await workLeases(store).countDocuments()).toBe(0);
});

test('another worker continues when the lease of a dead worker has ended', async () => {
  await givenEntries(1, 3, 1);
  const until = new Date(Date.now() + 700);
  await workLeases(store).insertOne({ _id: 'fan-out', owner: 'dead', until });
  expect(await fan()).toBe(0);
  await expect.poll(() => fan(), WAIT).toBe(3);
  expect(Date.now()).toBeGreaterThan(until.getTime());
});

test('a worker that loses the lease stops, and no delivery is stored twice', async () => {
  await givenEntries(2, 30, 10);
  let otherRun: Promise<number> | undefined;
  const bothInsert = Promise.withResolvers<void>();
  watchInserts(async () => {
    if (otherRun !== undefined) return bothInsert.resolve();
    otherRun = Promise.resolve(0);
    await workLeases(store).deleteMany({});
    otherRun = fan();
    await bothInsert.promise;
  });
  const first = await fan();
  expect([first, await otherRun]).toEqual([500, 600]);
  expect(await store.webhookDeliveries.countDocuments()).toBe(600);
  expect(await unmarked()).toBe(0);
});

test('a page of many deliveries is stored in chunks, and the event loop runs between them', async () => {
  await givenEntries(20, 5, 256);
  let turns = 0;
  let isCounting = true;
  const count = () => {
    turns += 1;
    if (isCounting) setImmediate(count);
  };
  setImmediate(count);
  const chunks: { readonly size: number; readonly turns: number }[] = [];
  watchInserts((deliveries) => chunks.push({ size: deliveries.length, turns }), false);
  expect(await fan()).toBe(20 * 5 * 256);
  isCounting = false;
  expect(Math.max(...chunks.map(({ size }) => size))).toBeLessThanOrEqual(500);
  const idle = chunks.filter(({ turns: at }, index) => at === chunks[index - 1]?.turns);
  expect(idle).toEqual([]);
});

test('a stopped worker ends after a chunk, and another worker stores the remaining deliveries', async () => {
  await givenEntries(20, 2, 256);
  const ending = new AbortController();
  let chunks = 0;
  watchInserts(() => {
    chunks += 1;
    if (chunks === 2) ending.abort();
  });
  expect(await fan(ending.signal)).toBe(1_000);
  expect(chunks).toBe(2);
  expect(await unmarked()).toBe(2);
  await fan();
  expect(await store.webhookDeliveries.countDocuments()).toBe(20 * 2 * 256);
  expect(await unmarked()).toBe(0);
});
