import { expect, test } from 'vitest';
import { REJECTION_CODES } from '../../../shared/domain/vocabulary.ts';
import { explainOutcome } from './explain.ts';

const line = {
  variantId: 'var_1',
  productId: 'prd_1',
  shopId: 'shp_1',
  sku: 'TEE-S',
  title: 'T-shirt',
  quantity: 1,
  unitPrice: 100,
};
const rejected = { status: 'rejected', lines: [line], total: 100 } as const;

test.each(REJECTION_CODES)('%s is explained in one sentence without gaps', (code) => {
  const rejection = {
    code,
    variantId: 'var_1',
    requested: 2,
    available: 1,
    limit: 3,
    bought: 2,
    lapsedOrderIds: ['ord_1', 'ord_2', 'ord_3'],
    discountCode: 'TEN',
    reason: 'usage_limit',
  };
  const text = explainOutcome({ ...rejected, rejection }, undefined);
  expect(text).toMatch(/^It was refused because [^.]+\.$/);
  expect(text).not.toMatch(/undefined|null|NaN/);
  expect(text).not.toContain(code);
});

test('the explanation says that the stock has not changed since the rejection', () => {
  const rejection = {
    code: 'out_of_stock',
    variantId: 'var_1',
    requested: 1,
    available: 0,
  } as const;
  const at = new Date('2026-03-01T09:30:00.000Z');
  const before = {
    version: 4,
    kind: 'adjust',
    delta: { onHand: -2, reserved: 0, sold: 0 },
    at,
  } as const;
  const stock = { variantId: 'var_1', version: 4, before, currentVersion: 4 };
  expect(explainOutcome({ ...rejected, rejection }, stock)).toBe(
    'It was refused because 1 unit of TEE-S was requested and 0 were available, at version 4 of its ' +
      'stock, the result of adjust (version 4, available -2) at 2026-03-01T09:30:00.000Z; it has not ' +
      'changed since.',
  );
});
