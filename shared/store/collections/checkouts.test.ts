import { expect, test } from 'vitest';
import { checkoutSchema } from './checkouts.ts';

/** Besides the index on `_id`. `docs/performance.md` lists the cost of each further index. */
const INDEXES_MAX = 2;

test('checkouts have at most two further indexes, because each index costs every checkout', () => {
  expect(checkoutSchema.indexes().length).toBeLessThanOrEqual(INDEXES_MAX);
});
