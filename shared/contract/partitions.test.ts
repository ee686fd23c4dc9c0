import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newId } from '../runtime/ids.ts';
import { PARTITIONS_MAX, toPartition } from './partitions.ts';

const partitions = fc.integer({ min: 1, max: PARTITIONS_MAX });

test('a product always has the same partition, from 0 to one less than the number of partitions', () => {
  fc.assert(
    fc.property(fc.string(), partitions, (productId, count) => {
      const partition = toPartition(productId, count);
      expect(partition).toBe(toPartition(productId, count));
      expect(partition).toBeGreaterThanOrEqual(0);
      expect(partition).toBeLessThan(count);
    }),
  );
});

// Another hash would split a product's backlog between two partitions during an upgrade.
test('the partition of a product is the same in all releases', () => {
  const ids = ['prd_01JD0000000000000000000000', 'prd_01JD0000000000000000000001', ''];
  expect(ids.map((id) => toPartition(id, 4))).toEqual([1, 1, 2]);
  expect(ids.map((id) => toPartition(id, 1))).toEqual([0, 0, 0]);
});

test.each([2, 4, 16])('products spread evenly over %i partitions', (count) => {
  const products = 1_000 * count;
  const sizes = Array.from({ length: count }, () => 0);
  for (let n = 0; n < products; n += 1) {
    const partition = toPartition(newId('prd'), count);
    sizes[partition] = (sizes[partition] ?? 0) + 1;
  }
  // Both bounds are more than nine standard deviations from the mean of 1,000.
  expect(Math.min(...sizes)).toBeGreaterThan(700);
  expect(Math.max(...sizes)).toBeLessThan(1_300);
});
