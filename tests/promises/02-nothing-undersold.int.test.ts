import { describe, expect, test } from 'vitest';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const BUYERS = promiseRuns(500, 75);
const STOCK = promiseRuns(200, 30);
const CONCURRENCY = 32;
const CANCELLED = promiseRuns(50, 8);

describe.each([{ workers: 1 }, { workers: promiseRuns(4, 2) }])(
  'with $workers worker(s)',
  ({ workers }) => {
    const namespace = testNamespace();

    test(`${BUYERS} buyers of ${STOCK} units: ${STOCK} are placed, and cancelled units can be bought again`, async () => {
      const store = await openTestStore(namespace);
      const system = await startSystem(namespace, { workers });
      try {
        const [variant] = await givenVariants(store, [{ onHand: STOCK }]);
        const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
        const lines = [{ variantId: variant.variantId, quantity: 1 }];
        const outcomes = await runConcurrently(BUYERS, CONCURRENCY, (buyer) =>
          front.buy(`b${buyer}`, lines),
        );
        const placed = outcomes.filter((outcome) => outcome.status === 'placed');
        const refused = outcomes.filter((outcome) => outcome.rejection?.code === 'out_of_stock');
        expect([placed.length, refused.length]).toEqual([STOCK, BUYERS - STOCK]);

        const cancelled = await runConcurrently(CANCELLED, CONCURRENCY, (index) =>
          front.call('POST', `/v1/orders/${placed[index]?.orders[0]?.id}/cancel`, {
            reason: 'test',
          }),
        );
        expect(new Set(cancelled.map((answer) => answer.status))).toEqual(new Set([200]));
        const again = await runConcurrently(2 * CANCELLED, CONCURRENCY, (buyer) =>
          front.buy(`again${buyer}`, lines),
        );
        expect(again.filter((outcome) => outcome.status === 'placed')).toHaveLength(CANCELLED);
        const verdict = await expectVerdictOk(store);
        expect(verdict).toMatchObject({
          accepted: BUYERS + 2 * CANCELLED,
          unitsPlaced: STOCK + CANCELLED,
        });
      } finally {
        await system.stop();
      }
    }, 120_000);
  },
);
