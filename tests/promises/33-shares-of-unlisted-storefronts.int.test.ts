import { expect, test } from 'vitest';
import { freePort } from '../../shared/services/processes/ports.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenShop, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { givenApiKey, type SeenCheckout, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const ROUNDS = promiseRuns(50, 1);
const ON_HAND = 100;
/** The share of the units on hand that unlisted storefronts may hold, and that share in units. */
const SHARE = 0.25;
const SHARED = 25;
const UNLISTED = promiseRuns(120, 60);
const OWN = UNLISTED / 3;
/** Orders that are paid, and as many that are cancelled. */
const MOVED = 5;
const CONCURRENCY = 80;
const TIMEOUT_MS = promiseRuns(3_600_000, 180_000);

/**
 * Returns the units that unlisted storefronts hold: counted in the pending orders, and stored in
 * the level.
 */
async function countHeld(store: Store, variantId: string) {
  const filter = { status: 'pending', 'lines.variantId': variantId, isUnlisted: true } as const;
  const level = await store.stock.findOne({ _id: variantId });
  return { inOrders: await store.orders.countDocuments(filter), inLevel: level?.heldByUnlisted };
}

const isPlaced = ({ status }: SeenCheckout) => status === 'placed';

test(
  `${UNLISTED} buyers at unlisted storefronts and ${OWN} at the shop itself, two APIs, two workers, ${ROUNDS} rounds: unlisted storefronts hold exactly their share`,
  async () => {
    const namespace = testNamespace();
    const store = await openTestStore(namespace);
    const system = await startSystem(namespace, { workers: 2 });
    const port = String(await freePort());
    const second = await startChild('api/main.ts', { ...system.env, PORT: port });
    const urls = [system.apiUrl, `http://127.0.0.1:${port}`];
    try {
      for (let round = 0; round < ROUNDS; round += 1) {
        const [{ shopId, variantId }] = await givenVariants(store, [{ onHand: ON_HAND }]);
        await store.shops.updateOne({ _id: shopId }, { $set: { heldShareMax: SHARE } });
        const unlistedKey = await givenApiKey(store, await givenShop(store));
        const ownKey = await givenApiKey(store, shopId);
        const front = (n: number, key: string) => storefront(urls[n % 2] ?? '', key);
        const buy = (n: number, key: string) =>
          front(n, key).buy(`r${round}-${n}`, [{ variantId, quantity: 1 }], { buyerId: `b${n}` });

        const first = await runConcurrently(UNLISTED + OWN, CONCURRENCY, (n) =>
          buy(n, n % 4 === 0 ? ownKey : unlistedKey),
        );
        const ofShop = first.filter((_, n) => n % 4 === 0);
        const others = first.filter((_, n) => n % 4 !== 0);
        expect(ofShop.every(isPlaced)).toBe(true);
        const held = others.filter(isPlaced);
        expect(held).toHaveLength(SHARED);
        const codes = others.flatMap(({ rejection }) => rejection?.code ?? []);
        expect(new Set(codes)).toEqual(new Set(['held_share_reached']));
        expect(await countHeld(store, variantId)).toEqual({ inOrders: SHARED, inLevel: SHARED });

        // Payments and cancellations free parts of the share while other buyers compete for them.
        await runConcurrently<unknown>(2 * MOVED + UNLISTED, CONCURRENCY, (n) => {
          if (n >= 2 * MOVED) return buy(UNLISTED + OWN + n, unlistedKey);
          const path = `/v1/orders/${held[n]?.orders[0]?.id}`;
          return n < MOVED
            ? front(n, ownKey).call('POST', `${path}/confirm`)
            : front(n, ownKey).call('POST', `${path}/cancel`, { reason: 'test' });
        });
        const heldMax = Math.floor(SHARE * (ON_HAND - MOVED));
        const later = await runConcurrently(SHARED, CONCURRENCY, (n) =>
          buy(2 * (UNLISTED + OWN) + n, unlistedKey),
        );
        const { inOrders, inLevel } = await countHeld(store, variantId);
        expect(inLevel).toBe(inOrders);
        // The share may have been full before payments reduced the units on hand.
        expect(inOrders).toBeGreaterThanOrEqual(heldMax);
        expect(inOrders).toBeLessThanOrEqual(SHARED);
        if (inOrders > heldMax) expect(later.some(isPlaced)).toBe(false);
      }
      await expectVerdictOk(store);
    } finally {
      await second.stop();
      await system.stop();
    }
  },
  TIMEOUT_MS,
);
