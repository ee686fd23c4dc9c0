import { afterAll, beforeAll, expect, test } from 'vitest';
import { givenForSale } from '../../api/testing/requests.ts';
import type { TestShop } from '../../api/testing/start-test-api.ts';
import { writable } from '../../shared/store/writable.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { readEvents } from '../rig/event-stream.ts';
import { type InProcessSystem, startInProcessSystem } from '../rig/in-process-system.ts';

interface Checkout {
  readonly id: string;
  readonly status: string;
  readonly orders: readonly {
    readonly id: string;
    readonly shopId: string;
    readonly total: number;
  }[];
  readonly rejection?: object;
  readonly timeline: readonly { readonly at: string; readonly step: string }[];
}

interface Line {
  readonly variantId: string;
  readonly quantity: number;
}

const namespace = testNamespace();
let system: InProcessSystem;
let storefront: TestShop;
let keys = 0;

beforeAll(async () => {
  system = await startInProcessSystem(namespace);
  storefront = await system.withScopes(system.shopB, ['checkouts:write', 'orders:write']);
});
afterAll(() => system.close());

async function accept(lines: readonly Line[], more: object = {}): Promise<string> {
  keys += 1;
  const headers = { 'idempotency-key': `path-${keys}` };
  const { body } = await storefront.post(
    '/v1/checkouts',
    { buyerId: 'b', lines, ...more },
    headers,
  );
  return body.id;
}

async function waitForOutcome(id: string): Promise<Checkout> {
  const { body } = await storefront.get<Checkout>(`/v1/checkouts/${id}`, { prefer: 'wait=20' });
  return body;
}

async function readLevel(variantId: string): Promise<object> {
  return (await system.shopA.get<object>(`/v1/inventory/${variantId}`)).body;
}

test('a checkout becomes an order that goes through its states', async () => {
  const { variantId } = await givenForSale(system.shopA, { onHand: 5, price: 1_200 });
  const lines = [
    { variantId, quantity: 1 },
    { variantId, quantity: 2 },
  ];
  const id = await accept(lines, { expectedTotal: 3_600 });
  const outcome = await waitForOutcome(id);
  expect(outcome).toMatchObject({
    id,
    status: 'placed',
    orders: [{ shopId: system.shopA.shopId, total: 3_600 }],
  });
  expect(outcome.timeline.map((entry) => entry.step)).toEqual([
    'received',
    'accepted',
    'picked_up',
    'placed',
  ]);
  const times = outcome.timeline.map((entry) => entry.at);
  expect(times).toEqual(times.toSorted());
  const orderId = outcome.orders[0]?.id ?? '';
  expect(await storefront.get(`/v1/orders/${orderId}`)).toMatchObject({
    status: 200,
    body: { checkoutId: id, status: 'pending', lines: [{ variantId, quantity: 3 }] },
  });
  expect(await readLevel(variantId)).toMatchObject({ onHand: 5, reserved: 3, available: 2 });
  for (const move of ['confirm', 'ship', 'deliver']) {
    expect((await system.shopA.post(`/v1/orders/${orderId}/${move}`)).status).toBe(200);
  }
  expect(await readLevel(variantId)).toMatchObject({
    onHand: 2,
    reserved: 0,
    available: 2,
    sold: 3,
  });
});

test('a checkout of products of two shops places one order with each shop', async () => {
  const productA = await givenForSale(system.shopA);
  const productB = await givenForSale(system.shopB);
  const variantIds = [productA.variantId, productB.variantId];
  const id = await accept(variantIds.map((variantId) => ({ variantId, quantity: 1 })));
  const { status, orders } = await waitForOutcome(id);
  expect(status).toBe('placed');
  expect(new Set(orders.map((order) => order.shopId))).toEqual(
    new Set([system.shopA.shopId, system.shopB.shopId]),
  );
});

test('a checkout with a line for more units than are available is rejected as a whole', async () => {
  const plenty = await givenForSale(system.shopA, { onHand: 5 });
  const few = await givenForSale(system.shopA, { onHand: 2 });
  const id = await accept([
    { variantId: plenty.variantId, quantity: 1 },
    { variantId: few.variantId, quantity: 3 },
  ]);
  expect(await waitForOutcome(id)).toMatchObject({
    status: 'rejected',
    orders: [],
    rejection: { code: 'out_of_stock', variantId: few.variantId, requested: 3, available: 2 },
  });
  expect(await readLevel(plenty.variantId)).toMatchObject({ reserved: 0, available: 5 });
});

test('rejects a checkout whose total differs from the expected total', async () => {
  const { variantId } = await givenForSale(system.shopA, { price: 500 });
  const id = await accept([{ variantId, quantity: 1 }], { expectedTotal: 499 });
  expect(await waitForOutcome(id)).toMatchObject({
    status: 'rejected',
    rejection: { code: 'price_changed' },
  });
});

test('an unconfirmed order expires and releases its units', async () => {
  const { variantId } = await givenForSale(system.shopA, { onHand: 1 });
  const { orders } = await waitForOutcome(await accept([{ variantId, quantity: 1 }]));
  const orderId = orders[0]?.id ?? '';
  await writable(system.context.store).orders.updateOne(
    { _id: orderId },
    { $set: { reservedUntil: new Date() } },
  );
  const readStatus = async () => {
    const { body } = await storefront.get<{ status: string }>(`/v1/orders/${orderId}`);
    return body.status;
  };
  await expect.poll(readStatus, { timeout: 15_000 }).toBe('expired');
  expect(await readLevel(variantId)).toMatchObject({ onHand: 1, reserved: 0, available: 1 });
  expect(await system.shopA.post(`/v1/orders/${orderId}/confirm`)).toMatchObject({
    status: 409,
    body: { code: 'invalid_transition', from: 'expired', move: 'confirm' },
  });
});

test('a client can follow a checkout as a stream of events until the checkout is final', async () => {
  const { variantId } = await givenForSale(system.shopA);
  const id = await accept([{ variantId, quantity: 1 }]);
  const url = `${system.url}/v1/checkouts/${id}/events`;
  const headers = { 'x-api-key': storefront.apiKey };
  const events = await readEvents(url, headers);
  const final = events.at(-1);
  expect(final).toMatchObject({ event: 'checkout', id: '2' });
  expect(JSON.parse(final?.data ?? '')).toEqual(await waitForOutcome(id));
  expect(events.length).toBeLessThanOrEqual(2);
  // A client that reconnects after the final event receives nothing more.
  const again = await fetch(url, { headers: { ...headers, 'last-event-id': '2' } });
  expect(again.status).toBe(204);
});

test('of forty waiting buyers, thirty get the thirty units and ten are rejected', async () => {
  const { variantId } = await givenForSale(system.shopA, { onHand: 30 });
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, async (_, buyer) =>
      waitForOutcome(await accept([{ variantId, quantity: 1 }], { buyerId: `b-${buyer}` })),
    ),
  );
  const placed = outcomes.filter(({ status }) => status === 'placed');
  const refused = outcomes.filter(({ status }) => status === 'rejected');
  expect([placed.length, refused.length]).toEqual([30, 10]);
  for (const { rejection } of refused) {
    expect(rejection).toEqual({ code: 'out_of_stock', variantId, requested: 1, available: 0 });
  }
  expect(await readLevel(variantId)).toMatchObject({ onHand: 30, reserved: 30, available: 0 });
});
