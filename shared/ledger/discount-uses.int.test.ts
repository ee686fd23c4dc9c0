import { beforeEach, expect, test } from 'vitest';
import type { DiscountRecord } from '../store/collections/discounts.ts';
import {
  givenCheckout,
  givenDiscount,
  givenLedger,
  givenVariants,
  toPricedLine,
  withDiscounts,
} from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { manualClock } from '../testing/manual-clock.ts';
import { clearStore, openTestStore } from '../testing/test-store.ts';
import { tryAgain } from '../testing/try-again.ts';
import { reconcile } from './judging/reconcile.ts';
import { takeVerdict } from './judging/verdict.ts';
import { moveOrders } from './move-orders.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const store = await openTestStore(testNamespace());
const TTL_MS = 1_000;
const clock = manualClock();
const ledger = givenLedger(store, { clock, reservationTtlMs: TTL_MS });

beforeEach(() => clearStore(store));

async function givenDiscountedVariant(terms: Partial<DiscountRecord>) {
  const [variant] = await givenVariants(store, [{ onHand: 100 }]);
  const discount = await givenDiscount(store, variant.shopId, terms);
  const buy = async (buyerKey: string) => {
    const terms = withDiscounts([toPricedLine(variant)], [discount], buyerKey);
    const { _id } = await givenCheckout(store, terms);
    const [settled] = await tryAgain(() => settleCheckouts(ledger, [_id]));
    return { outcome: settled?.rejection?.code ?? settled?.status, order: settled?.orderIds[0] };
  };
  const uses = async () => (await store.discounts.findOne({ _id: discount._id }))?.uses;
  return { discount, buy, uses };
}

async function move(orderId: string | undefined, name: 'confirm' | 'cancel' | 'expire') {
  const command = { orderId: orderId ?? '', move: name, actor: 'test' } as const;
  const [moved] = await tryAgain(() => moveOrders(ledger, [command]));
  return moved?.kind;
}

test('a placed order contains its discount, and the use is counted', async () => {
  const { buy, uses, discount } = await givenDiscountedVariant({ usageLimit: 1 });
  const { order } = await buy('ann');
  expect(await uses()).toBe(1);
  expect(await store.orders.findOne({ _id: order ?? '' })).toMatchObject({
    subtotal: 1_000,
    discount: 1,
    total: 999,
    buyerKey: 'ann',
    discounts: [{ discountId: discount._id, code: discount.code, amount: 1, version: 1 }],
  });
  expect((await buy('bob')).outcome).toBe('discount_exhausted');
});

test('cancelling a pending or confirmed order gives its use back once', async () => {
  const { buy, uses } = await givenDiscountedVariant({ usageLimit: 2, usageLimitPerBuyer: 1 });
  const pending = await buy('ann');
  const confirmed = await buy('bob');
  expect(await move(confirmed.order, 'confirm')).toBe('moved');
  expect(await uses()).toBe(2);
  for (const { order } of [pending, confirmed]) {
    expect(await move(order, 'cancel')).toBe('moved');
    expect(await move(order, 'cancel')).toBe('unchanged');
  }
  expect(await uses()).toBe(0);
  expect((await buy('ann')).outcome).toBe('placed');
  expect((await buy('ann')).outcome).toBe('discount_exhausted');
});

test('expiring an order gives its use back', async () => {
  const { buy, uses } = await givenDiscountedVariant({ usageLimit: 1 });
  const { order } = await buy('ann');
  clock.advance(TTL_MS);
  expect(await move(order, 'expire')).toBe('moved');
  expect(await uses()).toBe(0);
});

test('concurrent cancellations and redemptions count every use', async () => {
  const { buy, uses } = await givenDiscountedVariant({ usageLimit: 30 });
  const first = await Promise.all(Array.from({ length: 20 }, (_, n) => buy(`b${n}`)));
  await Promise.all([
    ...first.slice(0, 10).flatMap(({ order }) => [move(order, 'cancel'), move(order, 'cancel')]),
    ...Array.from({ length: 10 }, (_, n) => buy(`c${n}`)),
  ]);
  expect(await uses()).toBe(20);
  expect((await reconcile(ledger, { fix: false })).differences).toEqual([]);
});

test('a discount without a limit per buyer may be used repeatedly', async () => {
  const { buy, uses } = await givenDiscountedVariant({});
  for (let time = 0; time < 3; time += 1) expect((await buy('ann')).outcome).toBe('placed');
  expect(await uses()).toBe(3);
});

test('a use count that differs from the orders is drift, and reconcile repairs it', async () => {
  const { buy, uses, discount } = await givenDiscountedVariant({ usageLimit: 5 });
  await buy('ann');
  await store.discounts.updateOne({ _id: discount._id }, { $inc: { uses: 3 } });
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ drift: 1, ok: false });
  const { differences, repaired, left } = await reconcile(ledger, { fix: true });
  expect(differences).toEqual([{ discountId: discount._id, kind: 'uses', stored: 4, expected: 1 }]);
  expect(repaired).toEqual([{ discountId: discount._id, correction: -3, version: 2 }]);
  expect(left).toEqual([]);
  expect(await uses()).toBe(1);
  expect(await takeVerdict(store, { drained: true })).toMatchObject({ drift: 0, ok: true });
  const entry = await store.audit.findOne({ target: discount._id });
  expect(entry).toMatchObject({ action: 'ops.command', detail: { uses: 4, correctedBy: -3 } });
});

test('the uses of a deleted discount are reported as unrepairable', async () => {
  const { buy, discount } = await givenDiscountedVariant({});
  await buy('ann');
  await store.discounts.deleteOne({ _id: discount._id });
  const { unrepairable, left } = await reconcile(ledger, { fix: true });
  expect(unrepairable).toEqual([{ discountId: discount._id, reason: 'there is no such discount' }]);
  expect(left).toMatchObject([{ kind: 'discount_missing', expected: 1 }]);
});
