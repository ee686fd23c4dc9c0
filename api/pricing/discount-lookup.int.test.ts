import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { FoundCodes } from '../../shared/domain/discounts/terms.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenDiscount } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { DiscountLookup } from './discount-lookup.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

function openLookup() {
  const reads = vi.spyOn(store.discounts, 'find');
  return { reads, lookup: new DiscountLookup(store) };
}

const toIds = ({ terms }: FoundCodes) => terms.map(({ id }) => id);

test('terms contain the benefit of a discount, but not its usage limit', async () => {
  const { lookup } = openLookup();
  const limits = { minimumSubtotal: 5, maximumDiscount: 7, currency: 'GBP', productIds: ['prd_1'] };
  const record = await givenDiscount(store, 'shp_1', { code: 'Éte', usageLimit: 3, ...limits });
  const { _id: id, shopId, code, kind, value, startsAt, endsAt, isCombinable } = record;
  expect(await lookup.lookUp({ shopIds: ['shp_1'], codes: [' éTE '] })).toEqual({
    terms: [{ id, shopId, code, kind, value, startsAt, endsAt, isCombinable, ...limits }],
    cancelled: [],
  });
});

test('concurrent lookups share a query, and each gets its own result', async () => {
  const { lookup, reads } = openLookup();
  const [codeOfA, codeOfB] = ['C-A', 'C-B'];
  const inA = await givenDiscount(store, 'shp_a', { code: codeOfA });
  const inB = await givenDiscount(store, 'shp_b', { code: codeOfB });
  const answers = await Promise.all([
    lookup.lookUp({ shopIds: ['shp_a'], codes: [codeOfA] }),
    lookup.lookUp({ shopIds: ['shp_a', 'shp_b'], codes: [codeOfA, codeOfB] }),
    lookup.lookUp({ shopIds: ['shp_b'], codes: [codeOfB] }),
  ]);
  expect(answers.map(toIds)).toEqual([[inA._id], [inA._id, inB._id], [inB._id]]);
  expect(reads).toHaveBeenCalledTimes(1);
  // The query of the group finds both discounts, but neither is one for the first lookup.
  const [mixed] = await Promise.all([
    lookup.lookUp({ shopIds: ['shp_a'], codes: [codeOfB] }),
    lookup.lookUp({ shopIds: ['shp_b'], codes: [codeOfA] }),
    lookup.lookUp({ shopIds: ['shp_a', 'shp_b'], codes: [codeOfA, codeOfB] }),
  ]);
  expect(mixed).toEqual({ terms: [], cancelled: [] });
});

test('duplicate codes and shops in a query return a discount once', async () => {
  const { lookup } = openLookup();
  const { _id } = await givenDiscount(store, 'shp_twice', { code: 'TWICE' });
  const shopIds = ['shp_twice', 'shp_twice'];
  expect(toIds(await lookup.lookUp({ shopIds, codes: ['TWICE', 'twice', ' Twice'] }))).toEqual([
    _id,
  ]);
});

test('a cancelled code is reported only if none of the shops has an active discount with it', async () => {
  const { lookup } = openLookup();
  await givenDiscount(store, 'shp_c', { code: 'GONE', isActive: false });
  await givenDiscount(store, 'shp_c', { code: 'gone', isActive: false });
  const find = (shopIds: readonly string[]) => lookup.lookUp({ shopIds, codes: ['Gone'] });
  const cancelled = [{ shopId: 'shp_c', codeKey: 'GONE' }];
  expect(await find(['shp_c', 'shp_d'])).toEqual({ terms: [], cancelled });
  const active = await givenDiscount(store, 'shp_d', { code: 'GONE' });
  expect(toIds(await find(['shp_c', 'shp_d']))).toEqual([active._id]);
});

describe('a shop with many cancelled discounts', () => {
  const FLOOD = 1_100;
  const flood = { shopIds: ['shp_flood'], codes: ['FLOOD'] };

  beforeAll(async () => {
    const record = await givenDiscount(store, 'shp_flood', { code: 'FLOOD', isActive: false });
    const copies = Array.from({ length: FLOOD }, (_, n) => ({ ...record, _id: `dsc_flood_${n}` }));
    await store.discounts.insertMany(copies);
    await givenDiscount(store, 'shp_other', { code: 'OTHER', isActive: false });
  });

  test('does not hide the cancelled codes of other shops, and the query reads no documents', async () => {
    const { lookup } = openLookup();
    const reads = vi.spyOn(store.discounts, 'aggregate');
    const other = { shopIds: ['shp_other'], codes: ['OTHER'] };
    const [ofFlood, ofOther] = await Promise.all([lookup.lookUp(flood), lookup.lookUp(other)]);
    expect(ofFlood.cancelled).toEqual([{ shopId: 'shp_flood', codeKey: 'FLOOD' }]);
    expect(ofOther.cancelled).toEqual([{ shopId: 'shp_other', codeKey: 'OTHER' }]);
    const [pipeline = [], options] = reads.mock.calls[0] ?? [];
    const plan = await store.discounts.aggregate(pipeline, options).explain();
    expect(JSON.stringify(plan)).toContain('"indexName":"cancelled_codes"');
    expect(JSON.stringify(plan)).not.toContain('"FETCH"');
  });

  test('does not delay lookups of active codes', async () => {
    const { lookup } = openLookup();
    const { _id } = await givenDiscount(store, 'shp_calm', { code: 'THERE' });
    const pendingRead = Promise.withResolvers<object[]>();
    const cursor = { toArray: () => pendingRead.promise };
    const reads = vi.spyOn(store.discounts, 'aggregate');
    reads.mockReturnValueOnce(cursor as unknown as ReturnType<typeof store.discounts.aggregate>);
    const flooded = lookup.lookUp(flood);
    await expect.poll(() => reads.mock.calls.length).toBe(1);
    const calm = await lookup.lookUp({ shopIds: ['shp_calm'], codes: ['THERE'] });
    expect(toIds(calm)).toEqual([_id]);
    pendingRead.resolve([]);
    expect(await flooded).toEqual({ terms: [], cancelled: [] });
  });
});

test('nothing is cached: the next lookup after a change returns the changed terms', async () => {
  const { lookup } = openLookup();
  const { _id } = await givenDiscount(store, 'shp_e', { code: 'NEW', value: 1 });
  const valueNow = async () => {
    const { terms } = await lookup.lookUp({ shopIds: ['shp_e'], codes: ['NEW'] });
    return terms[0]?.value;
  };
  expect(await valueNow()).toBe(1);
  await store.discounts.updateOne({ _id }, { $set: { value: 2 } });
  expect(await valueNow()).toBe(2);
});

test('the lookup of active codes uses an index without cancelled discounts', async () => {
  const { lookup, reads } = openLookup();
  await lookup.lookUp({ shopIds: ['shp_a', 'shp_b'], codes: ['GONE', 'NEW'] });
  const [filter, options] = reads.mock.calls[0] ?? [];
  const plan = await store.discounts.find(filter, options).explain();
  expect(JSON.stringify(plan)).toContain('"indexName":"one_active_discount_per_code"');
});
