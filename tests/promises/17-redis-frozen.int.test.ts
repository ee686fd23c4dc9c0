import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { ownRedis } from '../../shared/testing/own-redis.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

const REQUESTS = promiseRuns(500, 60);
const ANSWER_MS_MAX = 1_000;

const namespace = testNamespace();
const redis = ownRedis();
let store: Store;
let system: System;

beforeAll(async () => {
  store = await openTestStore(namespace);
  system = await startSystem(namespace, { workers: 1, redisUrl: redis.url });
});
afterAll(() => system?.stop());

test.each([
  { fault: 'frozen', causeFault: () => redis.freeze(), repair: () => redis.thaw() },
  { fault: 'killed', causeFault: () => redis.kill(), repair: () => redis.restart() },
])(
  'while Redis is $fault, checkouts are accepted and read within 1 s each; after its return they are settled',
  async ({ fault, causeFault, repair }) => {
    const [variant] = await givenVariants(store, [{ onHand: REQUESTS }]);
    const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
    const lines = [{ variantId: variant.variantId, quantity: 1 }];
    expect((await front.buy(`${fault}-before`, lines)).status).toBe('placed');

    await causeFault();
    const posted = await runConcurrently(REQUESTS, 16, (n) => front.post(`${fault}-${n}`, lines));
    expect(new Set(posted.map((answer) => answer.status))).toEqual(new Set([202]));
    expect(Math.max(...posted.map((answer) => answer.ms))).toBeLessThan(ANSWER_MS_MAX);
    const read = await runConcurrently(REQUESTS, 16, (n) =>
      front.call('GET', `/v1/checkouts/${posted[n]?.json['id']}`),
    );
    expect(new Set(read.map((answer) => answer.status))).toEqual(new Set([200]));
    expect(Math.max(...read.map((answer) => answer.ms))).toBeLessThan(ANSWER_MS_MAX);

    await repair();
    const outcomes = await runConcurrently(REQUESTS, 16, (n) =>
      front.outcome(String(posted[n]?.json['id'])),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'placed')).toHaveLength(REQUESTS - 1);
    await expectVerdictOk(store);
  },
  180_000,
);
