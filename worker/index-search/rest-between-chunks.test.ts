import { expect, test } from 'vitest';
import { toRestMs } from './index-search.ts';

test.each([
  ['no sale runs', { lagMs: 600_000, isSale: false }, 50],
  ['a sale runs', { lagMs: 60_000, isSale: true }, 750],
  ['a sale runs and the index is not yet 10 s late', { lagMs: 9_999, isSale: true }, 2_000],
  ['a sale runs and the index is over a minute late', { lagMs: 60_001, isSale: true }, 150],
])('after a chunk of 50 ms, when %s (%j), the indexer rests %i ms', (_when, state, restMs) => {
  expect(toRestMs({ tookMs: 50, ...state })).toBe(restMs);
});

test('the indexer rests for at most two seconds', () => {
  expect(toRestMs({ tookMs: 5_000, lagMs: 0, isSale: true })).toBe(2_000);
});
