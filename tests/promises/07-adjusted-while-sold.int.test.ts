import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_TIMEOUT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

const ROUNDS = promiseRuns(50, 1);
/** Adjustments and checkouts of one variant that run at the same time. */
const CONCURRENCY = 200;
const STOCK = 60;

const namespace = testNamespace();
let store: Store;
let system: System;

beforeAll(async () => {
  store = await openTestStore(namespace);
  system = await startSystem(namespace, { workers: 2 });
});
afterAll(() => system.stop());

/** Returns a delivery, a loss or a count. */
function toAdjustment(n: number): object {
  if (n % 10 === 1) return { set: STOCK + n, reason: 'stock-taking' };
  return { delta: n % 4 === 1 ? 3 : -2, reason: 'delivery or loss' };
}

test(
  `${CONCURRENCY} concurrent adjustments and checkouts of one variant leave no drift, in ${ROUNDS} rounds`,
  async () => {
    for (let round = 0; round < ROUNDS; round += 1) {
      const [variant] = await givenVariants(store, [{ onHand: STOCK }]);
      const { variantId, shopId } = variant;
      const front = storefront(system.apiUrl, await givenApiKey(store, shopId));
      const path = `/v1/inventory/${variantId}/adjustments`;
      const results = await runConcurrently(CONCURRENCY, CONCURRENCY, async (n) => {
        if (n % 2 === 0) {
          const { status } = await front.buy(`${round}-${n}`, [{ variantId, quantity: 1 }]);
          return { placed: status === 'placed' ? 1 : 0, onHand: 0, adjusted: 0 };
        }
        const { status, json } = await front.call('POST', path, toAdjustment(n));
        // Only an adjustment below the reserved units is refused.
        if (status === 409) expect(json['code']).toBe('stock_below_reserved');
        else expect(status).toBe(201);
        const { movement } = json as { movement?: { delta: { onHand: number } } };
        return { placed: 0, onHand: movement?.delta.onHand ?? 0, adjusted: status === 201 ? 1 : 0 };
      });
      const sum = (field: 'placed' | 'onHand' | 'adjusted') =>
        results.reduce((total, result) => total + result[field], 0);
      const level = await store.stock.findOne({ _id: variantId });
      expect(level).toMatchObject({
        onHand: STOCK + sum('onHand'),
        reserved: sum('placed'),
        sold: 0,
        // The first delivery, and one version for each acknowledged change.
        version: 1 + sum('placed') + sum('adjusted'),
      });
      expect(await store.movements.countDocuments({ variantId })).toBe(1 + sum('adjusted'));
      expect(sum('placed')).toBeGreaterThan(0);
      expect(sum('adjusted')).toBeGreaterThan(0);
      await expectVerdictOk(store);
    }
  },
  PROMISE_TIMEOUT_MS,
);
