import { expect, test } from 'vitest';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { redisPair } from '../../shared/testing/redis-pair.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem } from '../rig/system.ts';

const REQUESTS = promiseRuns(500, 16);
const ROUNDS = promiseRuns(5, 1);
const SETTLED_WITHIN_MS = 30_000;

const namespace = testNamespace();
const pair = redisPair();

const FAULTS = {
  'are left with the demoted server': () => pair.failOver(),
  'stay open without data': async () => pair.proxy.stall(),
};

test('workers recover without a restart when their open connections to Redis stop working', async () => {
  const store = await openTestStore(namespace);
  const system = await startSystem(namespace, { workers: 1, redisUrl: pair.url });
  try {
    const stock = 4 * ROUNDS * REQUESTS;
    const [variant] = await givenVariants(store, [{ onHand: stock }]);
    const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
    const lines = [{ variantId: variant.variantId, quantity: 1 }];
    expect((await front.buy('before', lines)).status).toBe('placed');
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [fault, cause] of Object.entries(FAULTS)) {
        await cause();
        const key = (n: number) => `${round}-${fault.replaceAll(' ', '-')}-${n}`;
        const posted = await runConcurrently(REQUESTS, 8, (n) => front.post(key(n), lines));
        expect(new Set(posted.map(({ status }) => status))).toEqual(new Set([202]));
        await expect
          .poll(() => store.checkouts.countDocuments({ status: 'queued' }), {
            timeout: SETTLED_WITHIN_MS,
            interval: 50,
            message: `settled although connections ${fault}`,
          })
          .toBe(0);
      }
    }
    await expectVerdictOk(store);
  } finally {
    await system.stop();
    await store.close();
  }
}, 600_000);
