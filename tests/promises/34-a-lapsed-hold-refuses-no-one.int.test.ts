import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause } from '../../shared/runtime/deadline.ts';
import type { OrderRecord } from '../../shared/store/collections/orders.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_TIMEOUT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

const LAPSES = promiseRuns(1_000, 30);
const CONCURRENCY = 50;
/** Spreads the lapses over the time between two sweeps, which expire lapsed holds anyway. */
const APART_MS = 40;
const TTL_S = 5;
/**
 * Shortly before each lapse, another buyer requests more units than exist, so that the API has just
 * read that none is free. This checkout can never be placed, however late it is settled.
 */
const READ_BEFORE_MS = 100;
const TOO_MANY = 2;
/** Checkouts that are posted within this time after the lapse are counted. */
const SOON_MS = 5;

const namespace = testNamespace();
let store: Store;
let system: System;

beforeAll(async () => {
  store = await openTestStore(namespace);
  const env = { RESERVATION_TTL_S: String(TTL_S) };
  system = await startSystem(namespace, { workers: 2, env });
});
afterAll(() => system.stop());

test(
  `${LAPSES} holds lapse, and each time a checkout that is posted at least 1 ms later is placed`,
  async () => {
    const variants = await givenVariants(
      store,
      Array.from({ length: LAPSES }, () => ({ onHand: 1, shop: 'one' })),
    );
    const front = storefront(system.apiUrl, await givenApiKey(store, variants[0]?.shopId ?? ''));
    const outcomes: string[] = [];
    let postedSoon = 0;
    await runConcurrently(LAPSES, CONCURRENCY, async (lapse) => {
      if (lapse < CONCURRENCY) await pause(lapse * APART_MS);
      const { variantId = '' } = variants[lapse] ?? {};
      const toLines = (quantity: number) => [{ variantId, quantity }];
      const { orders } = await front.buy(`first-${lapse}`, toLines(1));
      const id = orders[0]?.id ?? '';
      const { reservedUntil } = (await store.orders.findOne({ _id: id })) as OrderRecord;
      const endMs = reservedUntil.getTime();
      await pauseUntil(endMs - READ_BEFORE_MS);
      const tooMany = front.buy(`too-many-${lapse}`, toLines(TOO_MANY));
      await pauseUntil(endMs + 1);
      if (Date.now() <= endMs + SOON_MS) postedSoon += 1;
      const next = await front.buy(`next-${lapse}`, toLines(1));
      outcomes.push(next.rejection?.code ?? next.status);
      expect((await tooMany).rejection).toMatchObject({ code: 'out_of_stock' });
      expect(await store.orders.findOne({ _id: id })).toMatchObject({ status: 'expired' });
    });
    console.info({ lapses: LAPSES, postedWithin5Ms: postedSoon });
    expect(outcomes).toEqual(outcomes.map(() => 'placed'));
    expect(outcomes).toHaveLength(LAPSES);
    await expectVerdictOk(store);
  },
  PROMISE_TIMEOUT_MS,
);

/** Returns at this time or later; timers may fire a little early. */
async function pauseUntil(epochMs: number): Promise<void> {
  for (let leftMs = epochMs - Date.now(); leftMs > 0; leftMs = epochMs - Date.now()) {
    await pause(leftMs);
  }
}
