import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectPatiently } from '../../shared/queue/connections.ts';
import { withDeadline } from '../../shared/runtime/deadline.ts';
import type { Store } from '../../shared/store/store.ts';
import { type GivenVariant, givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { PROMISE_TIMEOUT_MS, PROMISE_WAIT_MS, promiseRuns } from '../../shared/testing/promises.ts';
import { findKeys, removeKeys } from '../../shared/testing/redis-keys.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { type Child, startChild } from '../rig/child.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, startSystem, systemEnv } from '../rig/system.ts';

const KILLS = promiseRuns(50, 1);
const REQUESTS = 12;
const CONCURRENCY = 4;
/** Requests before the first kill, so that the short form too kills the API among other requests. */
const FIRST_DEATH = 5;
const PLENTY = 1_000_000;

/** The points at which the API is killed: before, during or after a step of a checkout. */
const POINTS = [
  'before-store',
  'while-storing',
  'after-store',
  'while-enqueueing',
  'after-enqueue',
  'after-answer',
] as const;

/** Posts further checkouts until the process exits. Returns its exit code or signal. */
async function postUntilExit(process: Child, post: () => Promise<unknown>) {
  let isRunning = true;
  const exited = process.exited.finally(() => {
    isRunning = false;
  });
  const posting = async () => {
    while (isRunning) await post();
    return exited;
  };
  return withDeadline('dying', PROMISE_WAIT_MS, posting());
}

describe('the API is killed', () => {
  const namespace = testNamespace();
  let store: Store;
  let worker: Child;
  let api: Child;
  let apiUrl: string;
  let variant: GivenVariant;
  let apiKey: string;

  beforeAll(async () => {
    store = await openTestStore(namespace);
    [variant] = await givenVariants(store, [{ onHand: PLENTY }]);
    apiKey = await givenApiKey(store, variant.shopId);
    const env = await systemEnv(namespace);
    apiUrl = `http://127.0.0.1:${env['PORT']}`;
    [worker, api] = await Promise.all([
      startChild('worker/main.ts', env),
      startChild('api/main.ts', env),
    ]);
  });
  afterAll(() => Promise.all([api?.stop(), worker?.stop()]));

  // The points run concurrently, because most of them wait until a sweep finds checkouts without a
  // job.
  test.concurrent.each(POINTS)(
    `%s, ${KILLS} times: every accepted checkout gets one outcome`,
    async (point) => {
      for (let kill = 0; kill < KILLS; kill += 1) {
        const env = await systemEnv(namespace, {
          DIE_AT: point,
          DIE_AFTER: String((kill + FIRST_DEATH) % REQUESTS),
        });
        const lines = [{ variantId: variant.variantId, quantity: 1 }];
        const toKey = (n: number) => `${point}-${kill}-${n}`;

        const dying = await startChild('tests/rig/children/dying-api.ts', env);
        const first = storefront(`http://127.0.0.1:${env['PORT']}`, apiKey);
        const answers = await runConcurrently(REQUESTS, CONCURRENCY, (n) =>
          first.post(toKey(n), lines),
        );
        // On a busy machine some of the requests may not get as far as the point.
        const postMore = async () => {
          answers.push(await first.post(toKey(answers.length), lines));
        };
        expect(await postUntilExit(dying, postMore)).toBe('SIGKILL');

        // After a cut connection the outcome is unknown, so the client repeats with the same keys.
        const second = storefront(apiUrl, apiKey);
        const repeats = await runConcurrently(answers.length, CONCURRENCY, (n) =>
          second.post(toKey(n), lines),
        );
        answers.forEach((answer, index) => {
          expect(repeats[index]?.status).toBe(202);
          if (answer.status === 202) expect(repeats[index]?.json['id']).toBe(answer.json['id']);
        });
        const outcomes = await Promise.all(
          repeats.map(({ json }) => second.outcome(String(json['id']))),
        );
        expect(new Set(outcomes.map((outcome) => outcome.status))).toEqual(new Set(['placed']));
      }
    },
    PROMISE_TIMEOUT_MS,
  );

  test('the verdict is ok, and each accepted checkout has one order', async () => {
    const verdict = await expectVerdictOk(store);
    expect(verdict.accepted).toBeGreaterThan(POINTS.length * KILLS);
    expect(verdict.accepted).toBe(await store.orders.countDocuments());
  });
});

describe('Redis is wiped', () => {
  const namespace = testNamespace();
  const QUEUED = promiseRuns(1_000, 60);

  test(`while ${QUEUED} checkouts are queued: all of them get an outcome`, async () => {
    const store = await openTestStore(namespace);
    const system = await startSystem(namespace, { workers: 0 });
    const redis = connectPatiently({ url: namespace.redisUrl, onError: () => undefined });
    try {
      const [variant] = await givenVariants(store, [{ onHand: QUEUED / 2 }]);
      const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
      const lines = [{ variantId: variant.variantId, quantity: 1 }];
      const answers = await runConcurrently(QUEUED, 32, (n) => front.post(`wiped-${n}`, lines));
      expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([202]));
      const keys = await findKeys(redis, namespace.keyPrefix);
      expect(keys.length).toBeGreaterThan(0);
      await removeKeys(redis, keys);

      const worker = await startChild('worker/main.ts', system.env);
      await expect
        .poll(() => store.checkouts.countDocuments({ status: 'queued' }), { timeout: 60_000 })
        .toBe(0);
      await worker.stop();
      const verdict = await expectVerdictOk(store);
      expect(verdict).toMatchObject({ accepted: QUEUED, placed: QUEUED / 2, rejected: QUEUED / 2 });
      expect(await store.orders.countDocuments()).toBe(QUEUED / 2);
    } finally {
      redis.disconnect();
      await system.stop();
    }
  }, 120_000);
});
