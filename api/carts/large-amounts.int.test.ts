import { afterAll, beforeAll, expect, test } from 'vitest';
import { PRICE_MAX } from '../../shared/contract/limits.ts';
import { AMOUNT_MAX } from '../../shared/domain/money.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { manualClock } from '../../shared/testing/manual-clock.ts';
import { givenForSale, variantRequest } from '../testing/requests.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { givenCart, putLine, type ShownCart } from './testing/shown-cart.ts';

const PRICES_KNOWN_MS = 1_001;
const namespace = testNamespace();
const clock = manualClock();
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(namespace, { clock });
});
afterAll(() => api.close());

const FITS = AMOUNT_MAX / PRICE_MAX;
const refusal = { status: 422, body: { code: 'amount_too_large' } };

async function givenDear() {
  return (await givenForSale(api.shopA, { price: PRICE_MAX })).variantId;
}

test('no request can raise the subtotal above the maximum', async () => {
  const [one, other] = [await givenDear(), await givenDear()];
  const lines = (quantity: number) => [{ variantId: one, quantity }];
  const buyerId = 'b';
  const path = await givenCart(api.shopB);
  const key = { 'idempotency-key': 'too-large' };
  for (const answer of [
    await putLine(api.shopB, path, one, 1_000_000),
    await api.shopB.post(`${path}/lines`, { variantId: one, quantity: FITS + 1 }),
    await api.shopB.post('/v1/carts', { buyerId, lines: lines(FITS + 1) }),
    await api.shopB.post('/v1/carts', {
      buyerId,
      lines: [...lines(FITS), { variantId: other, quantity: 1 }],
    }),
    await api.shopB.post('/v1/checkouts/review', { buyerId, lines: lines(1_000_000) }),
    await api.shopB.post('/v1/checkouts', { buyerId, lines: lines(FITS + 1) }, key),
  ]) {
    expect(answer).toMatchObject(refusal);
  }
  expect((await api.shopB.get<ShownCart>(path)).body.lines).toEqual([]);
  expect(await putLine(api.shopB, path, one, FITS)).toMatchObject({
    ...{ status: 200, body: { subtotal: AMOUNT_MAX, isAmountTooLarge: false } },
  });
  expect(await putLine(api.shopB, path, other, 1)).toMatchObject(refusal);
});

test('a cart above the maximum after a price rise shows its exact subtotal, is flagged, and can be reduced', async () => {
  const { variantId, productId } = await givenForSale(api.shopA, { price: 1 });
  const path = await givenCart(api.shopB, [{ variantId, quantity: 1_000_000 }]);
  const variant = { id: variantId, ...variantRequest({ price: PRICE_MAX }) };
  const patched = await api.shopA.send('PATCH', `/v1/products/${productId}`, {
    variants: [variant],
  });
  expect(patched.status).toBe(200);
  clock.advance(PRICES_KNOWN_MS);
  const sum = 1_000_000 * PRICE_MAX;
  await expect
    .poll(async () => (await api.shopB.get<ShownCart>(path)).body)
    .toMatchObject({ subtotal: sum, isAmountTooLarge: true, lines: [{ total: sum }] });
  const cartId = path.slice('/v1/carts/'.length);
  expect(await api.shopB.post('/v1/checkouts/review', { cartId })).toMatchObject(refusal);
  const key = { 'idempotency-key': 'risen' };
  expect(await api.shopB.post('/v1/checkouts', { cartId }, key)).toMatchObject(refusal);
  expect(await putLine(api.shopB, path, variantId, FITS)).toMatchObject({
    ...{ status: 200, body: { subtotal: AMOUNT_MAX, isAmountTooLarge: false } },
  });
});
