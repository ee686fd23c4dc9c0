import { expect, test, vi } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { writable } from '../../shared/store/writable.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

interface Shown {
  readonly id: string;
  readonly rejection?: object;
  readonly problems?: readonly object[];
  readonly lines?: readonly object[];
}

const TTL_MS = 60_000;
const clock = manualClock();
const api = await openTestApi({ clock, reservationTtlMs: TTL_MS });
let keys = 0;

/** Returns what a buyer sees in a checkout, a review and a cart of these units. */
async function show(variantId: string, quantity: number, buyerId = 'holder', shop = api.shopA) {
  keys += 1;
  const body = { buyerId, lines: [{ variantId, quantity }] };
  const headers = { 'idempotency-key': `own-${keys}` };
  const { id } = (await shop.post<Shown>('/v1/checkouts', body, headers)).body;
  await settleCheckouts(api.context.ledger, [id]);
  const checkout = (await shop.get<Shown>(`/v1/checkouts/${id}`)).body;
  const review = (await shop.post<Shown>('/v1/checkouts/review', body)).body;
  const cart = (await shop.post<Shown>('/v1/carts', body)).body;
  return { id, shown: [checkout.rejection, review.problems?.[0], cart.lines?.[0]] };
}

async function givenHold({ onHand = 2, quantity = 2 } = {}) {
  const { variantId } = await givenForSale(api.shopA, { onHand });
  const options = { buyerId: 'holder', quantity };
  const { orderIds } = await givenOrders(api, api.shopA, [variantId], options);
  const [orderId = ''] = orderIds;
  const order = await api.context.store.orders.findOne({ _id: orderId });
  const until = order?.reservedUntil.toISOString();
  return { variantId, heldByYou: { orderId, quantity, until } };
}

test('checkout, review and cart show the buyer’s own order that holds the units', async () => {
  const { variantId, heldByYou } = await givenHold();
  const { shown } = await show(variantId, 1);
  expect(shown).toMatchObject([
    { code: 'out_of_stock', available: 0, heldByYou },
    { code: 'out_of_stock', variantId, heldByYou },
    { variantId, available: 0, heldByYou },
  ]);
});

test('the order that holds the most units is shown', async () => {
  const { variantId, heldByYou } = await givenHold({ onHand: 3, quantity: 2 });
  await givenOrders(api, api.shopA, [variantId], { buyerId: 'holder', quantity: 1 });
  const { shown } = await show(variantId, 3);
  expect(shown).toMatchObject([{ heldByYou }, { heldByYou }, { heldByYou }]);
});

test('the buyer’s own order is not shown if its units would not be enough, and never to other buyers', async () => {
  const { variantId } = await givenHold();
  const others = [
    await show(variantId, 3),
    await show(variantId, 1, 'another'),
    // The same buyer id at another storefront is another buyer.
    await show(variantId, 1, 'holder', api.shopB),
  ];
  for (const view of others.flatMap(({ shown }) => shown)) {
    expect(view).not.toHaveProperty('heldByYou');
  }
});

test('the buyer’s own order is shown only while it holds the units', async () => {
  const { variantId } = await givenHold();
  const { id, shown } = await show(variantId, 1);
  expect(shown[0]).toHaveProperty('heldByYou');
  clock.advance(TTL_MS);
  const later = (await api.shopA.get<Shown>(`/v1/checkouts/${id}`)).body;
  expect(later.rejection).toMatchObject({ code: 'out_of_stock' });
  expect(later.rejection).not.toHaveProperty('heldByYou');
});

test('an order of a draw is not shown, because its units would go to the next entry', async () => {
  const { variantId, heldByYou } = await givenHold();
  const drawn = { $set: { drawId: 'drw_1' } };
  await writable(api.context.store).orders.updateOne({ _id: heldByYou.orderId }, drawn);
  const { shown } = await show(variantId, 1);
  expect(shown).toMatchObject([
    { code: 'out_of_stock' },
    { code: 'out_of_stock' },
    { available: 0 },
  ]);
  for (const view of shown) expect(view).not.toHaveProperty('heldByYou');
});

test('concurrent refusals share a read, and each gets the holds of its own buyer', async () => {
  const { variantId, heldByYou } = await givenHold();
  const query = (buyerId: string, storefrontId = api.shopA.shopId) => ({
    buyer: { storefrontId, buyerId },
    now: clock.now(),
    shortages: [{ variantId, requested: 2, available: 0 }],
  });
  const { store, ownHolds } = api.context;
  const reads = vi.spyOn(store.orders, 'find');
  const others = Array.from({ length: 100 }, (_, index) => query(`other-${index}`));
  const queries = [...others, query('holder'), query('holder', api.shopB.shopId)];
  const results = await Promise.all(queries.map((holdQuery) => ownHolds.find(holdQuery)));
  expect(results.map((holds) => holds.get(variantId))).toEqual(
    queries.map((_, index) => (index === others.length ? heldByYou : undefined)),
  );
  expect(reads.mock.calls.length).toBeLessThan(5);
  reads.mockRestore();
});

test('an order of a draw counts for a purchase limit, unless it was placed before the days that the limit counts', async () => {
  const { variantId, heldByYou } = await givenHold();
  const orders = writable(api.context.store).orders;
  await orders.updateOne({ _id: heldByYou.orderId }, { $set: { drawId: 'drw_1' } });
  const now = clock.now();
  const find = async (after: Date) => {
    const limitOf = { itemId: variantId, after };
    const shortages = [{ variantId, requested: 1, available: 0, limitOf }];
    const buyer = { storefrontId: api.shopA.shopId, buyerId: 'holder' };
    return (await api.context.ownHolds.find({ buyer, now, shortages })).get(variantId);
  };
  expect(await find(new Date(now.getTime() - 1))).toEqual(heldByYou);
  expect(await find(now)).toBeUndefined();
});
