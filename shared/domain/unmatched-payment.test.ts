import { expect, test } from 'vitest';
import {
  findUnmatchedPayment,
  hasRoomForPayment,
  UNMATCHED_PAYMENTS_MAX,
} from './unmatched-payment.ts';

const refused = { kind: 'refused', reason: 'the reservation has expired' } as const;
const late = { move: 'confirm', paymentReference: 'pay-1', decision: refused } as const;
const untouched = { history: [{}] };
const entry = { kind: 'payment_unmatched', paymentReference: 'pay-1' };

test('a refused confirmation leaves its payment unmatched', () => {
  expect(findUnmatchedPayment(untouched, late)).toBe('pay-1');
  expect(findUnmatchedPayment({ ...untouched, paymentReference: 'pay-0' }, late)).toBe('pay-1');
});

test('a payment that the order has already recorded is not returned as unmatched', () => {
  expect(findUnmatchedPayment({ ...untouched, paymentReference: 'pay-1' }, late)).toBeUndefined();
  expect(findUnmatchedPayment({ history: [{}, entry, {}] }, late)).toBeUndefined();
  expect(
    findUnmatchedPayment({ history: [{}, entry] }, { ...late, paymentReference: 'pay-2' }),
  ).toBe('pay-2');
});

test.each([
  ['without a reference', { paymentReference: undefined }],
  ['by a buyer', { actorKind: 'buyer' }],
  ['of another move', { move: 'ship' }],
  ['that is granted', { decision: { kind: 'unchanged' } }],
] as const)('a request %s leaves no unmatched payment', (_, changes) => {
  expect(findUnmatchedPayment(untouched, { ...late, ...(changes as object) })).toBeUndefined();
});

test('a history has room for a bounded number of unmatched payments, next to other entries', () => {
  const full = Array.from({ length: UNMATCHED_PAYMENTS_MAX }, () => entry);
  expect(hasRoomForPayment({ history: [{}, {}, ...full.slice(1)] })).toBe(true);
  expect(hasRoomForPayment({ history: full })).toBe(false);
});
