import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decideReacquisition,
  decideTransition,
  ORDER_TRANSITIONS,
  type OrderMove,
} from './order-transitions.ts';
import type { OrderStatus } from './vocabulary.ts';

const STATUSES = Object.keys(ORDER_TRANSITIONS) as OrderStatus[];
const MOVES = ['confirm', 'cancel', 'expire', 'ship', 'deliver', 'return', 'lose'] as const;
const END = new Date('2030-01-01T12:00:00.000Z');
const before = new Date(END.getTime() - 1);

function decide(status: OrderStatus, move: OrderMove, now: Date) {
  return decideTransition({ status, reservedUntil: END }, move, now);
}

describe('before the reservation ends', () => {
  const allowed: Partial<Record<OrderStatus, Partial<Record<OrderMove, OrderStatus>>>> = {
    pending: { confirm: 'confirmed', cancel: 'cancelled' },
    confirmed: { ship: 'shipped', cancel: 'cancelled' },
    shipped: { deliver: 'delivered', return: 'returned', lose: 'lost' },
    delivered: { return: 'returned', lose: 'lost' },
  };
  const unchanged = new Set([
    ...['confirmed confirm', 'cancelled cancel', 'expired expire'],
    ...['shipped ship', 'delivered deliver', 'returned return', 'lost lose'],
  ]);
  const toExpected = (status: OrderStatus, move: OrderMove) => {
    const to = allowed[status]?.[move];
    if (to !== undefined) return `moved to ${to}`;
    return unchanged.has(`${status} ${move}`) ? 'unchanged' : 'refused';
  };
  const table = STATUSES.flatMap((status) =>
    MOVES.map((move) => [status, move, toExpected(status, move)] as const),
  );
  test.each(table)('an order that is %s and the move %s: %s', (status, move, expected) => {
    const decision = decide(status, move, before);
    expect(decision.kind === 'moved' ? `moved to ${decision.to}` : decision.kind).toBe(expected);
  });
});

describe('the effect of a move on a unit of stock', () => {
  test.each([
    ['pending', 'confirm', { onHand: -1, reserved: -1, sold: 1 }],
    ['pending', 'cancel', { onHand: 0, reserved: -1, sold: 0 }],
    ['confirmed', 'cancel', { onHand: 1, reserved: 0, sold: -1 }],
    ['confirmed', 'ship', { onHand: 0, reserved: 0, sold: 0 }],
    ['shipped', 'deliver', { onHand: 0, reserved: 0, sold: 0 }],
    ['shipped', 'lose', { onHand: 1, reserved: 0, sold: -1 }],
    ['delivered', 'return', { onHand: 1, reserved: 0, sold: -1 }],
  ] as const)('an order that is %s and the move %s: %j', (status, move, effect) => {
    expect(decide(status, move, before)).toMatchObject({ kind: 'moved', effect });
  });
});

describe('at the end of the reservation, to the millisecond', () => {
  test('an order can be confirmed only before that moment', () => {
    expect(decide('pending', 'confirm', before).kind).toBe('moved');
    expect(decide('pending', 'confirm', END).kind).toBe('refused');
  });
  test('an order can expire only at that moment or later', () => {
    expect(decide('pending', 'expire', before).kind).toBe('refused');
    expect(decide('pending', 'expire', END)).toMatchObject({
      kind: 'moved',
      to: 'expired',
      effect: { onHand: 0, reserved: -1, sold: 0 },
    });
  });
  test('a pending order can be cancelled at any time', () => {
    expect(decide('pending', 'cancel', END).kind).toBe('moved');
  });
  test('a confirmed order is not affected', () => {
    expect(decide('confirmed', 'ship', END).kind).toBe('moved');
    expect(decide('confirmed', 'expire', END).kind).toBe('refused');
  });
});

test.each(MOVES)('an order with an unknown status cannot %s', (move) => {
  const order = { status: 'mislaid' as OrderStatus, reservedUntil: END };
  expect(decideTransition(order, move, END)).toEqual({
    kind: 'refused',
    reason: `an order that is mislaid does not allow ${move}`,
  });
});

describe('the moves of a buyer', () => {
  test.each([
    ['pending', 'moved'],
    ['confirmed', 'refused'],
    ['shipped', 'refused'],
    ['delivered', 'refused'],
    ['expired', 'refused'],
    ['cancelled', 'unchanged'],
  ] as const)('cancelling an order that is %s: %s', (status, kind) => {
    const order = { status, reservedUntil: END };
    expect(decideTransition(order, 'cancel', before, 'buyer').kind).toBe(kind);
  });

  test('the refusal contains the reason, and the seller may cancel the same order', () => {
    const order = { status: 'confirmed', reservedUntil: END } as const;
    expect(decideTransition(order, 'cancel', before, 'buyer')).toEqual({
      kind: 'refused',
      reason: 'a buyer cannot cancel an order that is confirmed and not pending',
    });
    expect(decideTransition(order, 'cancel', before, 'seller').kind).toBe('moved');
  });

  const notForBuyers = MOVES.filter((move) => move !== 'cancel');
  const table = STATUSES.flatMap((status) => notForBuyers.map((move) => [move, status] as const));
  test.each(table)('a buyer can never %s an order that is %s', (move, status) => {
    for (const now of [before, END]) {
      const decision = decideTransition({ status, reservedUntil: END }, move, now, 'buyer');
      expect(decision).toEqual({ kind: 'refused', reason: `a buyer cannot ${move} an order` });
    }
  });
});

describe('the storefront of another shop', () => {
  const decideFor = (status: OrderStatus, move: OrderMove) =>
    decideTransition({ status, reservedUntil: END }, move, before, 'storefront');

  test('cancels and confirms pending orders as the seller would, and a repetition changes nothing', () => {
    for (const move of ['cancel', 'confirm'] as const) {
      expect(decideFor('pending', move)).toEqual(decide('pending', move, before));
    }
    expect(decideFor('confirmed', 'confirm')).toEqual({ kind: 'unchanged' });
    expect(decideFor('cancelled', 'cancel')).toEqual({ kind: 'unchanged' });
  });

  const table = STATUSES.flatMap((status) => MOVES.map((move) => [move, status] as const));
  test.each(table.filter(([, status]) => status !== 'pending'))(
    'does not %s an order that is %s',
    (move, status) => {
      expect(decideFor(status, move).kind).not.toBe('moved');
    },
  );

  test.each(['ship', 'deliver', 'expire', 'return', 'lose'] as const)(
    'can never %s an order',
    (move) => {
      for (const status of STATUSES) expect(decideFor(status, move).kind).toBe('refused');
    },
  );
});

test('after any moves, a unit is on hand or sold, and reserved only for a pending order', () => {
  const step = fc.tuple(fc.constantFrom(...MOVES), fc.integer({ min: -2, max: 2 }));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let status: OrderStatus = 'pending';
      const units = { onHand: 1, reserved: 1, sold: 0 };
      for (const [move, offsetMs] of steps) {
        const decision = decide(status, move, new Date(END.getTime() + offsetMs));
        if (decision.kind !== 'moved') continue;
        status = decision.to;
        units.onHand += decision.effect.onHand;
        units.reserved += decision.effect.reserved;
        units.sold += decision.effect.sold;
      }
      const isHeld = status === 'pending';
      const isSold = ['confirmed', 'shipped', 'delivered'].includes(status);
      expect(units).toEqual({
        onHand: isSold ? 0 : 1,
        reserved: isHeld ? 1 : 0,
        sold: isSold ? 1 : 0,
      });
    }),
  );
});

describe('a confirmation that may take the units again', () => {
  const reacquire = (status: OrderStatus, now: Date, by?: 'seller' | 'storefront' | 'buyer') =>
    decideReacquisition({ status, reservedUntil: END }, now, by);
  test.each([
    ['expired', { kind: 'moved', effect: { onHand: -1, reserved: 0, sold: 1, isNewClaim: true } }],
    ['pending', { kind: 'moved', effect: { onHand: -1, reserved: -1, sold: 1 } }],
    ['confirmed', { kind: 'unchanged' }],
    ['shipped', { kind: 'refused' }],
    ['cancelled', { kind: 'refused' }],
  ] as const)('of an order that is %s: %j', (status, decision) => {
    expect(reacquire(status, END)).toMatchObject(decision);
    expect(reacquire(status, END, 'storefront').kind).toBe(
      status === 'confirmed' ? 'unchanged' : decision.kind,
    );
  });
  test('is not a new claim while the reservation lasts, and is refused for a buyer', () => {
    expect(reacquire('pending', before)).toEqual(decide('pending', 'confirm', before));
    for (const status of ['pending', 'expired'] as const) {
      expect(reacquire(status, END, 'buyer').kind).toBe('refused');
    }
  });
});
