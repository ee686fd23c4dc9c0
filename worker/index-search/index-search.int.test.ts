import { afterEach, beforeAll, expect, test } from 'vitest';
import { eraseBuyer } from '../../shared/ledger/erase-buyer.ts';
import { parkCheckout, unparkCheckout } from '../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { lowestIdAt, newId, toOrderId } from '../../shared/runtime/ids.ts';
import { indexSubjects } from '../../shared/search/index-subjects.ts';
import { readSearchLag } from '../../shared/search/read-lag.ts';
import { rebuildSearch } from '../../shared/search/rebuild.ts';
import { requestIndexing } from '../../shared/search/request-indexing.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  givenCheckout,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { rawCollection } from '../../shared/testing/raw-collection.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { fanOut } from '../fan-out-events/fan-out.ts';
import { indexRequested } from './index-search.ts';

const clock = { now: () => new Date() };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(testNamespace());
});
afterEach(() => clearStore(store));

const entries = () => store.search.find().sort({ _id: 1 }).toArray();
const requests = () => store.searchRequests.countDocuments();

/** Settles two checkouts, of which the first is placed and the second is rejected. */
async function givenSettled() {
  const [shirt] = await givenVariants(store, [{ onHand: 1 }]);
  const placed = await givenCheckout(store, { lines: [toPricedLine(shirt)], buyerId: 'Ada' });
  const rejected = await givenCheckout(store, { lines: [toPricedLine(shirt, 2)], buyerId: 'Bob' });
  await settleCheckouts(givenLedger(store), [placed._id, rejected._id]);
  return { shirt, placed: placed._id, rejected: rejected._id };
}

test('a settled checkout is indexed once, when its events are fanned out', async () => {
  const { shirt, placed, rejected } = await givenSettled();
  await fanOut({ store, clock });
  expect(await requests()).toBe(1);
  expect(await readSearchLag(store, new Date(Date.now() + 60_000))).toBeGreaterThan(50_000);
  expect(await indexRequested(store)).toBe(3);
  expect(await requests()).toBe(0);
  expect(await readSearchLag(store, new Date(Date.now() + 60_000))).toBe(0);

  const orderId = toOrderId(placed, shirt.shopId);
  const indexed = await entries();
  expect(indexed).toMatchObject([
    { _id: placed, kind: 'checkout', status: 'placed' },
    { _id: rejected, kind: 'checkout', status: 'rejected' },
    { _id: orderId, kind: 'order', status: 'pending', audience: [shirt.shopId, 'shp_test'] },
  ]);
  expect(indexed[1]?.tokens).toEqual(
    expect.arrayContaining([
      '*/bob',
      `*/${shirt.sku.toLowerCase()}\nrejected:out_of_stock`,
      '=reason:out_of_stock',
    ]),
  );
  expect(indexed[2]?.tokens).toEqual(
    expect.arrayContaining([`#${placed.toLowerCase()}`, '*/ada', 'shp_test/ada']),
  );
  expect(await fanOut({ store, clock })).toBe(0);
  expect(await indexRequested(store)).toBe(0);
});

test('a request that was cut short is repeated, and its repetition changes nothing', async () => {
  const { placed } = await givenSettled();
  await requestIndexing(store, { subjectIds: [placed, 'prd_1', placed], at: new Date() });
  const stopping = new AbortController();
  stopping.abort();
  await indexRequested(store, stopping.signal);
  expect(await requests()).toBe(1);
  await indexRequested(store);
  const before = await entries();
  await requestIndexing(store, { subjectIds: [placed], at: new Date() });
  await indexRequested(store);
  const strip = (list: typeof before) => list.map(({ requestId: _, ...entry }) => entry);
  expect(strip(await entries())).toEqual(strip(before));
  expect(before).toHaveLength(2);
});

test('indexing waits while checkouts are queued, but at most 10 s', async () => {
  const { shirt } = await givenSettled();
  const queued = await givenCheckout(store, { lines: [toPricedLine(shirt)] });
  await fanOut({ store, clock });
  expect(await indexRequested(store)).toBe(0);
  const longAgo = new Date(Date.now() - 11_000);
  await store.searchRequests.updateMany({}, { $set: { at: longAgo } });
  expect(await indexRequested(store)).toBe(3);

  await requestIndexing(store, { subjectIds: [queued._id], at: new Date() });
  expect(await indexRequested(store)).toBe(0);
  await settleCheckouts(givenLedger(store), [queued._id]);
  expect(await indexRequested(store)).toBe(1);
});

test('indexing waits while many checkouts arrive, even if none of them is queued', async () => {
  const { rejected } = await givenSettled();
  await fanOut({ store, clock });
  const record = await store.checkouts.findOne({ _id: rejected });
  // The ids are in the future, so that they count as recent even in a slow test.
  const first = lowestIdAt('chk', new Date(Date.now() + 60_000));
  const arrived = Array.from({ length: 100 }, (_, index) => ({
    ...record,
    _id: `${first.slice(0, -3)}${String(index).padStart(3, '0')}`,
    idempotencyKey: `many:${index}`,
  }));
  const checkouts = rawCollection(store, 'checkouts');
  await checkouts.insertMany(arrived);
  expect(await indexRequested(store)).toBe(0);
  await checkouts.deleteMany({ _id: { $gte: arrived[50]?._id } });
  expect(await indexRequested(store)).toBe(3);
});

test('a parked checkout that is replayed is indexed again', async () => {
  const [shirt] = await givenVariants(store, [{}]);
  const { _id } = await givenCheckout(store, { lines: [toPricedLine(shirt)] });
  const ledger = givenLedger(store);
  await parkCheckout(ledger, _id, 'invalid');
  await fanOut({ store, clock });
  await indexRequested(store);
  expect(await entries()).toMatchObject([{ _id, status: 'failed' }]);
  await unparkCheckout(ledger, _id);
  await store.searchRequests.updateMany({}, { $set: { at: new Date(Date.now() - 11_000) } });
  expect(await indexRequested(store)).toBe(1);
  expect(await entries()).toMatchObject([{ _id, status: 'queued' }]);
});

test('neither an older state nor a late indexer replaces a newer entry', async () => {
  const { placed } = await givenSettled();
  const earlierRequest = newId('srq');
  await indexSubjects(store, [placed], newId('srq'));
  // The checkout is changed without a new version, and the indexer of an earlier request is late.
  await rawCollection(store, 'checkouts').updateOne({ _id: placed }, { $set: { buyerId: 'Eve' } });
  await indexSubjects(store, [placed], earlierRequest);
  const [entry] = await entries();
  expect(entry?.tokens).toContain('*/ada');
  await store.search.updateOne({ _id: placed }, { $set: { version: 99 } });
  await indexSubjects(store, [placed], newId('srq'));
  expect((await entries())[0]).toMatchObject({ version: 99 });
});

test('a checkout is found by the contact of its buyer, until the buyer is erased', async () => {
  const contact = { email: 'Ada@example.com', phone: '+44 20 7946-0958', name: 'Ada Lovelace' };
  const [shirt] = await givenVariants(store, [{ onHand: 1 }]);
  const bought = { buyerId: 'ada', contact, isPersonal: true } as const;
  const lines = [toPricedLine(shirt, 2)];
  const { _id } = await givenCheckout(store, { lines, ...bought });
  await settleCheckouts(givenLedger(store), [_id]);
  await fanOut({ store, clock });
  await indexRequested(store);
  const values = ['*/ada@example.com', '*/442079460958', '*/lovelace'];
  expect((await entries())[0]?.tokens).toEqual(expect.arrayContaining(values));

  await eraseBuyer(givenLedger(store), { storefrontId: 'shp_test', buyerId: 'ada' });
  await indexRequested(store);
  const [entry] = await entries();
  expect(entry).toMatchObject({ _id, status: 'rejected' });
  expect(entry?.tokens.filter((token) => values.includes(token))).toEqual([]);
  expect(entry?.tokens).toContain('*/ada');
});

test('the entry of an erased checkout replaces one that a host with a fast clock has written', async () => {
  const [shirt] = await givenVariants(store, [{ onHand: 1 }]);
  const bought = { buyerId: 'ada', contact: { name: 'Lovelace' }, isPersonal: true } as const;
  const { _id } = await givenCheckout(store, { lines: [toPricedLine(shirt, 2)], ...bought });
  const ledger = givenLedger(store);
  await settleCheckouts(ledger, [_id]);
  const requestId = lowestIdAt('srq', new Date(Date.now() + 60_000));
  await indexSubjects(store, [_id], requestId);
  expect((await entries())[0]?.tokens).toContain('*/lovelace');
  await eraseBuyer(ledger, { storefrontId: 'shp_test', buyerId: 'ada' });
  await indexRequested(store);
  expect((await entries())[0]?.tokens).not.toContain('*/lovelace');
});

test('a rebuild indexes everything, and removes what no longer exists', async () => {
  const { placed, rejected } = await givenSettled();
  const goneEntry = {
    _id: 'chk_gone',
    kind: 'checkout',
    status: 'placed',
    tokens: ['*/ghost'],
  } as const;
  const now = new Date();
  await store.search.insertOne({
    ...goneEntry,
    at: now,
    changedAt: now,
    version: 1,
    requestId: 'srq_0',
  });
  expect(await rebuildSearch(store)).toEqual({ checkouts: 2, orders: 1 });
  const ids = (await entries()).map(({ _id }) => _id);
  expect(ids).toEqual(expect.arrayContaining([placed, rejected]));
  expect(ids).not.toContain('chk_gone');
  expect(ids).toHaveLength(3);
});
