import { expect, onTestFinished, test, vi } from 'vitest';
import type { RedisClient } from '../../shared/queue/connections.ts';
import { Quotas } from './count-request.ts';

/** A client without a connection, so that the quotas count in this process. */
const redis = { status: 'end' } as unknown as RedisClient;

test.each([
  [1, 0],
  [60, 0],
  [350, 0],
  [1_000, 0],
  [10, 1],
  [105, 10],
])(
  'a process admits a quota of %i requests and no more, with %i requests before the first lease',
  async (quota, localRequests) => {
    const quotas = new Quotas(redis, 'test');
    let admitted = 0;
    for (let n = 0; n < quota + 10; n += 1) {
      if ((await quotas.take('key:1', quota, localRequests)).isWithin) admitted += 1;
    }
    expect(admitted).toBe(quota);
    expect(await quotas.take('key:1', quota, localRequests)).toMatchObject({
      isWithin: false,
      remaining: 0,
    });
    expect(await quotas.take('key:2', quota, localRequests)).toMatchObject({
      isWithin: true,
      quota,
    });
  },
);

test('a used-up quota is full again after a minute, and until then says how long that takes', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'Date', 'setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const quotas = new Quotas(redis, 'test');
  for (let n = 0; n < 10; n += 1) await quotas.take('key:1', 10);
  const refused = await quotas.take('key:1', 10);
  expect(refused.isWithin).toBe(false);
  expect(refused.resetS).toBeGreaterThan(0);
  expect(refused.resetS).toBeLessThanOrEqual(60);
  await vi.advanceTimersByTimeAsync(61_000);
  expect(await quotas.take('key:1', 10)).toMatchObject({ isWithin: true });
});
