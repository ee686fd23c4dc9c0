import { beforeEach, expect, test } from 'vitest';
import { adjustStock } from '../../shared/ledger/adjust-stock.ts';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import type { OrderCommand } from '../../shared/ledger/moving/order-command.ts';
import { parkCheckout, unparkCheckout } from '../../shared/ledger/park-checkout.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { newId, toOrderId } from '../../shared/runtime/ids.ts';
import type { DeliveryRecord } from '../../shared/store/collections/webhook-deliveries.ts';
import {
  type GivenVariant,
  givenCheckout,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { clearStore, openTestStore } from '../../shared/testing/test-store.ts';
import { givenEndpoint } from '../deliver-webhooks/testing/given-events.ts';
import { fanOut } from './fan-out.ts';

const store = await openTestStore(testNamespace());
const clock = { now: () => new Date() };
const ledger = givenLedger(store);
const address = { name: 'A', line1: 'B', city: 'C', postalCode: 'D', country: 'GB' };

let variant: GivenVariant;
let other: GivenVariant;
let storefrontId: string;

beforeEach(async () => {
  await clearStore(store);
  [variant] = await givenVariants(store, [{ onHand: 10 }]);
  [other] = await givenVariants(store, [{ onHand: 1 }]);
  storefrontId = newId('shp');
  for (const shopId of [variant.shopId, other.shopId, storefrontId]) {
    await givenEndpoint(store, { shopId });
  }
  await store.outbox.deleteMany({});
});

const queueCheckout = (lines: readonly { variant: GivenVariant; quantity: number }[]) =>
  givenCheckout(store, {
    lines: lines.map((line) => toPricedLine(line.variant, line.quantity)),
    storefrontId,
    shippingAddress: address,
  });

const move = (orderId: string, command: Partial<OrderCommand>) =>
  moveOrders(ledger, [{ orderId, move: 'confirm', actor: 'test', ...command }]);

/** Fans out, and returns the payloads for the shop, in order. */
async function payloadsFor(shopId: string) {
  await fanOut({ store, clock });
  const deliveries = await store.webhookDeliveries
    .find<DeliveryRecord>({ shopId })
    .sort({ _id: 1 })
    .toArray();
  return deliveries.map(({ payload }) => JSON.parse(payload));
}

test('the storefront and each seller receive the part of a checkout that they may see', async () => {
  const checkout = await queueCheckout([
    { variant, quantity: 2 },
    { variant: other, quantity: 1 },
  ]);
  await settleCheckouts(ledger, [checkout._id]);
  const shopIds = [variant.shopId, other.shopId];
  const orders = shopIds.map((shopId) => toOrderId(checkout._id, shopId));
  const [placed] = await payloadsFor(storefrontId);
  expect(placed).toMatchObject({
    type: 'checkout.placed',
    version: 1,
    data: {
      shopId: storefrontId,
      orders,
      checkout: {
        id: checkout._id,
        status: 'placed',
        lines: [{ variantId: variant.variantId, quantity: 2 }, { variantId: other.variantId }],
        shippingAddress: address,
      },
    },
  });
  expect(placed.data).not.toHaveProperty('order');
  for (const [index, shopId] of shopIds.entries()) {
    const [seen] = await payloadsFor(shopId);
    expect(seen).toMatchObject({
      type: 'checkout.placed',
      data: { orders: [orders[index]], order: { id: orders[index], status: 'pending', shopId } },
    });
    expect(seen.data).not.toHaveProperty('checkout');
    expect(JSON.stringify(seen)).not.toContain(orders[1 - index]);
  }
});

test('an order is sent as it was at each event, even if the event is sent late', async () => {
  const checkout = await queueCheckout([{ variant, quantity: 2 }]);
  await settleCheckouts(ledger, [checkout._id]);
  const orderId = toOrderId(checkout._id, variant.shopId);
  await move(orderId, { details: { paymentReference: 'pay_1' } });
  await move(orderId, { move: 'ship', details: { trackingReference: 'T-1', carrier: 'Post' } });
  await move(orderId, { move: 'deliver' });
  for (const shopId of [storefrontId, variant.shopId]) {
    const sent = (await payloadsFor(shopId)).filter(({ type }) => !type.startsWith('stock.'));
    const moves = sent.map(({ type, data }) => [type, data.order]);
    const common = { id: orderId, total: checkout.total, lines: [{ quantity: 2 }] };
    expect(moves.slice(1)).toMatchObject([
      ['order.confirmed', { ...common, status: 'confirmed', paymentReference: 'pay_1' }],
      [
        'order.shipped',
        { ...common, status: 'shipped', trackingReference: 'T-1', carrier: 'Post' },
      ],
      ['order.delivered', { ...common, status: 'delivered' }],
    ]);
    const steps = moves
      .slice(1)
      .map(([, order]) => order.history.map(({ status }: { status: string }) => status));
    expect(steps).toEqual([
      ['pending', 'confirmed'],
      ['pending', 'confirmed', 'shipped'],
      ['pending', 'confirmed', 'shipped', 'delivered'],
    ]);
    expect(moves[1]?.[1]).not.toHaveProperty('carrier');
    for (const { data } of sent) expect(data).not.toHaveProperty('state');
    const first = shopId === storefrontId ? sent[0].data.checkout : sent[0].data.order;
    expect(first.status).toBe(shopId === storefrontId ? 'placed' : 'pending');
    expect(sent[0].data.order ?? {}).not.toHaveProperty('paymentReference');
  }
});

test('the storefront receives the details of a refusal or failure, and sellers only the code', async () => {
  const greedy = await queueCheckout([
    { variant, quantity: 1 },
    { variant: other, quantity: 5 },
  ]);
  await settleCheckouts(ledger, [greedy._id]);
  const parked = await queueCheckout([{ variant, quantity: 1 }]);
  await parkCheckout(ledger, parked._id, 'E11000 …');
  await unparkCheckout(ledger, parked._id);
  await settleCheckouts(ledger, [parked._id]);
  const sent = await payloadsFor(storefrontId);
  expect(sent.map(({ type }) => type)).toEqual([
    'checkout.rejected',
    'checkout.failed',
    'checkout.placed',
  ]);
  const rejection = { code: 'out_of_stock', variantId: other.variantId };
  expect(sent[0].data).toMatchObject({
    ...rejection,
    checkout: { status: 'rejected', rejection: { ...rejection, requested: 5, available: 1 } },
  });
  expect(sent[1].data.checkout).toMatchObject({ status: 'failed', failure: expect.any(String) });
  expect(sent[2].data.checkout).toMatchObject({ status: 'placed' });
  expect(JSON.stringify(sent)).not.toContain('E11000');
  const [seen] = await payloadsFor(variant.shopId);
  expect(Object.keys(seen.data).sort()).toEqual(['code', 'seq', 'shopId', 'subjectId']);
});

test('stock events have the level at the event and go to the seller only', async () => {
  const { variantId, productId, shopId } = variant;
  const adjust = (set: number) =>
    adjustStock(ledger, [
      {
        movementId: newId('mov'),
        variantId,
        productId,
        amount: { set },
        onHandMax: 100,
        reason: 'count',
        actor: 'a',
      },
    ]);
  await adjust(7);
  await adjust(9);
  expect((await payloadsFor(shopId)).map(({ data }) => data)).toMatchObject([
    {
      productId,
      onHandDelta: -3,
      reason: 'count',
      level: { variantId, productId, onHand: 7, available: 7, lowStockThreshold: null },
    },
    { onHandDelta: 2, level: { onHand: 9, available: 9 } },
  ]);
  const [first, second] = await payloadsFor(shopId);
  expect([first.data.level.version, second.data.level.version]).toEqual([
    first.data.seq,
    second.data.seq,
  ]);
  expect(await payloadsFor(storefrontId)).toEqual([]);
});
