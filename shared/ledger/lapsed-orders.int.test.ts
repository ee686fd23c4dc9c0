import { beforeEach, expect, test } from 'vitest';
import { ON_HAND_MAX } from '../contract/limits.ts';
import { newId } from '../runtime/ids.ts';
import type { OrderRecord } from '../store/collections/orders.ts';
import { writable } from '../store/writable.ts';
import {
  givenCheckout,
  givenCheckouts,
  givenDiscount,
  givenLedger,
  givenVariants,
  toPricedLine,
  withDiscounts,
} from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { adjustAllOrNone, adjustStock } from './adjust-stock.ts';
import { expireOrders, withoutLapsed } from './expire-orders.ts';
import { takeVerdict } from './judging/verdict.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const TTL_MS = 1_000;
const HOUR_MS = 3_600_000;
const store = await openTestStore(testNamespace());
const clock = manualClock();
const ledger = givenLedger(store, { clock, reservationTtlMs: TTL_MS });

beforeEach(() => clearStore(store));

type Wanted = Parameters<typeof givenCheckout>[1];

async function buy(wanted: Wanted) {
  const { _id } = await givenCheckout(store, { receivedAt: clock.now(), ...wanted });
  const [settled] = await settleCheckouts(ledger, [_id]);
  return settled;
}

const readOrder = async (orderId = '') => store.orders.findOne<OrderRecord>({ _id: orderId });

async function expectSound() {
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ ok: true });
}

test('a checkout gets the units of a lapsed order, which expires first', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 3 }]);
  const first = await buy({ lines: [toPricedLine(variant, 2)] });
  clock.advance(TTL_MS);
  expect(await buy({ lines: [toPricedLine(variant, 3)] })).toMatchObject({ status: 'placed' });
  const lapsed = await readOrder(first?.orderIds[0]);
  expect(lapsed).toMatchObject({ status: 'expired' });
  expect(lapsed?.history.at(-1)).toMatchObject({
    ...{ status: 'expired', actor: 'system', reason: 'not confirmed in time' },
  });
  const expired = await store.outbox.countDocuments({ 'events.type': 'order.expired' });
  expect(expired).toBe(1);
  await expectSound();
});

test('an order that holds its units for one more millisecond keeps them', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const first = await buy({ lines: [toPricedLine(variant)] });
  clock.advance(TTL_MS - 1);
  expect(await buy({ lines: [toPricedLine(variant)] })).toMatchObject({
    rejection: { code: 'out_of_stock', available: 0 },
  });
  expect(await readOrder(first?.orderIds[0])).toMatchObject({ status: 'pending' });
  await expectSound();
});

test('lapsed orders whose units are not needed are left to the sweep', async () => {
  const [plenty, other] = await givenVariants(store, [{ onHand: 9 }, { onHand: 1 }]);
  const first = await buy({ lines: [toPricedLine(plenty)] });
  clock.advance(TTL_MS);
  expect(await buy({ lines: [toPricedLine(plenty)] })).toMatchObject({ status: 'placed' });
  const tooMuch = await buy({ lines: [toPricedLine(other, 2)] });
  expect(tooMuch).toMatchObject({ status: 'rejected' });
  expect(await readOrder(first?.orderIds[0])).toMatchObject({ status: 'pending' });
});

test('older lapsed orders of another variant of the product stay pending', async () => {
  const spec = { onHand: 1, product: 'one' };
  const [variant, sister] = await givenVariants(store, [spec, spec]);
  const older = await buy({ lines: [toPricedLine(sister)] });
  clock.advance(1);
  await buy({ lines: [toPricedLine(variant)] });
  clock.advance(TTL_MS);
  expect(await buy({ lines: [toPricedLine(variant)] })).toMatchObject({ status: 'placed' });
  expect(await readOrder(older?.orderIds[0])).toMatchObject({ status: 'pending' });
  await expectSound();
});

test('for a purchase limit, only lapsed orders of the same buyer expire', async () => {
  const spec = { onHand: 9, product: 'one', productLimit: { quantity: 1 } };
  const [variant, sister] = await givenVariants(store, [spec, spec]);
  const others = await buy({ lines: [toPricedLine(variant)], buyerId: 'bob' });
  const own = await buy({ lines: [toPricedLine(sister)], buyerId: 'ana' });
  clock.advance(TTL_MS);
  const wanted = { lines: [toPricedLine(variant)], buyerId: 'ana' };
  expect(await buy(wanted)).toMatchObject({ status: 'placed' });
  expect(await readOrder(own?.orderIds[0])).toMatchObject({ status: 'expired' });
  expect(await readOrder(others?.orderIds[0])).toMatchObject({ status: 'pending' });
  await expectSound();
});

test.each([{ usageLimit: 1 }, { usageLimitPerBuyer: 1 }])(
  'a lapsed order does not use up a code with %o',
  async (limit) => {
    const [variant] = await givenVariants(store, [{ onHand: 9 }]);
    const discount = await givenDiscount(store, variant.shopId, limit);
    const wanted = () => withDiscounts([toPricedLine(variant)], [discount], 'shp/me');
    await buy(wanted());
    expect(await buy(wanted())).toMatchObject({ rejection: { code: 'discount_exhausted' } });
    clock.advance(TTL_MS);
    expect(await buy(wanted())).toMatchObject({ status: 'placed' });
    await expectSound();
  },
);

test('more lapsed orders than one round expires block no checkout', async () => {
  const HOLDS = 300;
  const [variant] = await givenVariants(store, [{ onHand: HOLDS }]);
  const lines = [toPricedLine(variant)];
  const holds = await givenCheckouts(
    store,
    Array.from({ length: HOLDS }, (_, n) => {
      return { lines, receivedAt: clock.now(), buyerId: `b${n}` };
    }),
  );
  await settleCheckouts(
    ledger,
    holds.map(({ _id }) => _id),
  );
  clock.advance(TTL_MS);
  expect(await buy({ lines: [toPricedLine(variant, HOLDS)] })).toMatchObject({ status: 'placed' });
  expect(await store.orders.countDocuments({ status: 'expired' })).toBe(HOLDS);
  await expectSound();
});

test('lapsed orders expire even if another lapsed order cannot be expired', async () => {
  const [variant, other] = await givenVariants(store, [{ onHand: 1 }, { onHand: 1 }]);
  const broken = await buy({ lines: [toPricedLine(variant)] });
  await buy({ lines: [toPricedLine(other)] });
  clock.advance(TTL_MS);
  // The level then has no reserved units, so the order cannot expire.
  await writable(store).stock.updateOne(
    { _id: variant.variantId },
    { $set: { onHand: 0, reserved: 0 } },
  );
  const wanted = await givenCheckouts(store, [
    { lines: [toPricedLine(variant)], receivedAt: clock.now() },
    { lines: [toPricedLine(other)], receivedAt: clock.now() },
  ]);
  const settled = await settleCheckouts(
    ledger,
    wanted.map(({ _id }) => _id),
  );
  expect(settled.map(({ status }) => status).sort()).toEqual(['placed', 'rejected']);
  expect(await readOrder(broken?.orderIds[0])).toMatchObject({ status: 'pending' });
});

test('an attempt is not final if another process has expired the lapsed orders', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const { productId } = variant;
  const _id = (await buy({ lines: [toPricedLine(variant)] }))?.orderIds[0] ?? '';
  clock.advance(TTL_MS);
  const attempt = { lapsed: [{ _id, lineCount: 1, productIds: [productId] }] };
  await expireOrders(ledger, attempt.lapsed);
  const finality: boolean[] = [];
  await withoutLapsed(ledger, async (isFinal) => {
    finality.push(isFinal);
    return finality.length < 4 ? attempt : { done: undefined };
  });
  expect(finality).toEqual([false, false, false, false]);
});

test('an expired order reacquires its units from a lapsed order', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 1 }]);
  const first = (await buy({ lines: [toPricedLine(variant)] }))?.orderIds[0] ?? '';
  clock.advance(TTL_MS);
  const second = await buy({ lines: [toPricedLine(variant)] });
  const confirm = () =>
    moveOrders(ledger, [{ orderId: first, move: 'confirm', actor: 'test', isReacquiring: true }]);
  expect(await confirm()).toMatchObject([
    { kind: 'refused', rejection: { code: 'out_of_stock', requested: 1, available: 0 } },
  ]);
  clock.advance(TTL_MS);
  expect(await confirm()).toMatchObject([{ kind: 'moved', order: { status: 'confirmed' } }]);
  expect(await readOrder(second?.orderIds[0])).toMatchObject({ status: 'expired' });
  expect(await store.movements.find({ reference: first }).toArray()).toMatchObject([
    { kind: 'expire', delta: { onHand: 0, reserved: -1, sold: 0 } },
    { kind: 'reacquire', delta: { onHand: -1, reserved: 0, sold: 1 } },
  ]);
  await expectSound();
});

test.each([
  ['adjustStock', adjustStock],
  ['adjustAllOrNone', adjustAllOrNone],
])('%s takes the units of a lapsed order, which expires first', async (_, adjust) => {
  const [shirt, lamp] = await givenVariants(store, [{ onHand: 1 }, { onHand: 1 }]);
  const first = await buy({ lines: [toPricedLine(shirt), toPricedLine(lamp)] });
  const commands = [shirt, lamp].map(({ variantId, productId }) => ({
    ...{ movementId: newId('mov'), variantId, productId, amount: { set: 0 } },
    ...{ reason: 'counted', actor: 'test', onHandMax: ON_HAND_MAX },
  }));
  clock.advance(TTL_MS - 1);
  expect(await adjust(ledger, commands)).toMatchObject([
    ...[{ code: 'stock_below_reserved' }, { code: 'stock_below_reserved' }],
  ]);
  expect(await readOrder(first?.orderIds[0])).toMatchObject({ status: 'pending' });
  clock.advance(1);
  expect(await adjust(ledger, commands)).toMatchObject([
    ...[{ kind: 'adjusted' }, { kind: 'adjusted' }],
  ]);
  expect(await readOrder(first?.orderIds[0])).toMatchObject({ status: 'expired' });
  await expectSound();
});

test('under a limit with days, an order counts from the time it reacquired its units', async () => {
  const [variant] = await givenVariants(store, [{ onHand: 9, limit: { quantity: 1, days: 1 } }]);
  const wanted = { lines: [toPricedLine(variant)], buyerId: 'ana' };
  const orderId = (await buy(wanted))?.orderIds[0] ?? '';
  clock.advance(20 * HOUR_MS);
  await expireOrders(ledger, [{ _id: orderId, lineCount: 1, productIds: [variant.productId] }]);
  const again = { orderId, move: 'confirm', actor: 'test', isReacquiring: true } as const;
  expect(await moveOrders(ledger, [again])).toMatchObject([{ kind: 'moved' }]);
  clock.advance(24 * HOUR_MS - 1);
  expect(await buy(wanted)).toMatchObject({
    ...{ status: 'rejected', rejection: { code: 'purchase_limit_reached', bought: 1 } },
  });
  clock.advance(1);
  expect(await buy(wanted)).toMatchObject({ status: 'placed' });
  await expectSound();
});
