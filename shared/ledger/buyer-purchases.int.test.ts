import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Store } from '../store/store.ts';
import { givenCheckouts, givenLedger, givenVariants, toPricedLine } from '../testing/builders.ts';
import { testNamespace } from '../testing/harness.ts';
import { openTestStore } from '../testing/test-store.ts';
import { settleCheckouts } from './settle-checkouts.ts';

const namespace = testNamespace();
let store: Store;

beforeAll(async () => {
  store = await openTestStore(namespace);
});
afterEach(() => {
  vi.restoreAllMocks();
});

test('a batch reads the purchases of each buyer only for the limited items of its own lines', async () => {
  const limited = { onHand: 9, product: 'shirt', limit: { quantity: 1 } };
  const variants = await givenVariants(
    store,
    Array.from({ length: 20 }, () => ({ ...limited, productLimit: { quantity: 2 } })),
  );
  const checkouts = await givenCheckouts(
    store,
    variants.map((variant, n) => ({ buyerId: `buyer-${n}`, lines: [toPricedLine(variant)] })),
  );
  const find = vi.spyOn(store.purchases, 'find');
  const settled = await settleCheckouts(
    givenLedger(store),
    checkouts.map(({ _id }) => _id),
  );
  expect(new Set(settled.map(({ status }) => status))).toEqual(new Set(['placed']));
  const [[filter] = []] = find.mock.calls;
  // Each line has the limit of its variant and that of its product.
  expect(filter).toHaveProperty(['_id', '$in', 'length'], 2 * checkouts.length);
  expect(await store.purchases.countDocuments()).toBe(2 * checkouts.length);
});
