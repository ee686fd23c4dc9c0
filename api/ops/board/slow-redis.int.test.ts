import { expect, onTestFinished, test } from 'vitest';
import { testNamespace } from '../../../shared/testing/harness.ts';
import { ownRedis } from '../../../shared/testing/own-redis.ts';
import { startTestApi } from '../../testing/start-test-api.ts';
import { BOARD_PATH } from '../context.ts';
import { callOps } from '../testing/ops-calls.ts';

const redis = ownRedis();
const namespace = testNamespace();
/** More than the guard of the board makes before the board reads its queues. */
const FAILED_CALLS = 5;

test('the queue board waits for a Redis that answers too late for checkouts', async () => {
  const api = await startTestApi({ ...namespace, redisUrl: redis.url });
  onTestFinished(() => api.close());
  const path = `${BOARD_PATH}/api/queues?activeQueue=checkouts`;
  const call = () => callOps(api.url, { method: 'GET', path });
  expect((await call()).status).toBe(200);
  redis.freeze();
  onTestFinished(() => redis.thaw());
  const answer = call();
  for (let n = 0; n < FAILED_CALLS; n += 1) {
    await expect(api.context.queue.depth()).rejects.toThrow();
  }
  redis.thaw();
  expect((await answer).status).toBe(200);
});
