import { beforeEach, describe, expect, test } from 'vitest';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();
const { store, ledger } = api.context;
let product: Awaited<ReturnType<typeof givenForSale>>;
let keys = 0;

beforeEach(async () => {
  product = await givenForSale(api.shopA, { onHand: 10 });
});

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly orders: readonly { readonly id: string }[];
  readonly queue?: { readonly ahead: number };
}

const lines = () => [{ variantId: product.variantId, quantity: 1 }];
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const whenSoldOut = () => ({ whenSoldOut: { waitUntil: inMs(3_600_000) } });

async function buy(buyerId: string, more: object = {}): Promise<Shown> {
  keys += 1;
  const headers = { 'idempotency-key': `lapse-${keys}` };
  const body = { buyerId, lines: lines(), ...more };
  const { body: accepted } = await api.shopA.post<Shown>('/v1/checkouts', body, headers);
  await settleCheckouts(ledger, [accepted.id]);
  return (await api.shopA.get<Shown>(`/v1/checkouts/${accepted.id}`)).body;
}

/** Lets three orders of the buyer lapse and returns their ids. */
async function lapse(buyerId = 'ana'): Promise<string[]> {
  const orderIds: string[] = [];
  for (let lapsed = 0; lapsed < 3; lapsed += 1) {
    const { orders } = await buy(buyerId);
    const orderId = orders[0]?.id ?? '';
    await store.connection
      .collection<{ _id: string }>('orders')
      .updateOne({ _id: orderId }, { $set: { reservedUntil: new Date() } });
    await moveOrders(ledger, [{ orderId, move: 'expire', actor: 'system' }]);
    orderIds.push(orderId);
  }
  return orderIds;
}

test('the rejection names the product and the orders that lapsed', async () => {
  const lapsedOrderIds = await lapse();
  const { variantId, productId } = product;
  const code = 'too_many_lapsed_holds';
  expect(await buy('ana')).toMatchObject({
    status: 'rejected',
    rejection: { code, variantId, productId, requested: 1, lapsedOrderIds },
  });
  expect(await buy('ben')).toMatchObject({ status: 'placed' });
});

describe('before the checkout', () => {
  const review = async (more: object = {}) =>
    (await api.shopA.post('/v1/checkouts/review', { buyerId: 'ana', lines: lines(), ...more }))
      .body;

  test('a review lists the lapsed orders as a problem, unless the checkout may wait', async () => {
    const lapsedOrderIds = await lapse();
    const { variantId, productId } = product;
    const problem = { code: 'too_many_lapsed_holds', variantId, productId, requested: 1 };
    expect(await review()).toMatchObject({ problems: [{ ...problem, lapsedOrderIds }] });
    expect(await review(whenSoldOut())).toMatchObject({ problems: [] });
    expect(await review({ buyerId: 'ben' })).toMatchObject({ problems: [] });
  });

  test('a cart lists the line of the product as changed', async () => {
    await lapse();
    const body = { buyerId: 'ana', lines: lines() };
    const { variantId } = product;
    const change = { variantId, kind: 'too_many_lapsed_holds', before: 1, after: 0 };
    expect((await api.shopA.post('/v1/carts', body)).body).toMatchObject({ changes: [change] });
    const others = await api.shopA.post('/v1/carts', { ...body, buyerId: 'ben' });
    expect(others.body).toMatchObject({ changes: [] });
  });
});

test('checkouts of buyers with three lapsed orders wait behind those of other buyers, even later ones', async () => {
  await lapse();
  await lapse('zoe');
  await api.shopA.post(`/v1/inventory/${product.variantId}/adjustments`, {
    ...{ set: 0, reason: 'sold elsewhere' },
  });
  const statuses: string[] = [];
  for (const buyerId of ['ana', 'ben', 'zoe', 'eve']) {
    statuses.push((await buy(buyerId, whenSoldOut())).status);
  }
  expect(statuses).toEqual(Array(4).fill('waiting'));
  const places = async () => {
    const waiting = await store.checkouts.find({ status: 'waiting' }).toArray();
    const entries = await Promise.all(
      waiting.map(async ({ _id, buyerId }) => {
        const { body } = await api.shopA.get<Shown>(`/v1/checkouts/${_id}`);
        return [buyerId, body.queue?.ahead];
      }),
    );
    return Object.fromEntries(entries);
  };
  await expect.poll(places, { timeout: 10_000 }).toEqual({ ben: 0, eve: 1, ana: 2, zoe: 3 });
});
