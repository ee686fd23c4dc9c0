import { expect, test } from 'vitest';
import { checkoutSchema } from './checkouts.ts';

/** Besides the one of the ids; `docs/performance.md` has what each further one costs. */
const INDEXES_MAX = 2;

test('checkouts have few indexes, because each costs every checkout', () => {
  expect(checkoutSchema.indexes().length).toBeLessThanOrEqual(INDEXES_MAX);
});
