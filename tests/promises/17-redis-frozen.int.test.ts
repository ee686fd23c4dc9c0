import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnv } from '../../shared/runtime/env.ts';
import { startRedis } from '../../shared/services/redis.ts';
import { givenVariants } from '../../shared/testing/builders.ts';
import { testNamespace } from '../../shared/testing/harness.ts';
import { promiseRuns } from '../../shared/testing/promises.ts';
import { runConcurrently } from '../../shared/testing/run-concurrently.ts';
import { openTestStore } from '../../shared/testing/test-store.ts';
import { givenApiKey, storefront } from '../rig/storefront.ts';
import { expectVerdictOk, type System, startSystem } from '../rig/system.ts';

const REQUESTS = promiseRuns(500, 60);
const ANSWER_MS_MAX = 1_000;

const namespace = testNamespace();

test.each(['frozen', 'killed'])(
  'while Redis is %s checkouts are accepted, and settled afterwards',
  async (fault) => {
    const store = await openTestStore(namespace);
    const dataDir = await mkdtemp(join(tmpdir(), 'lastunit-redis-'));
    const start = (port?: number) =>
      startRedis({
        dataDir,
        cacheDir: readEnv().cacheDir,
        log: () => undefined,
        ...(port === undefined ? {} : { port }),
      });
    let redis = await start();
    let system: System | undefined;
    try {
      system = await startSystem(namespace, { workers: 1, redisUrl: redis.url });
      const [variant] = await givenVariants(store, [{ onHand: REQUESTS }]);
      const front = storefront(system.apiUrl, await givenApiKey(store, variant.shopId));
      const lines = [{ variantId: variant.variantId, quantity: 1 }];
      expect((await front.buy(`${fault}-before`, lines)).status).toBe('placed');

      process.kill(redis.pid, fault === 'frozen' ? 'SIGSTOP' : 'SIGKILL');
      const posted = await runConcurrently(REQUESTS, 16, (n) => front.post(`${fault}-${n}`, lines));
      expect(new Set(posted.map((answer) => answer.status))).toEqual(new Set([202]));
      expect(Math.max(...posted.map((answer) => answer.ms))).toBeLessThan(ANSWER_MS_MAX);
      const read = await runConcurrently(REQUESTS, 16, (n) =>
        front.call('GET', `/v1/checkouts/${posted[n]?.json['id']}`),
      );
      expect(new Set(read.map((answer) => answer.status))).toEqual(new Set([200]));
      expect(Math.max(...read.map((answer) => answer.ms))).toBeLessThan(ANSWER_MS_MAX);

      if (fault === 'frozen') process.kill(redis.pid, 'SIGCONT');
      else redis = await start(redis.port);
      const outcomes = await runConcurrently(REQUESTS, 16, (n) =>
        front.outcome(String(posted[n]?.json['id'])),
      );
      expect(outcomes.filter((outcome) => outcome.status === 'placed')).toHaveLength(REQUESTS - 1);
      await expectVerdictOk(store);
    } finally {
      await system?.stop();
      await redis.stop();
      await rm(dataDir, { recursive: true, force: true });
    }
  },
  180_000,
);
