import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { newId } from '../runtime/ids.ts';
import type { CheckoutRecord } from '../store/collections/checkouts.ts';
import { givenCheckouts, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { loseCommits } from '../testing/lose-commits.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { storeRejections } from './store-rejections.ts';

const NOW = new Date('2026-05-05T05:05:05Z');
const store = await openTestStore(testNamespace());

beforeEach(() => clearStore(store));
afterEach(() => vi.restoreAllMocks());

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
      rejection: {
        ...{ code: 'out_of_stock' as const, variantId, requested: 2 },
        ...{ available: 1, version: 1, ageMs: 9 },
      },
    })),
  );
  await store.checkouts.deleteMany({ _id: { $in: checkouts.map(({ _id }) => _id) } });
  return checkouts;
}

const readSubjectIds = async () => {
  const entries = await store.outbox.find().toArray();
  return entries.flatMap(({ events }) => events.map(({ subjectId }) => subjectId));
};
const storedIds = async () => (await store.checkouts.distinct('_id')).sort();
const idsOf = (checkouts: readonly CheckoutRecord[]) => checkouts.map(({ _id }) => _id).sort();

test('rejections are stored together with their events', async () => {
  const rejected = await rejectedDrafts(3);
  const results = await storeRejections(store, rejected);
  expect(results).toEqual(rejected.map(() => ({ value: 'stored' })));
  expect(await readSubjectIds()).toEqual(rejected.map(({ _id }) => _id));
  expect(await storedIds()).toEqual(idsOf(rejected));
});

test('a checkout whose key is taken is not stored; the others are stored with their events', async () => {
  const [first, ...others] = (await rejectedDrafts(3)) as [CheckoutRecord, ...CheckoutRecord[]];
  const sameKey = { ...first, _id: newId('chk') };
  await store.checkouts.insertMany([sameKey]);
  const results = await storeRejections(store, [first, ...others]);
  expect(results).toEqual([{ value: 'duplicate' }, { value: 'stored' }, { value: 'stored' }]);
  expect(await storedIds()).toEqual(idsOf([sameKey, ...others]));
  expect(await readSubjectIds()).toEqual(others.map(({ _id }) => _id));
});

test('if two checkouts of a group have the same key, the first is stored', async () => {
  const [first, other] = (await rejectedDrafts(2)) as [CheckoutRecord, CheckoutRecord];
  const repeat = { ...first, _id: newId('chk') };
  const results = await storeRejections(store, [first, repeat, other]);
  expect(results.map((result) => 'value' in result && result.value)).toEqual([
    ...['stored', 'duplicate', 'stored'],
  ]);
  expect(await storedIds()).toEqual(idsOf([first, other]));
  expect(await readSubjectIds()).toEqual([first._id, other._id]);
});

test('concurrent groups with the same keys store each key once, with one event', async () => {
  const rejected = await rejectedDrafts(20);
  const copies = [0, 1, 2].map(() =>
    rejected.map((checkout) => ({ ...checkout, _id: newId('chk') })),
  );
  const results = await Promise.all(copies.map((copy) => storeRejections(store, copy)));
  const stored = copies.flatMap((copy, group) =>
    copy.filter((_, index) => {
      const result = results[group]?.[index];
      return result !== undefined && 'value' in result && result.value === 'stored';
    }),
  );
  expect(stored).toHaveLength(20);
  expect(await storedIds()).toEqual(idsOf(stored));
  expect((await readSubjectIds()).sort()).toEqual(idsOf(stored));
});

test.each([1, 5, 7])(
  'when the answers to %i commits are lost, each checkout has one event',
  async (losses) => {
    const rejected = await rejectedDrafts(3);
    const lost = loseCommits(store, losses);
    const results = await storeRejections(store, rejected);
    expect(lost.left()).toBe(0);
    expect(results).toEqual(rejected.map(() => ({ value: 'stored' })));
    expect(await storedIds()).toEqual(idsOf(rejected));
    expect((await readSubjectIds()).sort()).toEqual(idsOf(rejected));
  },
);
