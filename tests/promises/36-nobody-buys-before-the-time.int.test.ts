import { afterAll, beforeAll, expect, test } from 'vitest';
import { pause } from '../../shared/runtime/deadline.ts';
import type { CheckoutRecord } from '../../shared/store/collections/checkouts.ts';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { givenApiKey, type Storefront, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, systemEnv } from '../rig/system.ts';

const CHECKOUTS = promiseRuns(10_000, 120);
const CONCURRENCY = 64;
/** The first checkouts come this long before the start, and the last this long after the end. */
const LEAD_MS = promiseRuns(5_000, 1_000);
const SALE_MS = promiseRuns(30_000, 1_500);

const namespace = testNamespace();
const stopping: (() => Promise<unknown>)[] = [];
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterAll(() => Promise.all(stopping.map((stop) => stop())));

async function startTwoApis(shopId: string): Promise<readonly [Storefront, Storefront]> {
  const apiKey = await givenApiKey(store, shopId);
  const start = async (entry: string) => {
    const env = await systemEnv(namespace);
    const child = await startChild(entry, env);
    stopping.push(() => child.stop());
    return storefront(`http://127.0.0.1:${env['PORT']}`, apiKey);
  };
  const [first, second] = await Promise.all([
    start('api/main.ts'),
    start('api/main.ts'),
    start('worker/main.ts'),
  ]);
  return [first, second];
}

test(`${CHECKOUTS} checkouts around a sale through two APIs: none early, none late, none lost`, async () => {
  const [variant] = await givenVariants(store, [{ onHand: CHECKOUTS }]);
  const fronts = await startTwoApis(variant.shopId);
  const lines = [{ variantId: variant.variantId, quantity: 1 }];
  const saleFrom = new Date(Date.now() + LEAD_MS + 1_500);
  const saleUntil = new Date(saleFrom.getTime() + SALE_MS);
  await store.products.updateOne(
    { _id: variant.productId },
    { $set: { saleFrom, saleUntil, nextTimeAt: saleFrom } },
  );
  // Offers are cached for up to a second.
  await pause(1_001);
  const firstMs = saleFrom.getTime() - LEAD_MS;
  const lengthMs = 2 * LEAD_MS + SALE_MS;
  const accepted: string[] = [];
  const codes = { not_on_sale_yet: 0, sale_over: 0 };
  await runConcurrently(CHECKOUTS, CONCURRENCY, async (buyer) => {
    await pause(Math.max(0, firstMs + (lengthMs * buyer) / CHECKOUTS - Date.now()));
    const front = fronts[buyer % 2] ?? fronts[0];
    const { status, json } = await front.post(`b${buyer}`, lines);
    const code = String(json['code']);
    if (status === 202) accepted.push(String(json['id']));
    else if (status === 409 && code in codes) codes[code as keyof typeof codes] += 1;
    else throw new Error(`buyer ${buyer} was answered ${status} ${code}`);
  });
  console.info({ accepted: accepted.length, ...codes });
  expect(Math.min(accepted.length, ...Object.values(codes))).toBeGreaterThan(0);
  expect(accepted.length + codes.not_on_sale_yet + codes.sale_over).toBe(CHECKOUTS);
  await expectVerdictOk(store);
  const stored = await store.checkouts.find<CheckoutRecord>({}).toArray();
  expect(stored.map(({ _id }) => _id).sort()).toEqual(accepted.sort());
  for (const { status, acceptedAt } of stored) {
    expect(status).toBe('placed');
    expect(acceptedAt.getTime()).toBeGreaterThanOrEqual(saleFrom.getTime());
    expect(acceptedAt.getTime()).toBeLessThan(saleUntil.getTime());
  }
  const types = ['product.sale_started', 'product.sale_ended'];
  for (const type of types) {
    await expect
      .poll(() => store.outbox.countDocuments({ 'events.type': type }), { timeout: 20_000 })
      .toBe(1);
  }
}, 600_000);
