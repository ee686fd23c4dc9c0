import { expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import {
  givenOrders,
  productRequest,
  type ShownProduct,
  variantRequest,
} from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

interface Level {
  readonly onHand: number;
  readonly reserved: number;
  readonly available: number;
}

const api = await openTestApi();

/** Creates a published product of two variants, the second with units in stock. */
async function givenTwoVariants(onHand: number) {
  const variants = [variantRequest(), variantRequest()];
  const { body } = await api.shopA.post<ShownProduct>('/v1/products', productRequest({ variants }));
  const [kept, removed] = body.variants.map(({ id }) => id);
  if (kept === undefined || removed === undefined) throw new Error('the product was not created');
  await setStock(removed, onHand);
  await api.shopA.post(`/v1/products/${body.id}/publish`);
  const remove = async () => {
    const changes = { variants: [{ ...variants[0], id: kept }] };
    expect((await api.shopA.send('PATCH', `/v1/products/${body.id}`, changes)).status).toBe(200);
  };
  return { removed, remove };
}

const setStock = (variantId: string, set: number) =>
  api.shopA.post(`/v1/inventory/${variantId}/adjustments`, { set, reason: 'count' });

async function placeQueued(variantId: string, key: string): Promise<string> {
  const body = { buyerId: 'buyer-1', lines: [{ variantId, quantity: 1 }] };
  const { body: accepted } = await api.shopB.post('/v1/checkouts', body, {
    'idempotency-key': key,
  });
  return accepted.id;
}

async function readOutcome(checkoutId: string) {
  await settleCheckouts(api.context.ledger, [checkoutId]);
  return (await api.shopB.get(`/v1/checkouts/${checkoutId}`)).body;
}

test.each([
  ['has units again', 5],
  ['has no units', 0],
])('a variant that was removed after acceptance and %s is not sold', async (_, unitsAfter) => {
  const { removed, remove } = await givenTwoVariants(3);
  const checkoutId = await placeQueued(removed, `removed-${unitsAfter}`);
  await setStock(removed, 0);
  await remove();
  await setStock(removed, unitsAfter);
  expect(await readOutcome(checkoutId)).toMatchObject({
    status: 'rejected',
    rejection: { code: 'product_unavailable', variantId: removed },
  });
  const { body } = await api.shopA.get<Level>(`/v1/inventory/${removed}`);
  expect(body).toMatchObject({ onHand: unitsAfter, reserved: 0 });
});

test('units returned by a cancelled order of a removed variant can be written off, and are not sold', async () => {
  const { removed, remove } = await givenTwoVariants(2);
  const { orderIds } = await givenOrders(api, api.shopB, [removed]);
  await api.shopA.post(`/v1/orders/${orderIds[0]}/confirm`);
  const checkoutId = await placeQueued(removed, 'written-off');
  await remove();
  await api.shopA.post(`/v1/orders/${orderIds[0]}/cancel`, { reason: 'damaged' });
  const { body } = await api.shopA.get<Level>(`/v1/inventory/${removed}`);
  expect(body).toMatchObject({ onHand: 2, available: 2 });
  expect(await readOutcome(checkoutId)).toMatchObject({
    rejection: { code: 'product_unavailable', variantId: removed },
  });
  expect((await setStock(removed, 0)).status).toBe(201);
});
