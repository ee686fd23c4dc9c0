import { expect, test } from 'vitest';
import type { CheckoutResult } from '../../../shared/contract/jobs.ts';
import { groupJob, toJob } from '../../../shared/testing/settle-jobs.ts';
import { jobLabel, presentResult } from './job-labels.ts';

const job = {
  name: 'settle-checkouts',
  data: toJob('chk_1').data,
  returnvalue: null,
};

const results = (...outcomes: readonly Omit<CheckoutResult, 'checkoutId'>[]) => ({
  checkouts: outcomes.map((outcome, index) => ({ checkoutId: `chk_${index + 1}`, ...outcome })),
});

test.each([
  [{}, 'waiting chk_1'],
  [{ processedOn: 1 }, 'settling chk_1'],
  [{ processedOn: 1, failedReason: 'no primary' }, 'will retry chk_1'],
  [{ processedOn: 1, finishedOn: 2, failedReason: 'no primary' }, 'gave up chk_1'],
  [{ finishedOn: 2, returnvalue: results({ status: 'placed' }) }, 'placed chk_1'],
  [
    { finishedOn: 2, returnvalue: results({ status: 'rejected', rejection: 'out_of_stock' }) },
    'rejected chk_1 (out_of_stock)',
  ],
])('a job with %j is labelled "%s"', (state, label) => {
  expect(jobLabel({ ...job, ...state })).toBe(label);
});

test('the label of a job with several checkouts counts their outcomes', () => {
  const data = groupJob(['chk_1', 'chk_2', 'chk_3']).data;
  expect(jobLabel({ ...job, data })).toBe('waiting 3 checkouts');
  const outOfStock = { status: 'rejected', rejection: 'out_of_stock' };
  const { checkouts } = results(outOfStock, { status: 'placed' }, outOfStock);
  const label = jobLabel({ ...job, data, finishedOn: 2, returnvalue: { checkouts } });
  expect(label).toBe('3 checkouts: 2 out_of_stock, 1 placed');
});

test('a job that an operator added without data has a label', () => {
  expect(jobLabel({ name: 'odd', data: null })).toBe('waiting odd');
});

test('the fields of a result are named with their units', () => {
  const result = results({
    status: 'placed',
    orders: ['ord_1'],
    batch: 12,
    ms: 34,
    lockMs: 5,
    commitMs: 8,
  });
  expect(presentResult(result, '/base')).toEqual([
    {
      checkout: 'chk_1',
      outcome: 'placed',
      orders: ['ord_1'],
      checkoutsInItsBatch: 12,
      msFromAcceptanceToCommit: 34,
      msUntilItHadItsLocks: 5,
      msFromDecisionToCommit: 8,
      page: '/base/ops/search?checkout=chk_1',
    },
  ]);
  expect(presentResult(null)).toBeNull();
});
