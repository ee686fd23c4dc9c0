import { expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import { openTestApi } from '../../api/testing/start-test-api.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { givenBuyer } from './given-buyer.ts';

const api = await openTestApi();

/**
 * Creates a buyer with a pending order. `onCancel` runs just before the storefront cancels an
 * order.
 */
async function givenOrder(onCancel: (orderId: string) => Promise<unknown> = async () => undefined) {
  const { variantId } = await givenForSale(api.shopA);
  const { post } = await givenBuyer(api, async (target, init) => {
    const [, orderId] = /\/orders\/(\w+)\/cancel$/.exec(target) ?? [];
    if (orderId !== undefined) await onCancel(orderId);
    return fetch(target, init);
  });
  await post('/cart', { variantId });
  const checkoutId = (await post('/checkout')).headers.get('location')?.split('/').at(-1) ?? '';
  const [settled] = await settleCheckouts(api.context.ledger, [checkoutId]);
  return { post, orderId: settled?.orderIds[0] ?? '' };
}

const readStatus = async (orderId: string) =>
  (await api.shopA.get<{ status: string }>(`/v1/orders/${orderId}`)).body.status;

test('a buyer can cancel its own pending order, also twice, but no order of another buyer', async () => {
  const [own, other] = [await givenOrder(), await givenOrder()];
  expect((await other.post(`/orders/${own.orderId}/cancel`)).status).toBe(404);
  expect(await readStatus(own.orderId)).toBe('pending');
  for (let times = 0; times < 2; times += 1) {
    const answer = await own.post(`/orders/${own.orderId}/cancel`);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/orders']);
    expect(await readStatus(own.orderId)).toBe('cancelled');
  }
});

test('an order that is paid in the meantime stays paid', async () => {
  const { post, orderId } = await givenOrder((id) =>
    api.shopA.post(`/v1/orders/${id}/confirm`, { paymentReference: `pay-${id}` }),
  );
  const answer = await post(`/orders/${orderId}/cancel`);
  expect(answer.status).toBe(409);
  expect(await answer.text()).toContain('cannot cancel an order that is confirmed');
  expect(await readStatus(orderId)).toBe('confirmed');
});
