import { expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { givenShop } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_TIMEOUT_MS, promiseRuns, testSeed } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { startChild } from '../rig/child.ts';
import { givenApiKey } from '../rig/storefront.ts';
import { systemEnv } from '../rig/system.ts';

const KILLS = promiseRuns(20, 2);
const PRODUCTS = promiseRuns(4_000, 1_500);
/** Kills at a time: an interrupted import waits for the end of its lease, and these waits overlap. */
const CONCURRENCY = 2;
const WITHIN_MS = 60_000;
const POLL = { timeout: WITHIN_MS, interval: 5 };

const namespace = testNamespace();

/**
 * Returns the progress of an import: up to PRODUCTS while it stages products, then up to 2 ×
 * PRODUCTS while it shows them.
 */
async function readProgress(store: Store, shopId: string): Promise<number> {
  const running = await store.imports.findOne({ shopId });
  if (running?.state === 'staging') {
    return store.products.countDocuments({ importId: running._id });
  }
  const visible = await store.products.countDocuments({ shopId, importId: null });
  return running === null ? visible * 2 : PRODUCTS + visible;
}

async function readHoldings(store: Store, shopId: string) {
  return {
    products: await store.products.countDocuments({ shopId }),
    published: await store.products.countDocuments({ shopId, importId: null, status: 'published' }),
    levels: await store.stock.countDocuments({ shopId }),
  };
}

test(
  `an API killed during an import leaves the whole import or nothing, ${KILLS} times`,
  async () => {
    console.info(`TEST_SEED=${testSeed} decides when the API is killed`);
    const store = await openTestStore(namespace);
    const worker = await startChild('worker/main.ts', await systemEnv(namespace));
    const lines = Array.from({ length: PRODUCTS }, (_, index) => {
      const variants = [{ sku: `S-${index}`, price: 1, currency: 'GBP' }];
      return `${JSON.stringify({ title: `Thing ${index}`, type: 'furniture', variants })}\n`;
    });
    const nothing = { products: 0, published: 0, levels: 0 };
    const everything = { products: PRODUCTS, published: PRODUCTS, levels: PRODUCTS };
    try {
      await runConcurrently(KILLS, CONCURRENCY, async (kill) => {
        const shopId = await givenShop(store);
        const apiKey = await givenApiKey(store, shopId);
        const env = await systemEnv(namespace);
        const dying = await startChild('api/main.ts', env);
        const url = `http://127.0.0.1:${env['PORT']}/v1/products/import?publish=true`;
        const headers = { 'x-api-key': apiKey, 'content-type': 'application/x-ndjson' };
        const answer = fetch(url, { method: 'POST', headers, body: lines.join('') })
          .then((response) => response.status)
          .catch(() => 0);
        // Kills the API alternately while it stages and while it publishes products.
        const percent = ((testSeed % 89) + 1 + 37 * kill) % 90;
        const at = (kill % 2) * PRODUCTS + Math.round((PRODUCTS * percent) / 100) + 1;
        await expect.poll(() => readProgress(store, shopId), POLL).toBeGreaterThanOrEqual(at);
        await dying.kill('SIGKILL');
        const status = await answer;
        await expect.poll(() => store.imports.countDocuments({ shopId }), POLL).toBe(0);
        const left = await readHoldings(store, shopId);
        expect([nothing, everything]).toContainEqual(left);
        if (kill % 2 === 1 || status === 200) expect(left).toEqual(everything);
      });
    } finally {
      await worker.stop();
    }
  },
  PROMISE_TIMEOUT_MS,
);
