import { expect, test } from 'vitest';
import { manualClock } from '../testing/manual-clock.ts';
import { createTimer } from './clock.ts';
import { createLruCache } from './lru-cache.ts';

test('a timer runs with its clock, and jumps ahead when the clock is set back', () => {
  const clock = manualClock();
  const timer = createTimer(clock);
  const first = timer.now();
  clock.advance(40);
  expect(timer.now() - first).toBe(40);
  clock.advance(-3_600_000);
  expect(timer.now() - first).toBeGreaterThan(3_600_000);
});

test('a cached value is dropped when the clock is set back', () => {
  const clock = manualClock();
  const cache = createLruCache<{ readonly name: string }>({
    ...{ max: 10, ttl: 3_000, ttlResolution: 0 },
    perf: createTimer(clock),
  });
  cache.set('key', { name: 'valid' });
  clock.advance(2_999);
  expect(cache.get('key')).toBeDefined();
  clock.advance(-60_000);
  expect(cache.get('key')).toBeUndefined();
});
