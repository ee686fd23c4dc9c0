import { expect, test } from 'vitest';
import { createLruCache } from './lru-cache.ts';

test('drops the least recently used entry beyond the maximum', () => {
  const cache = createLruCache<{ n: number }>({ max: 2 });
  cache.set('a', { n: 1 }).set('b', { n: 2 });
  cache.get('a');
  cache.set('c', { n: 3 });
  expect([...cache.keys()].sort()).toEqual(['a', 'c']);
});

test('entries expire after `ttl`', () => {
  let now = 1;
  const perf = { now: () => now };
  const cache = createLruCache<true>({ max: 10, ttl: 1_000, ttlResolution: 0, perf });
  cache.set('a', true);
  now += 1_000;
  expect(cache.get('a')).toBe(true);
  now += 1;
  expect(cache.get('a')).toBeUndefined();
});
