import { expect, test } from 'vitest';
import { RefusedError } from './errors.ts';
import { checkVariants } from './variants.ts';

const variant = (sku: string, currency = 'GBP') => ({ sku, currency });

test('different SKUs in one currency are fine', () => {
  expect(() => checkVariants([variant('A'), variant('a'), variant('B')])).not.toThrow();
});

test.each([
  ['a repeated SKU', [variant('A'), variant('B'), variant('A')], 'duplicate_sku', 'variants.2.sku'],
  [
    'a second currency',
    [variant('A'), variant('B', 'EUR')],
    'currency_mismatch',
    'variants.1.currency',
  ],
])('%s is refused by name', (_, variants, code, path) => {
  const refusal = refusalOf(() => checkVariants(variants));
  expect(refusal).toMatchObject({ code, fields: [{ path }] });
});

function refusalOf(act: () => void): RefusedError | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof RefusedError) return error;
    throw error;
  }
  return undefined;
}
