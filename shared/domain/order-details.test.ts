import { expect, test } from 'vitest';
import { checkRepeatedDetails, type OrderDetails, pickDetails } from './order-details.ts';

const unchanged = { kind: 'unchanged' } as const;
const paid = { paymentReference: 'pay-1' };
const sent = { trackingReference: 'JD01', carrier: 'Royal Mail' };

test.each<[OrderDetails, OrderDetails | undefined]>([
  [{}, undefined],
  [{}, {}],
  [paid, undefined],
  [paid, paid],
  [sent, { trackingReference: 'JD01' }],
  [sent, { carrier: 'Royal Mail' }],
])('with %j recorded, repeating %j changes nothing', (recorded, repeated) => {
  expect(checkRepeatedDetails(unchanged, recorded, repeated)).toEqual(unchanged);
});

test.each<[OrderDetails, OrderDetails, string]>([
  [paid, { paymentReference: 'pay-2' }, 'the paymentReference "pay-1"'],
  [{}, paid, 'no paymentReference'],
  [sent, { ...sent, trackingReference: 'JD02' }, 'the trackingReference "JD01"'],
  [sent, { carrier: 'DHL' }, 'the carrier "Royal Mail"'],
])('with %j recorded, %j is refused, and the reason names %s', (recorded, repeated, known) => {
  expect(checkRepeatedDetails(unchanged, recorded, repeated)).toEqual({
    kind: 'refused',
    reason: `the move has already happened, with ${known}`,
  });
});

test('a decision other than `unchanged` is returned as it is', () => {
  const refused = { kind: 'refused', reason: 'x' } as const;
  expect(checkRepeatedDetails(refused, paid, { paymentReference: 'pay-2' })).toBe(refused);
});

test('details are picked from a record', () => {
  expect(pickDetails({ ...sent, status: 'shipped' } as OrderDetails)).toEqual(sent);
  expect(pickDetails({})).toEqual({});
});
