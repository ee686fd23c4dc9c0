import { expect, test } from 'vitest';
import { findReductionDifferences, type RecordedOrder } from './order-differences.ts';

const line = { variantId: 'v', shopId: 's', quantity: 2, unitPrice: 100 };
const reducedLine = { variantId: 'v', quantity: 1, amount: 100 };

function orderWith(changes: { line?: object; reducedLine?: object }): RecordedOrder {
  return {
    ...{ _id: 'o', shopId: 's', buyerId: 'b', status: 'shipped', currency: 'GBP' },
    ...{ subtotal: 200, discount: 0, total: 200 },
    lines: [{ ...line, ...changes.line }],
    reductions: [{ lines: [{ ...reducedLine, ...changes.reducedLine }], amount: 100 }],
  };
}

test('a reduction by the price of its units has no difference', () => {
  expect(findReductionDifferences(orderWith({}))).toEqual([]);
});

test.each([
  ['a line without units', { line: { quantity: 0 } }],
  ['a line with a fraction of a unit', { line: { quantity: 1.5 } }],
  ['a line with a fraction as discount', { line: { discount: 0.5 } }],
  ['a fraction of a unit that was taken off', { reducedLine: { quantity: 0.5 } }],
])('%s is reported as a difference, and no error is thrown', (_, changes) => {
  expect(findReductionDifferences(orderWith(changes))).toContainEqual({
    ...{ orderId: 'o', kind: 'order_field', field: 'lines.0.reducedBy' },
    ...{ stored: 100, expected: null },
  });
});
