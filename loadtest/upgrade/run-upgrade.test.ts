import { expect, test } from 'vitest';
import type { Store } from '../../shared/store/store.ts';
import { countMissing } from './run-upgrade.ts';

test('counts missing checkouts by several queries of up to 10,000 ids', async () => {
  const sizes: number[] = [];
  const countDocuments = async (filter: { readonly _id: { readonly $in: readonly string[] } }) => {
    const ids = filter._id.$in;
    sizes.push(ids.length);
    return ids.filter((id) => id !== 'chk_7').length;
  };
  const store = { checkouts: { countDocuments } } as unknown as Store;
  const ids = Array.from({ length: 25_000 }, (_, index) => `chk_${index}`);
  expect(await countMissing(store, ids)).toBe(1);
  expect(sizes).toEqual([10_000, 10_000, 5_000]);
  expect(await countMissing(store, [])).toBe(0);
});
