import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decideExtension, EXTENSIONS_MAX } from './reservation-extension.ts';

const PLACED_MS = Date.parse('2026-05-05T05:05:00Z');
const TTL_MS = 900_000;
const HELD_MS_MAX = 3_600_000;

const at = (ms: number) => new Date(PLACED_MS + ms);
const order = (overrides: object = {}) => ({
  status: 'pending' as const,
  placedAt: at(0),
  reservedUntil: at(TTL_MS),
  history: [],
  ...overrides,
});
const extension = (extraMs: number) => ({ extraMs, heldMsMax: HELD_MS_MAX });

test('a reservation can be extended to at most `heldMsMax` after its order was placed', () => {
  const most = HELD_MS_MAX - TTL_MS;
  expect(decideExtension(order(), extension(most), at(5))).toEqual({
    kind: 'extended',
    reservedUntil: at(HELD_MS_MAX),
  });
  expect(decideExtension(order(), extension(most + 1), at(5))).toEqual({
    kind: 'too_long',
    latest: at(HELD_MS_MAX),
  });
});

test('a reservation can be extended in its last millisecond and not when it has ended', () => {
  expect(decideExtension(order(), extension(1), at(TTL_MS - 1)).kind).toBe('extended');
  const reason = 'the reservation has expired';
  expect(decideExtension(order(), extension(1), at(TTL_MS))).toEqual({ kind: 'refused', reason });
});

test.each(['confirmed', 'shipped', 'delivered', 'cancelled', 'expired'] as const)(
  'an order that is %s cannot be extended',
  (status) => {
    const reason = `an order that is ${status} holds no reservation`;
    expect(decideExtension(order({ status }), extension(1), at(0))).toEqual({
      kind: 'refused',
      reason,
    });
  },
);

test('a reservation can be extended at most EXTENSIONS_MAX times', () => {
  const history = Array.from({ length: EXTENSIONS_MAX }, () => ({ kind: 'reservation_extended' }));
  expect(decideExtension(order({ history }), extension(1), at(0)).kind).toBe('refused');
  const fewer = order({ history: history.slice(1) });
  expect(decideExtension(fewer, extension(1), at(0)).kind).toBe('extended');
});

test('no series of extensions exceeds the bound or moves the end to an earlier time', () => {
  const steps = fc.array(fc.record({ extraMs: fc.integer({ min: 1, max: HELD_MS_MAX }) }), {
    maxLength: 30,
  });
  fc.assert(
    fc.property(steps, (extensions) => {
      let current = order();
      for (const { extraMs } of extensions) {
        const decision = decideExtension(current, extension(extraMs), at(0));
        if (decision.kind !== 'extended') continue;
        expect(decision.reservedUntil.getTime()).toBeGreaterThan(current.reservedUntil.getTime());
        current = order({ reservedUntil: decision.reservedUntil });
      }
      expect(current.reservedUntil.getTime()).toBeLessThanOrEqual(at(HELD_MS_MAX).getTime());
    }),
  );
});
