import { afterAll, beforeAll, expect, test } from 'vitest';
import { testNamespace } from '../../shared/testing/harness.ts';
import { givenForSale, givenOrders } from '../testing/requests.ts';
import { startTestApi, type TestApi, type TestShop } from '../testing/start-test-api.ts';

interface ShownOrder {
  readonly id: string;
  readonly status: string;
  readonly paymentReference?: string;
  readonly trackingReference: string;
  readonly carrier?: string;
  readonly history: readonly object[];
}

const namespace = testNamespace();
let api: TestApi;
let storefront: TestShop;

beforeAll(async () => {
  api = await startTestApi(namespace);
  storefront = await api.withScopes(api.shopB, ['checkouts:write', 'orders:write']);
});
afterAll(() => api.close());

async function givenOrderIds(count: number, shop: TestShop = api.shopA): Promise<string[]> {
  const { variantId } = await givenForSale(shop, { onHand: 1_000 });
  const ids: string[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push(...(await givenOrders(api, storefront, [variantId])).orderIds);
  }
  return ids;
}

async function givenConfirmed(count: number, shop: TestShop = api.shopA): Promise<string[]> {
  const ids = await givenOrderIds(count, shop);
  for (const id of ids) await shop.post(`/v1/orders/${id}/confirm`);
  return ids;
}

const readOrder = async (id: string) => (await storefront.get<ShownOrder>(`/v1/orders/${id}`)).body;

let references = 0;
function newReference(): string {
  references += 1;
  return `JD-${references}`;
}

test('a payment reference is recorded once: repeating it changes nothing, and another reference is refused', async () => {
  const [id] = await givenOrderIds(1);
  const path = `/v1/orders/${id}/confirm`;
  const first = await api.shopA.post<ShownOrder>(path, { paymentReference: ' pay-1 ' });
  expect(first).toMatchObject({ status: 200, body: { paymentReference: 'pay-1' } });
  for (const again of [{ paymentReference: 'pay-1' }, {}, undefined]) {
    expect(await api.shopA.post(path, again)).toMatchObject({ status: 200, body: first.body });
  }
  expect(await api.shopA.post(path, { paymentReference: 'pay-2' })).toMatchObject({
    status: 409,
    body: {
      code: 'invalid_transition',
      from: 'confirmed',
      move: 'confirm',
      paymentReference: 'pay-1',
      detail: expect.stringContaining('"pay-1"'),
    },
  });
  const { history, ...fields } = await readOrder(id ?? '');
  expect({ ...fields, history: history.slice(0, 2) }).toEqual(first.body);
  expect(history.slice(2)).toMatchObject([{ kind: 'payment_unmatched', status: 'confirmed' }]);
});

test('a payment reference after the confirmation is refused, as it would be a second payment', async () => {
  const [id] = await givenConfirmed(1);
  const late = await api.shopA.post(`/v1/orders/${id}/confirm`, { paymentReference: 'late' });
  expect(late).toMatchObject({ status: 409, body: { code: 'invalid_transition' } });
  expect(await readOrder(id ?? '')).not.toHaveProperty('paymentReference');
});

test('one of four concurrent confirmations with different payments succeeds, and the refusals of the others name its payment', async () => {
  const [id] = await givenOrderIds(1);
  const answers = await Promise.all(
    ['a', 'b', 'c', 'd'].map((paymentReference) =>
      api.shopA.post<ShownOrder>(`/v1/orders/${id}/confirm`, { paymentReference }),
    ),
  );
  const paid = answers.filter(({ status }) => status === 200);
  expect(paid).toHaveLength(1);
  const recorded = paid[0]?.body.paymentReference;
  for (const { status, body } of answers) {
    if (status !== 200) expect(body).toMatchObject({ paymentReference: recorded });
  }
});

test('each order has its own tracking reference until it is shipped with a reference of the carrier', async () => {
  const ids = await givenConfirmed(5);
  const before = await Promise.all(ids.map(readOrder));
  expect(new Set(before.map((order) => order.trackingReference)).size).toBe(ids.length);
  const trackingReference = newReference();
  const path = `/v1/orders/${ids[0]}/ship`;
  const sent = await api.shopA.post<ShownOrder>(path, { trackingReference, carrier: 'Royal Mail' });
  expect(sent).toMatchObject({
    status: 200,
    body: { status: 'shipped', trackingReference, carrier: 'Royal Mail' },
  });
  expect((await api.shopA.post(path, { trackingReference })).body).toEqual(sent.body);
  expect(await api.shopA.post(path, { trackingReference: newReference() })).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', trackingReference, carrier: 'Royal Mail' },
  });
  const plain = await api.shopA.post<ShownOrder>(`/v1/orders/${ids[1]}/ship`);
  expect(plain.body.trackingReference).toBe(before[1]?.trackingReference);
});

test('a tracking reference of another order of the shop is refused, and the order does not change', async () => {
  const [firstId, secondId] = await givenConfirmed(2);
  const [foreign] = await givenConfirmed(1, api.shopB);
  const trackingReference = newReference();
  const body = { trackingReference };
  expect((await api.shopA.post(`/v1/orders/${firstId}/ship`, body)).status).toBe(200);
  const before = await readOrder(secondId ?? '');
  expect(await api.shopA.post(`/v1/orders/${secondId}/ship`, body)).toMatchObject({
    status: 409,
    body: { code: 'tracking_reference_taken', errors: [{ path: 'trackingReference' }] },
  });
  expect(await readOrder(secondId ?? '')).toEqual(before);
  // The carrier of another shop may use the same number.
  expect((await api.shopB.post(`/v1/orders/${foreign}/ship`, body)).status).toBe(200);
  expect((await api.shopA.post(`/v1/orders/${secondId}/ship`)).status).toBe(200);
});

test('a shipment with a taken reference does not affect other moves in its transaction', async () => {
  const [taken, ...ids] = await givenConfirmed(21);
  const trackingReference = newReference();
  await api.shopA.post(`/v1/orders/${taken}/ship`, { trackingReference });
  const takenIndexes = new Set([3, 4, 11]);
  const answers = await Promise.all(
    ids.map((id, index) =>
      api.shopA.post<ShownOrder>(`/v1/orders/${id}/ship`, {
        trackingReference: takenIndexes.has(index) ? trackingReference : newReference(),
      }),
    ),
  );
  expect(answers.map(({ status }) => status)).toEqual(
    ids.map((_, n) => (takenIndexes.has(n) ? 409 : 200)),
  );
  const statuses = await Promise.all(ids.map(async (id) => (await readOrder(id)).status));
  expect(statuses).toEqual(ids.map((_, n) => (takenIndexes.has(n) ? 'confirmed' : 'shipped')));
});

test('of many orders that are shipped concurrently with the same reference only one is shipped', async () => {
  const ids = await givenConfirmed(12);
  const trackingReference = newReference();
  const answers = await Promise.all(
    ids.map((id) => api.shopA.post(`/v1/orders/${id}/ship`, { trackingReference })),
  );
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(11).fill(409)]);
});

test('a reference that the system generated can be set only on its own order', async () => {
  const [firstId, secondId] = await givenConfirmed(2);
  const { trackingReference } = await readOrder(firstId ?? '');
  for (const reference of [trackingReference, trackingReference.toLowerCase()]) {
    const answer = await api.shopA.post(`/v1/orders/${secondId}/ship`, {
      trackingReference: reference,
    });
    expect(answer).toMatchObject({
      status: 400,
      body: { errors: [{ path: 'trackingReference' }] },
    });
  }
  expect((await api.shopA.post(`/v1/orders/${firstId}/ship`, { trackingReference })).status).toBe(
    200,
  );
});

test.each([
  ['confirm', { paymentReference: '' }, 'paymentReference'],
  ['confirm', { paymentReference: ' ' }, 'paymentReference'],
  ['confirm', { paymentReference: 'x'.repeat(101) }, 'paymentReference'],
  ['confirm', { paymentReference: 7 }, 'paymentReference'],
  ['confirm', { paymentReference: { $gt: '' } }, 'paymentReference'],
  ['confirm', { paymentReference: null }, 'paymentReference'],
  ['confirm', { trackingReference: 'JD' }, 'trackingReference'],
  ['ship', { trackingReference: '' }, 'trackingReference'],
  ['ship', { trackingReference: 'x'.repeat(101) }, 'trackingReference'],
  ['ship', { trackingReference: 'JD<script>' }, 'trackingReference'],
  ['ship', { trackingReference: 'JD\n2' }, 'trackingReference'],
  ['ship', { carrier: ' ' }, 'carrier'],
  ['ship', { carrier: 'x'.repeat(101) }, 'carrier'],
  ['ship', { paymentReference: 'pay-1' }, 'paymentReference'],
])('%s with %j is refused, and the order does not change', async (move, body, path) => {
  const [id] = move === 'ship' ? await givenConfirmed(1) : await givenOrderIds(1);
  const before = await readOrder(id ?? '');
  expect(await api.shopA.post(`/v1/orders/${id}/${move}`, body)).toMatchObject({
    status: 400,
    body: { code: 'invalid_request', errors: [{ path }] },
  });
  expect(await readOrder(id ?? '')).toEqual(before);
});
