import { expect, test } from 'vitest';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { pause } from '../../shared/runtime/deadline.ts';
import { Budget } from './budget.ts';

/** A client without a connection, so that the budget counts in this process. */
const redis = { status: 'end' } as unknown as RedisClient;

test('a point that is given back after its window is not added to the next window', async () => {
  const budget = new Budget(redis, { keyPrefix: 'test', pointsMax: 1, windowS: 3 });
  const first = await budget.take('a');
  await pause(3_100);
  expect((await budget.take('a')).waitMs).toBe(0);
  await first.giveBack();
  expect((await budget.take('a')).waitMs).toBeGreaterThan(0);
});
