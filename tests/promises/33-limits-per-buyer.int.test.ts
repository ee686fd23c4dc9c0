import { describe, expect, test } from 'vitest';
import { moveOrders } from '../../shared/ledger/move-orders.ts';
import { settleCheckouts } from '../../shared/ledger/settle-checkouts.ts';
import { freePort } from '../../shared/services/processes/ports.ts';
import type { Store } from '../../shared/store/store.ts';
import {
  type GivenVariant,
  givenCheckouts,
  givenLedger,
  givenVariants,
  toPricedLine,
} from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { tryAgain } from '../../shared/testing/try-again.ts';
import { startChild } from '../rig/child.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const ROUNDS = promiseRuns(50, 1);
const BUYERS = promiseRuns(200, 24);
const CHECKOUTS_EACH = 5;
const LIMIT = 2;
const PLENTY = 1_000_000;
const CONCURRENCY = 100;
const SETTLERS = 8;
const BATCH = 5;
const TIMEOUT_MS = promiseRuns(3_600_000, 180_000);

/**
 * Creates two variants of one limited product. Their orders write different stock levels, so only
 * the purchase limit can make them conflict.
 */
function givenPair(store: Store) {
  const spec = { onHand: PLENTY, product: 'pair', productLimit: { quantity: LIMIT } };
  return givenVariants(store, [spec, spec]);
}

/** Counts the units of each buyer in orders that count towards the limit. */
async function countUnits(store: Store, productId: string): Promise<Map<string, number>> {
  const orders = await store.orders
    .find({ 'lines.productId': productId, status: { $nin: ['cancelled', 'expired'] } })
    .toArray();
  const units = new Map<string, number>();
  for (const { buyerId, lines } of orders) {
    for (const { quantity } of lines) units.set(buyerId, (units.get(buyerId) ?? 0) + quantity);
  }
  return units;
}

/** Every buyer wanted more than the limit allows, so each must have exactly the limit. */
async function expectExact(store: Store, productId: string) {
  const units = await countUnits(store, productId);
  expect(units.size).toBe(BUYERS);
  expect([...new Set(units.values())]).toEqual([LIMIT]);
}

describe('through two APIs and two workers', () => {
  const namespace = testNamespace();

  test(
    `${BUYERS} buyers × ${CHECKOUTS_EACH} parallel checkouts at limit ${LIMIT}, ${ROUNDS} rounds: each buyer gets exactly the limit; a cancelled unit can be bought again once`,
    async () => {
      const store = await openTestStore(namespace);
      const system = await startSystem(namespace, { workers: 2 });
      const port = String(await freePort());
      const second = await startChild('api/main.ts', { ...system.env, PORT: port });
      try {
        for (let round = 0; round < ROUNDS; round += 1) {
          const pair = await givenPair(store);
          const [{ shopId, productId }] = pair;
          const apiKey = await givenApiKey(store, shopId);
          const fronts = [system.apiUrl, `http://127.0.0.1:${port}`].map((url) =>
            storefront(url, apiKey),
          );
          const frontFor = (n: number) => {
            const front = fronts[n % 2];
            if (front === undefined) throw new RangeError('there is no such API');
            return front;
          };
          const buy = (n: number, buyerId: string) => {
            const variantId = pair[n % 2]?.variantId ?? '';
            return frontFor(Math.floor(n / 2)).buy(`r${round}-${n}`, [{ variantId, quantity: 1 }], {
              buyerId,
            });
          };
          const outcomes = await runConcurrently(BUYERS * CHECKOUTS_EACH, CONCURRENCY, (n) =>
            buy(n, `b${Math.floor(n / CHECKOUTS_EACH)}`),
          );
          const refused = outcomes.filter(({ status }) => status === 'rejected');
          expect(refused).toHaveLength(BUYERS * (CHECKOUTS_EACH - LIMIT));
          expect(new Set(refused.map(({ rejection }) => rejection?.code))).toEqual(
            new Set(['purchase_limit_reached']),
          );
          await expectExact(store, productId);

          const [placed] = outcomes.filter(({ status }) => status === 'placed');
          const orderId = placed?.orders[0]?.id ?? '';
          const { buyerId = '' } = (await store.orders.findOne({ _id: orderId })) ?? {};
          const cancels = await runConcurrently(CHECKOUTS_EACH, CHECKOUTS_EACH, (n) =>
            frontFor(n).call('POST', `/v1/orders/${orderId}/cancel`, { reason: 'test' }),
          );
          expect(new Set(cancels.map(({ status }) => status))).toEqual(new Set([200]));
          const firstKey = BUYERS * CHECKOUTS_EACH;
          const lateOutcomes = await runConcurrently(CHECKOUTS_EACH, CHECKOUTS_EACH, (n) =>
            buy(firstKey + n, buyerId),
          );
          expect(lateOutcomes.filter(({ status }) => status === 'placed')).toHaveLength(1);
          await expectExact(store, productId);
        }
        await expectVerdictOk(store);
      } finally {
        await second.stop();
        await system.stop();
      }
    },
    TIMEOUT_MS,
  );
});

describe('without any lock', () => {
  const namespace = testNamespace();

  /** Settles with settlers that conflict: the checkouts of a buyer are in different batches. */
  async function race(store: Store, pair: readonly GivenVariant[]) {
    const total = BUYERS * CHECKOUTS_EACH;
    const checkouts = await givenCheckouts(
      store,
      Array.from({ length: total }, (_, n) => {
        const variant = pair[Math.floor(n / BUYERS) % 2];
        if (variant === undefined) throw new RangeError('there is no such variant');
        return { lines: [toPricedLine(variant)], buyerId: `b${n % BUYERS}` };
      }),
    );
    const ids = checkouts.map(({ _id }) => _id);
    const ledger = givenLedger(store);
    const share = Math.ceil(total / SETTLERS);
    await Promise.all(
      Array.from({ length: SETTLERS }, async (_, settler) => {
        const ownIds = ids.slice(settler * share, (settler + 1) * share);
        for (let at = 0; at < ownIds.length; at += BATCH) {
          const batch = ownIds.slice(at, at + BATCH);
          await tryAgain(() => settleCheckouts(ledger, batch));
        }
      }),
    );
  }

  test(
    `${SETTLERS} settlers of two variants, ${ROUNDS} rounds: each buyer gets exactly the limit; an expired unit can be bought again once`,
    async () => {
      const store = await openTestStore(namespace);
      for (let round = 0; round < ROUNDS; round += 1) {
        const pair = await givenPair(store);
        const [{ productId }] = pair;
        await race(store, pair);
        await expectExact(store, productId);
        const order = await store.orders.findOne({ 'lines.productId': productId });
        if (order === null) throw new Error('nothing was sold');
        const clock = { now: () => order.reservedUntil };
        const expire = [{ orderId: order._id, move: 'expire', actor: 'system' }] as const;
        const ledgerAfterEnd = givenLedger(store, { clock });
        await Promise.all([1, 2, 3].map(() => moveOrders(ledgerAfterEnd, expire)));
        const again = await givenCheckouts(
          store,
          pair.map((variant) => ({ lines: [toPricedLine(variant)], buyerId: order.buyerId })),
        );
        const settled = await Promise.all(
          again.map(({ _id }) => settleCheckouts(givenLedger(store), [_id])),
        );
        const statuses = settled.flat().map(({ status }) => status);
        expect(statuses.toSorted()).toEqual(['placed', 'rejected']);
        await expectExact(store, productId);
      }
      await expectVerdictOk(store);
    },
    TIMEOUT_MS,
  );
});
