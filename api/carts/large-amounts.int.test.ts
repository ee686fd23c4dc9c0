import { afterAll, beforeAll, expect, test } from 'vitest';
import { PRICE_MAX } from '../../shared/contract/limits.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenForSale, variantRequest } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { givenCart, putLine, type ShownCart } from './testing/shown-cart.ts';

/** After this time cached prices are read again. */
const PRICE_AGE_MS = 1_001;
const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock });
});
afterAll(() => api.close());

const QUANTITY_MAX = AMOUNT_MAX / PRICE_MAX;
const refusal = { status: 422, body: { code: 'amount_too_large' } };

async function givenExpensiveVariant() {
  return (await givenForSale(api.shopA, { price: PRICE_MAX })).variantId;
}

test('no cart, checkout or review can have a subtotal above the maximum', async () => {
  const [variantId, otherId] = [await givenExpensiveVariant(), await givenExpensiveVariant()];
  const lines = (quantity: number) => [{ variantId, quantity }];
  const buyerId = 'b';
  const path = await givenCart(api.shopB);
  const key = { 'idempotency-key': 'too-large' };
  for (const answer of [
    await putLine(api.shopB, path, variantId, 1_000_000),
    await api.shopB.post(`${path}/lines`, { variantId, quantity: QUANTITY_MAX + 1 }),
    await api.shopB.post('/v1/carts', { buyerId, lines: lines(QUANTITY_MAX + 1) }),
    await api.shopB.post('/v1/carts', {
      buyerId,
      lines: [...lines(QUANTITY_MAX), { variantId: otherId, quantity: 1 }],
    }),
    await api.shopB.post('/v1/checkouts/review', { buyerId, lines: lines(1_000_000) }),
    await api.shopB.post('/v1/checkouts', { buyerId, lines: lines(QUANTITY_MAX + 1) }, key),
  ]) {
    expect(answer).toMatchObject(refusal);
  }
  expect((await api.shopB.get<ShownCart>(path)).body.lines).toEqual([]);
  expect(await putLine(api.shopB, path, variantId, QUANTITY_MAX)).toMatchObject({
    ...{ status: 200, body: { subtotal: AMOUNT_MAX, isAmountTooLarge: false } },
  });
  expect(await putLine(api.shopB, path, otherId, 1)).toMatchObject(refusal);
});

test('a cart that exceeds the maximum after a price rise shows its exact subtotal, cannot be checked out, and can be reduced', async () => {
  const { variantId, productId } = await givenForSale(api.shopA, { price: 1 });
  const path = await givenCart(api.shopB, [{ variantId, quantity: 1_000_000 }]);
  const variant = { id: variantId, ...variantRequest({ price: PRICE_MAX }) };
  const patched = await api.shopA.send('PATCH', `/v1/products/${productId}`, {
    variants: [variant],
  });
  expect(patched.status).toBe(200);
  clock.advance(PRICE_AGE_MS);
  const sum = 1_000_000 * PRICE_MAX;
  await expect
    .poll(async () => (await api.shopB.get<ShownCart>(path)).body)
    .toMatchObject({ subtotal: sum, isAmountTooLarge: true, lines: [{ total: sum }] });
  const cartId = path.slice('/v1/carts/'.length);
  expect(await api.shopB.post('/v1/checkouts/review', { cartId })).toMatchObject(refusal);
  const key = { 'idempotency-key': 'risen' };
  expect(await api.shopB.post('/v1/checkouts', { cartId }, key)).toMatchObject(refusal);
  expect(await putLine(api.shopB, path, variantId, QUANTITY_MAX)).toMatchObject({
    ...{ status: 200, body: { subtotal: AMOUNT_MAX, isAmountTooLarge: false } },
  });
});
