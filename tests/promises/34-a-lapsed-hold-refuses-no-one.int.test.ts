import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause } from '../../shared/runtime/deadline.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

const LAPSES = promiseRuns(1_000, 30);
const AT_A_TIME = 50;
const TTL_S = 5;
/**
 * Another buyer posts this long before the hold lapses, so that the API knows that the stock is
 * empty.
 */
const EARLY_MS = 2_000;

const namespace = testNamespace();
let store: Store;
let system: System;

beforeAll(async () => {
  store = await openTestStore(namespace);
  const env = { RESERVATION_TTL_S: String(TTL_S) };
  system = await startSystem(namespace, { workers: 2, env });
});
afterAll(() => system.stop());

test(`${LAPSES} holds lapse, and each time a buyer who posts 1 ms later is placed`, async () => {
  const variants = await givenVariants(
    store,
    Array.from({ length: LAPSES }, () => ({ onHand: 1, shop: 'one' })),
  );
  const front = storefront(system.apiUrl, await givenApiKey(store, variants[0]?.shopId ?? ''));
  const outcomes = { early: 0, placed: 0 };
  let served = 0;
  await runConcurrently(LAPSES, AT_A_TIME, async (lapse) => {
    const lines = [{ variantId: variants[lapse]?.variantId ?? '', quantity: 1 }];
    const { orders } = await front.buy(`first-${lapse}`, lines);
    const id = orders[0]?.id ?? '';
    const { reservedUntil } = (await store.orders.findOne({ _id: id })) as OrderRecord;
    await pauseUntil(reservedUntil.getTime() - EARLY_MS);
    const [early, next] = await Promise.all([
      front.buy(`early-${lapse}`, lines),
      pauseUntil(reservedUntil.getTime() + 1).then(() => front.buy(`next-${lapse}`, lines)),
    ]);
    // An early checkout that a slow machine settles after the lapse is itself that of the next
    // buyer.
    const placed = [early, next].filter(({ status }) => status === 'placed');
    expect(placed).toHaveLength(1);
    served += placed.length;
    if (next.status === 'placed') outcomes.placed += 1;
    else outcomes.early += 1;
    expect(await store.orders.findOne({ _id: id })).toMatchObject({ status: 'expired' });
  });
  console.info({ ...outcomes, lapses: LAPSES });
  expect(served).toBe(LAPSES);
  await expectVerdictOk(store);
}, 900_000);

async function pauseUntil(epochMs: number): Promise<void> {
  await pause(Math.max(0, epochMs - Date.now()));
}
