import { afterEach, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { newId, toOrderId } from '../../shared/runtime/ids.ts';
import type { Store } from '../../shared/store/store.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { givenEndpoint, givenEvents } from '../deliver-webhooks/testing/given-events.ts';
import { fanOut } from './fan-out.ts';

const namespace = testNamespace();
const NOW = new Date('2026-05-05T05:05:05Z');
const clock = { now: () => NOW };
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => clearStore(store));

const deliveries = () => store.webhookDeliveries.find().sort({ _id: 1 }).toArray();
const unmarked = () => store.outbox.countDocuments({ isFannedOut: false });
const payloads = async () => (await deliveries()).map(({ payload }) => JSON.parse(payload));

test('an event becomes one delivery for each enabled webhook of its shop that wants it', async () => {
  const everything = await givenEndpoint(store);
  const { shopId } = everything;
  const shipped = await givenEndpoint(store, { shopId, events: ['order.shipped'] });
  const orders = await givenEndpoint(store, { shopId, events: ['order.*'] });
  const disabled = await givenEndpoint(store, { shopId, isEnabled: false });
  await givenEndpoint(store);
  const entry = await givenEvents(
    store,
    [shopId],
    [{}, { type: 'order.shipped' }, { type: 'stock.low' }],
  );
  expect(await fanOut({ store, clock })).toBe(6);
  const stored = await deliveries();
  const typesFor = (id: string) =>
    stored.filter(({ webhookId }) => webhookId === id).map(({ type }) => type);
  expect(typesFor(everything._id)).toEqual(['order.confirmed', 'order.shipped', 'stock.low']);
  expect(typesFor(shipped._id)).toEqual(['order.shipped']);
  expect(typesFor(orders._id)).toEqual(['order.confirmed', 'order.shipped']);
  expect(typesFor(disabled._id)).toEqual([]);
  expect(stored[0]).toMatchObject({
    shopId,
    eventId: `${entry._id}-0`,
    status: 'pending',
    nextAttemptAt: NOW,
    attempts: [],
  });
  expect(await unmarked()).toBe(0);
  const due = await store.webhooks.distinct('_id', { dueAt: NOW });
  expect(due.sort()).toEqual([everything._id, shipped._id, orders._id].sort());
});

test('the fan-out creates no delivery twice after a crash or when it runs concurrently', async () => {
  const { shopId, _id } = await givenEndpoint(store);
  for (let entry = 0; entry < 30; entry += 1) await givenEvents(store, [shopId], [{}, {}]);
  await Promise.all([fanOut({ store, clock }), fanOut({ store, clock })]);
  // Two deliveries have been sent since, and the marks of the entries were lost.
  const sent = (await deliveries()).slice(0, 2).map(({ _id: id }) => id);
  await store.webhookDeliveries.updateMany(
    { _id: { $in: sent } },
    { $set: { status: 'delivered' } },
  );
  await store.outbox.updateMany({}, { $set: { isFannedOut: false } });
  await fanOut({ store, clock });
  expect(await store.webhookDeliveries.countDocuments({ webhookId: _id })).toBe(60);
  expect(await store.webhookDeliveries.countDocuments({ status: 'delivered' })).toBe(2);
});

test('entries of several pages are all fanned out and marked, also entries of shops without webhooks', async () => {
  const { shopId } = await givenEndpoint(store);
  for (let entry = 0; entry < 120; entry += 1) {
    const at = new Date(NOW.getTime() + entry * 100);
    await givenEvents(store, [entry % 2 === 0 ? shopId : newId('shp')], [{}], at);
  }
  expect(await fanOut({ store, clock })).toBe(60);
  expect(await unmarked()).toBe(0);
});

test('an event is never stored before an earlier event of its subject, even if clocks differ', async () => {
  const { shopId } = await givenEndpoint(store);
  const subjectId = newId('ord');
  // The first event is written by a process whose clock is 900 ms ahead. A page full of other
  // events has times in between.
  const ahead = new Date(NOW.getTime() + 900);
  await givenEvents(store, [shopId], [{ subjectId, seq: 2 }], ahead);
  await givenEvents(store, [shopId], [{ subjectId, seq: 3 }], NOW);
  for (let entry = 0; entry < 60; entry += 1) {
    await givenEvents(store, [shopId], [{}], new Date(NOW.getTime() + entry));
  }
  const stored: number[][] = [];
  const insertMany = store.webhookDeliveries.insertMany.bind(store.webhookDeliveries);
  const inserts = vi.spyOn(store.webhookDeliveries, 'insertMany');
  onTestFinished(() => inserts.mockRestore());
  inserts.mockImplementation((documents, options) => {
    const mine = documents.filter((delivery) => delivery.subjectId === subjectId);
    stored.push(mine.map(({ seq }) => seq));
    return insertMany(documents, options);
  });
  await fanOut({ store, clock });
  expect(stored.flat()).toEqual([2, 3]);
});

test('a shop sees its own order in a checkout of several shops, and no other shop’s products', async () => {
  const first = await givenEndpoint(store);
  const second = await givenEndpoint(store);
  const shopIds = [first.shopId, second.shopId];
  const subjectId = newId('chk');
  const orders = shopIds.map((shopId) => toOrderId(subjectId, shopId));
  const refusal = { code: 'out_of_stock', variantId: 'var_of_other', discountCode: 'OTHERS10' };
  await givenEvents(store, shopIds, [
    { type: 'checkout.placed', subjectId, seq: 1, data: { orders } },
    { type: 'checkout.rejected', subjectId: newId('chk'), seq: 1, data: refusal },
    { type: 'checkout.failed', subjectId: newId('chk'), seq: 1, data: { failure: 'E11000 …' } },
  ]);
  await fanOut({ store, clock });
  for (const [index, { shopId }] of [first, second].entries()) {
    const mine = (await payloads()).filter(({ data }) => data.shopId === shopId);
    expect(mine.map(({ type, data }) => [type, data])).toEqual([
      ['checkout.placed', { subjectId, seq: 1, shopId, orders: [orders[index]] }],
      ['checkout.rejected', expect.objectContaining({ code: 'out_of_stock' })],
      ['checkout.failed', expect.not.objectContaining({ failure: expect.anything() })],
    ]);
    const text = JSON.stringify(mine);
    const foreign = [shopIds[1 - index], orders[1 - index], 'var_of_other', 'OTHERS10', 'E11000'];
    for (const word of foreign) expect(text).not.toContain(word);
  }
});

test('the payload has the form that Standard Webhooks recommends', async () => {
  const { shopId } = await givenEndpoint(store);
  const subjectId = newId('ord');
  const data = { checkoutId: 'chk_1' };
  const entry = await givenEvents(store, [shopId], [{ subjectId, seq: 7, data }], NOW);
  await fanOut({ store, clock });
  expect(await payloads()).toEqual([
    {
      id: `${entry._id}-0`,
      type: 'order.confirmed',
      timestamp: NOW.toISOString(),
      version: 1,
      data: { subjectId, seq: 7, shopId, checkoutId: 'chk_1' },
    },
  ]);
});
