import { expect, test } from 'vitest';
import { jobLabel, presentResult } from './job-labels.ts';

const job = {
  name: 'settle-checkout',
  data: { checkoutId: 'chk_1', wakeup: 0, lines: 1 },
  returnvalue: null,
};

test.each([
  [{}, 'waiting chk_1'],
  [{ processedOn: 1 }, 'settling chk_1'],
  [{ processedOn: 1, failedReason: 'no primary' }, 'will retry chk_1'],
  [{ processedOn: 1, finishedOn: 2, failedReason: 'no primary' }, 'gave up chk_1'],
  [{ finishedOn: 2, returnvalue: { status: 'placed' } }, 'placed chk_1'],
  [
    { finishedOn: 2, returnvalue: { status: 'rejected', rejection: 'out_of_stock' } },
    'rejected chk_1 (out_of_stock)',
  ],
])('%j is "%s"', (state, label) => {
  expect(jobLabel({ ...job, ...state })).toBe(label);
});

test('a job that an operator added without data has a label', () => {
  expect(jobLabel({ name: 'odd', data: null })).toBe('waiting odd');
});

test('a result has members that name their units', () => {
  expect(presentResult({ status: 'placed', orders: ['ord_1'], batch: 12, ms: 34 })).toEqual({
    outcome: 'placed',
    orders: ['ord_1'],
    checkoutsInItsBatch: 12,
    msFromAcceptanceToCommit: 34,
  });
  expect(presentResult(null)).toBeNull();
});
