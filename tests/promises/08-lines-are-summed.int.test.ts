import fc from 'fast-check';
import { expect, test } from 'vitest';
import { mergeLines } from '../../shared/domain/lines.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const CARTS = promiseRuns(500, 60);
const PAIRS = promiseRuns(100, 20);
const VARIANTS = 4;
const STOCK = 60;
const CONCURRENCY = 32;

const namespace = testNamespace();
const cartLines = fc.array(
  fc.record({
    variant: fc.nat({ max: VARIANTS - 1 }),
    quantity: fc.integer({ min: 1, max: 5 }),
  }),
  { minLength: 1, maxLength: 8 },
);

test('carts with repeated products, and with the same products in opposite order, are placed as a whole or not at all', async () => {
  const store = await openTestStore(namespace);
  const system = await startSystem(namespace, { workers: 2, env: { BATCH_MAX: '8' } });
  try {
    const variants = await givenVariants(
      store,
      Array.from({ length: VARIANTS }, () => ({ onHand: STOCK, shop: 'one' })),
    );
    const front = storefront(system.apiUrl, await givenApiKey(store, variants[0]?.shopId ?? ''));
    const carts = fc.sample(cartLines, { numRuns: CARTS }).map((lines) =>
      lines.map(({ variant, quantity }) => ({
        variantId: variants[variant]?.variantId ?? '',
        quantity,
      })),
    );
    const outcomes = await runConcurrently(CARTS, CONCURRENCY, (n) =>
      front.buy(`cart-${n}`, carts[n] ?? []),
    );

    const placedOf = (_: unknown, index: number) => outcomes[index]?.status === 'placed';
    const hasRepeats = (cart: (typeof carts)[number]) => mergeLines(cart).length < cart.length;
    expect(carts.filter(placedOf).some(hasRepeats)).toBe(true);
    const bought = new Map<string, number>();
    for (const [index, outcome] of outcomes.entries()) {
      const orders = await Promise.all(
        outcome.orders.map(({ id }) => store.orders.findOne({ _id: id })),
      );
      const lines = orders.flatMap((order) => order?.lines ?? []);
      const expected = outcome.status === 'placed' ? mergeLines(carts[index] ?? []) : [];
      const sold = lines.map(({ variantId, quantity }) => ({ variantId, quantity }));
      expect(sold).toEqual(expected);
      for (const { variantId, quantity } of sold) {
        bought.set(variantId, (bought.get(variantId) ?? 0) + quantity);
      }
    }
    for (const units of bought.values()) expect(units).toBeLessThanOrEqual(STOCK);

    const [a, b] = await givenVariants(store, [
      { onHand: PAIRS, shop: 'two' },
      { onHand: PAIRS, shop: 'two' },
    ]);
    const forth = [a, b].map(({ variantId }) => ({ variantId, quantity: 1 }));
    const back = [...forth].reverse();
    const pairs = await runConcurrently(2 * PAIRS, CONCURRENCY, (n) =>
      front.buy(`pair-${n}`, n % 2 === 0 ? forth : back),
    );
    expect(pairs.filter((outcome) => outcome.status === 'placed')).toHaveLength(PAIRS);
    await expectVerdictOk(store);
  } finally {
    await system.stop();
  }
}, 180_000);
