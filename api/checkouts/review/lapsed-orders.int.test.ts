import { expect, test } from 'vitest';
import { settleCheckouts } from '../../../shared/ledger/settle-checkouts.ts';
import { writable } from '../../../shared/store/writable.ts';
import { givenForSale } from '../../testing/requests.ts';
import { openTestApi } from '../../testing/start-test-api.ts';

const api = await openTestApi();
let keys = 0;

interface Review {
  readonly problems: readonly object[];
}
interface Cart {
  readonly lines: readonly { readonly available: number }[];
  readonly changes: readonly object[];
}

async function order(buyerId: string, variantId: string) {
  keys += 1;
  const body = { buyerId, lines: [{ variantId, quantity: 1 }] };
  const headers = { 'idempotency-key': `lapsed-${keys}` };
  const checkout = await api.shopA.post('/v1/checkouts', body, headers);
  const [settled] = await settleCheckouts(api.context.ledger, [checkout.body.id]);
  return { checkoutId: checkout.body.id, status: settled?.status };
}

async function readReviewAndCart(buyerId: string, variantId: string) {
  const body = { buyerId, lines: [{ variantId, quantity: 1 }] };
  const review = await api.shopA.post<Review>('/v1/checkouts/review', body);
  const cart = await api.shopA.post<Cart>('/v1/carts', body);
  return { problems: review.body.problems, cart: cart.body };
}

async function lapse(checkoutId: string): Promise<void> {
  const { orders } = writable(api.context.store);
  await orders.updateOne({ checkoutId }, { $set: { reservedUntil: new Date() } });
}

test('units of a lapsed order are available in reviews and carts, as for a checkout', async () => {
  const { variantId } = await givenForSale(api.shopA, { onHand: 1 });
  const { checkoutId } = await order('first', variantId);
  const beforeLapse = await readReviewAndCart('second', variantId);
  expect(beforeLapse.problems).toMatchObject([{ code: 'out_of_stock' }]);
  expect(beforeLapse.cart.lines).toMatchObject([{ available: 0 }]);
  await lapse(checkoutId);
  const afterLapse = await readReviewAndCart('second', variantId);
  expect(afterLapse.problems).toEqual([]);
  expect(afterLapse.cart.lines).toMatchObject([{ available: 1 }]);
  expect((await order('second', variantId)).status).toBe('placed');
});

test('a lapsed order of the buyer does not count towards the purchase limit', async () => {
  const { variantId, productId } = await givenForSale(api.shopA);
  const limit = { purchaseLimit: { quantity: 1 } };
  expect((await api.shopA.send('PATCH', `/v1/products/${productId}`, limit)).status).toBe(200);
  api.context.priceCache.forget(variantId);
  const { checkoutId } = await order('one', variantId);
  const beforeLapse = await readReviewAndCart('one', variantId);
  expect(beforeLapse.problems).toMatchObject([{ code: 'purchase_limit_reached' }]);
  expect(beforeLapse.cart.changes).toMatchObject([{ kind: 'purchase_limit_reached' }]);
  await lapse(checkoutId);
  const afterLapse = await readReviewAndCart('one', variantId);
  expect(afterLapse.problems).toEqual([]);
  expect(afterLapse.cart.changes).toEqual([]);
  expect((await order('one', variantId)).status).toBe('placed');
});
