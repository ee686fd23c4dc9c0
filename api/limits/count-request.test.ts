import { expect, test } from 'vitest';
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
