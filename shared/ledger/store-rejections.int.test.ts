import { beforeEach, expect, test } from 'vitest';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import { givenCheckouts, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { loseCommits } from '../testing/lose-commits.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { storeRejections } from './store-rejections.ts';

const NOW = new Date('2026-05-05T05:05:05Z');
const store = await openTestStore(testNamespace());

beforeEach(() => clearStore(store));

/** Returns early rejections as the API decides them; none of them is stored. */
async function rejectedDrafts(count: number): Promise<CheckoutRecord[]> {
  const [shirt] = await givenVariants(store, [{}]);
  const { variantId } = shirt;
  const checkouts = await givenCheckouts(
    store,
    Array.from({ length: count }, (_, index) => ({
      lines: [toPricedLine(shirt, 2)],
      status: 'rejected' as const,
      idempotencyKey: `key-${index}`,
      settledAt: NOW,
      isEventPending: true as const,
      rejection: {
        ...{ code: 'out_of_stock' as const, variantId, requested: 2 },
        ...{ available: 1, version: 1, ageMs: 9 },
      },
    })),
  );
  await store.checkouts.deleteMany({ _id: { $in: checkouts.map(({ _id }) => _id) } });
  return checkouts;
}

const subjects = async () => {
  const entries = await store.outbox.find().toArray();
  return entries.flatMap(({ events }) => events.map(({ subjectId }) => subjectId));
};
const marked = () => store.checkouts.countDocuments({ isEventPending: true });

test('stores rejections and their events together, unmarked', async () => {
  const rejected = await rejectedDrafts(3);
  const results = await storeRejections(store, rejected);
  expect(results).toEqual(rejected.map(() => ({ value: 'stored' })));
  expect(await subjects()).toEqual(rejected.map(({ _id }) => _id));
  expect([await store.checkouts.countDocuments(), await marked()]).toEqual([3, 0]);
});

test('a taken key costs only its own checkout; the others are left to the worker', async () => {
  const rejected = await rejectedDrafts(3);
  const [first] = rejected;
  await store.checkouts.insertMany([{ ...(first as CheckoutRecord), _id: 'chk_earlier' }]);
  const results = await storeRejections(store, rejected);
  expect(results).toEqual([{ value: 'duplicate' }, { value: 'stored' }, { value: 'stored' }]);
  expect(await subjects()).toEqual([]);
  expect(await store.checkouts.distinct('_id', { isEventPending: true })).toEqual(
    expect.arrayContaining(rejected.slice(1).map(({ _id }) => _id)),
  );
});

test('a commit whose response was lost leaves each event once', async () => {
  const rejected = await rejectedDrafts(3);
  const lost = loseCommits(store, 1);
  await storeRejections(store, rejected);
  expect(lost.left()).toBe(0);
  expect(await store.checkouts.countDocuments()).toBe(3);
  expect((await subjects()).sort()).toEqual(rejected.map(({ _id }) => _id).sort());
  expect(await marked()).toBe(0);
});
