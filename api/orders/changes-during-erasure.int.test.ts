import { afterEach, expect, test, vi } from 'vitest';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { givenForSale } from '../testing/requests.ts';
import { openTestApi } from '../testing/start-test-api.ts';

const api = await openTestApi();
const { variantId } = await givenForSale(api.shopA, { onHand: 10 });
const shippingAddress = { name: 'Ada Secret', line1: '1 Secret Lane', city: 'Bath', country: 'GB' };
const personal = { shippingAddress, contact: { email: 'secret@example.org' }, note: 'My secret' };

afterEach(() => {
  vi.restoreAllMocks();
});

/** Posts a checkout of the buyer with personal data and returns its id. */
async function accept(buyerId: string): Promise<string> {
  const body = { buyerId, lines: [{ variantId, quantity: 1 }], ...personal };
  const headers = { 'idempotency-key': buyerId };
  return (await api.shopA.post<{ id: string }>('/v1/checkouts', body, headers)).body.id;
}

const erase = async (buyerId: string) =>
  (await api.shopA.post<object>(`/v1/buyers/${buyerId}/erase`)).body;

/** Runs `change` while the erasure looks for payloads, after it has selected its records. */
function duringErasure(change: () => Promise<unknown>): void {
  const { webhookDeliveries } = api.context.store;
  const find = webhookDeliveries.find.bind(webhookDeliveries);
  vi.spyOn(webhookDeliveries, 'find').mockImplementationOnce((...args) => {
    const cursor = find(...args);
    return Object.create(cursor, {
      toArray: { value: async () => change().then(() => cursor.toArray()) },
    });
  });
}

test('an order that takes its units again during an erasure keeps the data that sending needs', async () => {
  const { store, ledger } = api.context;
  const checkoutId = await accept('returning');
  const [settled] = await settleCheckouts(ledger, [checkoutId]);
  const orderId = settled?.orderIds[0] ?? '';
  await store.connection
    .collection<{ _id: string }>('orders')
    .updateOne({ _id: orderId }, { $set: { reservedUntil: new Date() } });
  await moveOrders(ledger, [{ orderId, move: 'expire', actor: 'system' }]);
  const confirm = { orderId, move: 'confirm', actor: 'test', isReacquiring: true } as const;
  duringErasure(async () => {
    expect(await moveOrders(ledger, [confirm])).toMatchObject([{ kind: 'moved' }]);
  });
  expect(await erase('returning')).toMatchObject({ kept: { orders: 1 } });
  expect((await api.shopA.get(`/v1/orders/${orderId}`)).body).toMatchObject(personal);
  await api.shopA.post(`/v1/orders/${orderId}/ship`);
  expect(await erase('returning')).toMatchObject({ erased: { orders: 1 }, kept: { orders: 0 } });
});

test('a checkout that is replayed during an erasure keeps its data and its mark until its outcome', async () => {
  const { store, ledger } = api.context;
  const id = await accept('replayed');
  const setStatus = (status: string) =>
    store.connection
      .collection<{ _id: string }>('checkouts')
      .updateOne({ _id: id }, { $set: { status } });
  await setStatus('failed');
  duringErasure(() => setStatus('queued'));
  const tries = vi.spyOn(store.checkouts, 'updateMany');
  const erasing = erase('replayed');
  await expect.poll(() => tries.mock.calls.length, { timeout: 5_000 }).toBeGreaterThan(1);
  expect(await store.checkouts.findOne({ _id: id })).toMatchObject(personal);
  expect(await store.personalCheckouts.countDocuments({ checkoutId: id })).toBe(1);
  await settleCheckouts(ledger, [id]);
  expect(await erasing).toMatchObject({ erased: { checkouts: 1 }, kept: { checkouts: 0 } });
  expect(await store.checkouts.findOne({ _id: id })).not.toHaveProperty('contact');
});
