import { expect, test, vi } from 'vitest';
import { testNamespace } from '../testing/harness.ts';
import { readyRedis } from '../testing/ready-redis.ts';
import { checkEvictionPolicyIfReachable } from './connections.ts';

const { redisUrl } = testNamespace();

test('the policy is read again if the first read times out', async () => {
  const redis = await readyRedis(redisUrl);
  const info = vi.spyOn(redis, 'info').mockRejectedValueOnce(new Error('Command timed out'));
  expect(await checkEvictionPolicyIfReachable(redis)).toBe(true);
  expect(info).toHaveBeenCalledTimes(2);
});

test('a Redis that does not answer counts as unreachable', async () => {
  const redis = await readyRedis(redisUrl);
  vi.spyOn(redis, 'info').mockRejectedValue(new Error('Command timed out'));
  expect(await checkEvictionPolicyIfReachable(redis)).toBe(false);
});

test.each([
  'allkeys-lru',
  'allkeys-lfu',
  'allkeys-random',
  'volatile-lru',
  'volatile-lfu',
  'volatile-random',
  'volatile-ttl',
])('the policy %s, which may evict keys, is refused', async (policy) => {
  const redis = await readyRedis(redisUrl);
  vi.spyOn(redis, 'info').mockResolvedValue(`maxmemory_policy:${policy}\r\n`);
  const refused = `Redis has maxmemory-policy ${policy}; it must be noeviction`;
  await expect(checkEvictionPolicyIfReachable(redis)).rejects.toThrow(refused);
});

test('a Redis that does not name its policy is refused', async () => {
  const redis = await readyRedis(redisUrl);
  vi.spyOn(redis, 'info').mockResolvedValue('used_memory:1\r\n');
  await expect(checkEvictionPolicyIfReachable(redis)).rejects.toThrow('maxmemory-policy unknown');
});
