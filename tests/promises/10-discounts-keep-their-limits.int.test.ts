import { describe, expect, test } from 'vitest';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenDiscount,
  givenLedger,
  givenVariants,
  toPricedLine,
  withDiscounts,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const ROUNDS = promiseRuns(50, 1);
const BUYERS = promiseRuns(200, 80);
const USES = 10;
const PLENTY = 1_000_000;
const CONCURRENCY = 50;
/** Buyers who compete for the use that a cancellation returns. */
const LATE = promiseRuns(50, 20);
const LIMITS = { usageLimit: USES, usageLimitPerBuyer: 1 };
const SETTLERS = 8;
const BATCH = 5;
const TIMEOUT_MS = promiseRuns(900_000, 120_000);

async function countUses(store: Store, discountId: string): Promise<number | undefined> {
  return (await store.discounts.findOne({ _id: discountId }))?.uses;
}

/** Returns the buyers of the orders that currently use the discount. */
async function buyersUsing(store: Store, discountId: string): Promise<string[]> {
  const orders = await store.orders
    .find({ 'discounts.discountId': discountId, status: { $ne: 'cancelled' } })
    .toArray();
  return orders.map((order) => order.buyerId);
}

describe('through the API and two workers', () => {
  const namespace = testNamespace();

  test(
    `${BUYERS} buyers, ${USES} uses, 1 a buyer, ${ROUNDS} rounds: ${USES} buyers use the discount once each; a cancellation returns one use once`,
    async () => {
      const store = await openTestStore(namespace);
      const system = await startSystem(namespace, { workers: 2 });
      try {
        const [variant] = await givenVariants(store, [{ onHand: PLENTY }]);
        const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
        const lines = [{ variantId: variant.variantId, quantity: 1 }];
        for (let round = 0; round < ROUNDS; round += 1) {
          const { _id, code } = await givenDiscount(store, variant.shopId, LIMITS);
          const buy = (buyerId: string, name: string) =>
            front.buy(`r${round}-${name}`, lines, { buyerId, discountCodes: [code.toLowerCase()] });
          const buyerIds = Array.from({ length: 2 * BUYERS }, (_, n) => `r${round}-b${n % BUYERS}`);
          const outcomes = await runConcurrently(buyerIds.length, CONCURRENCY, (n) =>
            buy(buyerIds[n] ?? '', `${n}`),
          );
          const placed = outcomes.filter((outcome) => outcome.status === 'placed');
          const refused = outcomes.filter(
            ({ rejection }) => rejection?.code === 'discount_exhausted',
          );
          expect([placed.length, refused.length]).toEqual([USES, buyerIds.length - USES]);
          const buyers = await buyersUsing(store, _id);
          expect(new Set(buyers).size).toBe(USES);
          expect(await countUses(store, _id)).toBe(USES);

          const orderId = placed[0]?.orders[0]?.id;
          const cancels = await runConcurrently(5, 5, () =>
            front.call('POST', `/v1/orders/${orderId}/cancel`, { reason: 'test' }),
          );
          expect(new Set(cancels.map(({ status }) => status))).toEqual(new Set([200]));
          expect(await countUses(store, _id)).toBe(USES - 1);
          const lateOutcomes = await runConcurrently(LATE, CONCURRENCY, (n) =>
            buy(`r${round}-late${n}`, `late${n}`),
          );
          expect(lateOutcomes.filter(({ status }) => status === 'placed')).toHaveLength(1);
        }
        await expectVerdictOk(store);
      } finally {
        await system.stop();
      }
    },
    TIMEOUT_MS,
  );
});

describe('without any lock', () => {
  const namespace = testNamespace();

  async function race(store: Store, variant: GivenVariant, settlers: number) {
    const discount = await givenDiscount(store, variant.shopId, LIMITS);
    const checkouts = await givenCheckouts(
      store,
      Array.from({ length: BUYERS }, (_, n) => {
        const buyer = `b${n % (BUYERS / 2)}`;
        return { ...withDiscounts([toPricedLine(variant)], [discount], buyer), buyerId: buyer };
      }),
    );
    const ids = checkouts.map((checkout) => checkout._id);
    const ledger = givenLedger(store);
    await Promise.all(
      Array.from({ length: settlers }, async (_, settler) => {
        for (let at = settler * BATCH; at < ids.length; at += settlers * BATCH) {
          await settleCheckouts(ledger, ids.slice(at, at + BATCH));
        }
      }),
    );
    return discount._id;
  }

  test(
    `${SETTLERS} settlers that conflict with each other, ${ROUNDS} rounds: ${USES} buyers use the discount once each`,
    async () => {
      const store = await openTestStore(namespace);
      const [variant] = await givenVariants(store, [{ onHand: PLENTY }]);
      for (let round = 0; round < ROUNDS; round += 1) {
        const discountId = await race(store, variant, SETTLERS);
        const buyers = await buyersUsing(store, discountId);
        expect(buyers).toHaveLength(USES);
        expect(new Set(buyers).size).toBe(USES);
        expect(await countUses(store, discountId)).toBe(USES);
      }
      await expectVerdictOk(store);
    },
    TIMEOUT_MS,
  );
});
