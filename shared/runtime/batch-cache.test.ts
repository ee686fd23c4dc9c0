import { expect, test, vi } from 'vitest';
import { manualClock } from '../testing/manual-clock.ts';
import { BatchCache } from './batch-cache.ts';

const AGE_MS_MAX = 1_000;
const ENTRIES_MAX = 4;

/** A cache whose values count the reads of their keys; keys that begin with `no` are unknown. */
function openCache() {
  const clock = manualClock();
  const counts = new Map<string, number>();
  const read = vi.fn(async (keys: readonly string[]) => {
    for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
    return new Map([...counts].filter(([key]) => !key.startsWith('no')));
  });
  const options = { name: 'counts', ageMsMax: AGE_MS_MAX, entriesMax: ENTRIES_MAX };
  return { clock, read, cache: new BatchCache(clock, { ...options, keysPerReadMax: 10, read }) };
}

test('reads each key once while its value is fresh, even if the key is unknown', async () => {
  const { cache, clock, read } = openCache();
  expect(await cache.get(['a', 'none'])).toEqual(new Map([['a', 1]]));
  clock.advance(AGE_MS_MAX - 1);
  expect(await cache.get(['a', 'none'])).toEqual(new Map([['a', 1]]));
  expect(read).toHaveBeenCalledOnce();
  clock.advance(1);
  expect(await cache.get(['a'])).toEqual(new Map([['a', 2]]));
});

test('reads a value again when the clock is set back, instead of keeping it for longer', async () => {
  const { cache, clock } = openCache();
  await cache.get(['a']);
  clock.advance(-60_000);
  expect(await cache.get(['a'])).toEqual(new Map([['a', 2]]));
});

test('concurrent lookups share a read, and waiting lookups use its result', async () => {
  const { cache, read } = openCache();
  const lookups = [cache.get(['a']), cache.get(['a', 'b'])];
  await new Promise(setImmediate);
  lookups.push(cache.get(['b']));
  const results = await Promise.all(lookups);
  expect(results.map((values) => [...values.keys()])).toEqual([['a'], ['a', 'b'], ['b']]);
  expect(read.mock.calls).toEqual([[['a', 'b']]]);
});

test('does not keep the result of a read that began before a key was forgotten', async () => {
  const { cache, read } = openCache();
  read.mockImplementationOnce(async () => {
    cache.forget('a');
    return new Map([['a', 0]]);
  });
  expect(await cache.get(['a'])).toEqual(new Map([['a', 0]]));
  expect(await cache.get(['a'])).toEqual(new Map([['a', 1]]));
  cache.forget('a');
  expect(await cache.get(['a'])).toEqual(new Map([['a', 2]]));
});

test('drops all keys if a read would bring their number above entriesMax', async () => {
  const { cache, read } = openCache();
  await cache.get(['a']);
  await cache.get(['b', 'c', 'd', 'e']);
  await cache.get(['e', 'a']);
  expect(read.mock.calls).toEqual([[['a']], [['b', 'c', 'd', 'e']], [['a']]]);
});
