import { describe, expect, test } from 'vitest';
import {
  checkTrackingReference,
  isOwnTrackingReference,
  trackingReferenceFrom,
} from './tracking-reference.ts';

const bytesFrom = (first: number) => Uint8Array.from({ length: 20 }, (_, at) => first + at);
const own = trackingReferenceFrom(bytesFrom(0));
const others = trackingReferenceFrom(bytesFrom(7));

test('a reference is made from the low five bits of each byte', () => {
  expect(own).toBe('LU-01234-56789-ABCDE-FGHJK');
  expect(trackingReferenceFrom(bytesFrom(32))).toBe(own);
  expect(isOwnTrackingReference(own)).toBe(true);
});

test.each(['1Z999AA10123456784', 'LU-7K3MD', 'lu7k3md00qxazt5rw9b1ce', ''])(
  '%s is not a reference of the system',
  (text) => {
    expect(isOwnTrackingReference(text)).toBe(false);
  },
);

describe('checkTrackingReference', () => {
  test.each([
    ['without a reference', undefined],
    ['with the reference of the order itself', own],
    ['with a carrier’s reference', 'JD014600003SE'],
  ])('accepts a request %s', (_, given) => {
    expect(() => checkTrackingReference(given, own)).not.toThrow();
  });

  test.each([
    ['of another order', others],
    ['of another order, in lower case', others.toLowerCase()],
    ['of the order itself, in lower case', own.toLowerCase()],
  ])('refuses the reference %s', (_, given) => {
    expect(() => checkTrackingReference(given, own)).toThrow(
      expect.objectContaining({
        code: 'invalid_request',
        fields: [expect.objectContaining({ path: 'trackingReference' })],
      }),
    );
  });
});
