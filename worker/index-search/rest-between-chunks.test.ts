import { expect, test } from 'vitest';
import { toRestMs } from './index-search.ts';

test.each([
  ['nothing is queued', { lagMs: 600_000, isSale: false }, 50],
  ['checkouts are queued', { lagMs: 60_000, isSale: true }, 750],
  ['checkouts are queued and a sale has just begun', { lagMs: 9_999, isSale: true }, 2_000],
  ['checkouts are queued and the index is late', { lagMs: 60_001, isSale: true }, 150],
])('the rest of the indexer after a chunk when %s', (_when, state, restMs) => {
  expect(toRestMs({ tookMs: 50, ...state })).toBe(restMs);
});

test('the indexer rests for at most two seconds', () => {
  expect(toRestMs({ tookMs: 5_000, lagMs: 0, isSale: true })).toBe(2_000);
});
