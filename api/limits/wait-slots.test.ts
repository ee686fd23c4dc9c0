import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RefusedError } from '../../shared/domain/errors.ts';
import { WaitSlots } from './wait-slots.ts';

const key = (shopId: string) => ({ shopId });
const buyer = (shopId: string, buyerId: string) => ({ shopId, buyerId });

function codeOf(take: () => unknown): string {
  try {
    take();
    return 'taken';
  } catch (error) {
    expect((error as RefusedError).extra.retryAfterS).toBeGreaterThan(0);
    return error instanceof RefusedError ? error.code : String(error);
  }
}

test('the slots of a buyer are limited, without affecting other buyers and the storefront', () => {
  const slots = new WaitSlots({ perBuyer: 2, perShop: 10, inAll: 20 }, 80);
  for (let n = 0; n < 2; n += 1) slots.take('stream', buyer('k', 'a'));
  expect(codeOf(() => slots.take('stream', buyer('k', 'a')))).toBe('too_many_waits');
  expect(codeOf(() => slots.take('wait', buyer('k', 'a')))).toBe('taken');
  expect(codeOf(() => slots.take('stream', buyer('k', 'b')))).toBe('taken');
  expect(codeOf(() => slots.take('stream', key('k')))).toBe('taken');
  expect(codeOf(() => slots.take('stream', buyer('other', 'a')))).toBe('taken');
});

test('the buyers of a shop leave a part of its slots to the shop itself', () => {
  const slots = new WaitSlots({ perBuyer: 2, perShop: 10, inAll: 20 }, 80);
  const takes = Array.from({ length: 12 }, (_, n) =>
    codeOf(() => slots.take('stream', buyer('k', `buyer ${n}`))),
  );
  expect(takes.filter((code) => code === 'taken')).toHaveLength(8);
  expect(codeOf(() => slots.take('stream', key('k')))).toBe('taken');
  expect(codeOf(() => slots.take('stream', key('k')))).toBe('taken');
  expect(codeOf(() => slots.take('stream', key('k')))).toBe('too_many_waits');
});

test('a request beyond the limit of all callers together is refused as overloaded', () => {
  const slots = new WaitSlots({ perBuyer: 2, perShop: 2, inAll: 3 }, 80);
  for (const id of ['a', 'b', 'c']) slots.take('wait', key(id));
  expect(codeOf(() => slots.take('wait', key('d')))).toBe('overloaded');
  expect(codeOf(() => slots.take('stream', key('d')))).toBe('taken');
});

test('counts are right for any sequence of taken and returned slots', () => {
  const steps = fc.array(
    fc.record({
      kind: fc.constantFrom('stream' as const, 'wait' as const),
      id: fc.constantFrom('k1', 'k2'),
      buyerId: fc.constantFrom(undefined, 'buyers', 'b'),
      givesBack: fc.boolean(),
    }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(steps, (taken) => {
      const slots = new WaitSlots({ perBuyer: 2, perShop: 5, inAll: 8 }, 80);
      const open: (() => void)[] = [];
      for (const { kind, id, buyerId, givesBack } of taken) {
        const caller = buyerId === undefined ? key(id) : buyer(id, buyerId);
        if (codeOf(() => open.push(slots.take(kind, caller))) === 'taken' && givesBack) {
          const leave = open.pop();
          leave?.();
          leave?.();
        }
        expect(slots.openCount('stream') + slots.openCount('wait')).toBe(open.length);
        expect(slots.openCount(kind)).toBeLessThanOrEqual(8);
      }
      for (const leave of open) leave();
      expect([slots.openCount('stream'), slots.openCount('wait')]).toEqual([0, 0]);
    }),
  );
});
