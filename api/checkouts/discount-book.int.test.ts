import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { givenDiscount } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { DiscountBook } from './discount-book.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function openBook() {
  const reads = vi.spyOn(store.discounts.collection, 'find');
  return { reads, book: new DiscountBook(store) };
}

const idsOf = (terms: readonly { readonly id: string }[]) => terms.map(({ id }) => id);

test('terms tell what a discount gives, and nothing of its uses', async () => {
  const { book } = openBook();
  const limits = { minimumSubtotal: 5, maximumDiscount: 7, currency: 'GBP', productIds: ['prd_1'] };
  const record = await givenDiscount(store, 'shp_1', { code: 'Éte', usageLimit: 3, ...limits });
  const { _id: id, shopId, code, kind, value, startsAt, endsAt, isCombinable } = record;
  expect(await book.termsOf({ shopIds: ['shp_1'], codes: [' éTE '] })).toEqual([
    { id, shopId, code, kind, value, startsAt, endsAt, isCombinable, ...limits },
  ]);
});

test('those who ask at the same time share a look-up, and each gets its own answer', async () => {
  const { book, reads } = openBook();
  const [one, other] = ['shp_a', 'shp_b'].map((shopId) => ({ shopId, code: `C-${shopId}` }));
  if (one === undefined || other === undefined) throw new Error('there are two');
  const inA = await givenDiscount(store, one.shopId, { code: one.code });
  const inB = await givenDiscount(store, other.shopId, { code: other.code });
  const answers = await Promise.all([
    book.termsOf({ shopIds: ['shp_a'], codes: [one.code] }),
    book.termsOf({ shopIds: ['shp_a', 'shp_b'], codes: [one.code, other.code] }),
    book.termsOf({ shopIds: ['shp_b'], codes: [other.code] }),
  ]);
  expect(answers.map(idsOf)).toEqual([[inA._id], [inA._id, inB._id], [inB._id]]);
  expect(reads).toHaveBeenCalledTimes(1);
  // Asked for in the group, but not by this one: it is not in its answer.
  const [mixed] = await Promise.all([
    book.termsOf({ shopIds: ['shp_a'], codes: [other.code] }),
    book.termsOf({ shopIds: ['shp_b'], codes: [one.code] }),
    book.termsOf({ shopIds: ['shp_a', 'shp_b'], codes: [one.code, other.code] }),
  ]);
  expect(mixed).toEqual([]);
});

test('a cancelled one is told only where no shop that is asked has the code', async () => {
  const { book } = openBook();
  const gone = await givenDiscount(store, 'shp_c', { code: 'GONE', isActive: false });
  await givenDiscount(store, 'shp_c', { code: 'gone', isActive: false });
  const ask = async (shopIds: readonly string[]) => book.termsOf({ shopIds, codes: ['Gone'] });
  const [told, ...more] = await ask(['shp_c', 'shp_d']);
  expect(told).toMatchObject({ shopId: gone.shopId, isCancelled: true });
  expect(more).toEqual([]);
  const active = await givenDiscount(store, 'shp_d', { code: 'GONE' });
  expect(idsOf(await ask(['shp_c', 'shp_d']))).toEqual([active._id]);
});

test('what is known is never old: the next look-up sees every change', async () => {
  const { book } = openBook();
  const { _id } = await givenDiscount(store, 'shp_e', { code: 'NEW', value: 1 });
  const valueNow = async () => {
    const [terms] = await book.termsOf({ shopIds: ['shp_e'], codes: ['NEW'] });
    return terms?.value;
  };
  expect(await valueNow()).toBe(1);
  await store.discounts.updateOne({ _id }, { $set: { value: 2 } });
  expect(await valueNow()).toBe(2);
});

test('both look-ups use an index', async () => {
  const shopId = { $in: ['shp_a', 'shp_b'] };
  const codeKey = { $in: ['GONE', 'NEW'] };
  const indexOf = async (isActive: boolean) => {
    const plan = await store.discounts.collection.find({ shopId, codeKey, isActive }).explain();
    return JSON.stringify(plan['queryPlanner']['winningPlan']).match(/"indexName":"(\w+)"/)?.[1];
  };
  expect(await indexOf(true)).toMatch(/one_active_discount_per_code|discounts_by_code/);
  expect(await indexOf(false)).toBe('discounts_by_code');
});
