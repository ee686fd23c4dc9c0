import { expect, test } from 'vitest';
import { PRODUCT_TYPES } from './product-registry.ts';

test('each file of the folder is a product type', () => {
  expect(PRODUCT_TYPES.map((type) => type.name)).toEqual(['clothing', 'electronics', 'furniture']);
});

test.each(PRODUCT_TYPES)('$name needs no attribute and refuses unknown ones', ({ attributes }) => {
  expect(attributes.safeParse({}).success).toBe(true);
  expect(attributes.safeParse({ bogus: 1 }).success).toBe(false);
});
