import { Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { pause, withDeadline } from '../shared/runtime/deadline.ts';
import { DRAIN_TIMEOUT_MS } from '../shared/runtime/shutdown.ts';
import { testNamespace } from '../shared/testing/harness.ts';
import { ownRedis } from '../shared/testing/own-redis.ts';
import { startWorker } from './context.ts';

const namespace = testNamespace();
const server = ownRedis();

/** Every connection notices the fault within this time. */
const NOTICED_MS = 1_500;

test.each([
  {
    fault: 'down',
    harm: () => server.kill(),
    repair: () => server.restart(),
  },
  {
    fault: 'read-only',
    harm: (admin: Redis) => admin.config('SET', 'min-replicas-to-write', '2'),
    repair: (admin: Redis) => admin.config('SET', 'min-replicas-to-write', '0'),
  },
])(
  'a worker closes within the drain timeout while Redis is $fault',
  async ({ harm, repair }) => {
    const worker = await startWorker({
      ...namespace,
      redisUrl: server.url,
      logLevel: 'silent',
      batchMax: 16,
      reservationTtlMs: 900_000,
    });
    const admin = new Redis(server.url, { maxRetriesPerRequest: null });
    admin.on('error', () => undefined);
    onTestFinished(() => admin.disconnect());
    await harm(admin);
    await pause(NOTICED_MS);
    const closed = withDeadline('closing the worker', DRAIN_TIMEOUT_MS, worker.close());
    await expect(closed).resolves.toBeUndefined();
    await repair(admin);
  },
  30_000,
);
