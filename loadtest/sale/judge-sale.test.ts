import { expect, test } from 'vitest';
import type { SeenVerdict } from '../system/final-verdict.ts';
import { findFailures } from './judge-sale.ts';

const counts = { accepted: 10, placed: 5, rejected: 5, failed: 0, unsettled: 0 };
const k6 = { exitCode: 0, counts };
const verdict = { ok: true, accepted: 10 } as SeenVerdict;

test('a good sale has no failures', () => {
  expect(findFailures({ k6, verdict, oversold: [] })).toEqual([]);
});

test.each([
  ['a threshold', { k6: { ...k6, exitCode: 99 } }, 'a threshold of k6 failed'],
  ['k6 itself', { k6: { ...k6, exitCode: 107 } }, 'k6 exited with 107'],
  [
    'nothing sold',
    { k6: { ...k6, counts: { ...counts, accepted: 0 } } },
    'no checkout of k6 was accepted',
  ],
  ['the verdict', { verdict: { ...verdict, ok: false } }, 'the verdict is not ok'],
  [
    'a lost 202',
    { verdict: { ...verdict, accepted: 9 } },
    'k6 got 10 times 202, but the database holds 9',
  ],
  ['a product', { oversold: ['x: of 5 units 6 are taken'] }, 'oversold: x'],
])('reports %s', (_, change, words) => {
  const complaints = findFailures({ k6, verdict, oversold: [], ...change });
  expect(complaints).toEqual([expect.stringContaining(words)]);
});
